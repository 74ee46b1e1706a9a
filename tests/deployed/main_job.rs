//! Invoices in, reminders out, payments close the loop.

use dunlin_local::client::Client;
use dunlin_local::stack::Options;
use serde_json::{Value, json};

use crate::anchored::its_log_meets_an_anchor;
use crate::heard::a_delivery_is_heard;
use crate::{assert_no_dead_letters, at, eventually, json as body, scan, start};

const INVOICES: &str = "\
debtor_ref,debtor_name,invoice_number,issue_date,due_date,currency,amount,email,time_zone
C2,\"Müller, Söhne\",B-1,2026-02-01,2026-03-01,EUR,1250.00,ap@c2.example,Europe/Berlin
C2,\"Müller, Söhne\",B-2,2026-02-01,2026-01-01,EUR,10.00,ap@c2.example,Europe/Berlin
C2,\"Müller, Söhne\",B-3,2026-02-01,2026-03-01,EUR,10.001,ap@c2.example,Europe/Berlin
";

fn invoice(number: &str, amount: &str) -> Value {
    json!({
        "debtor_ref": "C1", "debtor_name": "Acme", "invoice_number": number, "issue_date": "2026-02-01",
        "due_date": "2026-03-01", "currency": "GBP", "amount": amount, "email": "ap@acme.example",
        "time_zone": "Europe/London",
    })
}

fn open_amount(client: &Client, currency: &str) -> Option<String> {
    let report = body(client.api_get(&format!("/v1/reports/aging?as_of=2026-03-02&currency={currency}")).unwrap());
    Some(report["reports"].get(0)?["total"].as_str()?.to_owned())
}

/// A counter follows its commit; it does not come with it.
fn expect_open(client: &Client, currency: &str, amount: &str) {
    eventually(&format!("{amount} {currency} open"), || (open_amount(client, currency)? == amount).then_some(()));
}

#[test]
fn invoices_are_reminded_of_until_they_are_paid() {
    let stack = start(&Options::for_test("main-job"));
    let client = stack.client();

    let answer =
        client.api_post("/v1/invoices", &json!({ "invoices": [invoice("A-1", "100.00")] }), at("2026-02-01T00:00:00Z"));
    assert_eq!(body(answer.unwrap())["created"], 1);
    let again =
        client.api_post("/v1/invoices", &json!({ "invoices": [invoice("A-1", "100.00")] }), at("2026-02-02T00:00:00Z"));
    assert_eq!(body(again.unwrap())["unchanged"], 1);
    let part = json!({ "payment_ref": "P-1", "invoice_number": "A-1", "paid_on": "2026-02-20", "amount": "40.00", "currency": "GBP" });
    for expected in ["booked", "unchanged"] {
        let answer = client.api_post("/v1/payments", &json!({ "payments": [part] }), at("2026-02-20T00:00:00Z"));
        assert_eq!(body(answer.unwrap())["results"][0]["status"], expected);
    }
    expect_open(&client, "GBP", "60.00");

    // Friday, two days before it is due; Sunday is the due date; Monday is the day after.
    for hour in ["2026-02-27T08:00:00Z", "2026-03-01T08:00:00Z", "2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z"] {
        scan(&client, hour, "C1");
    }
    scan(&client, "2026-03-02T08:00:00Z", "C1");
    let mails = client.mailbox().unwrap();
    assert_eq!(mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["Invoice A-1 from Demo Ltd"; 2]);
    assert!(mails[0].body_text.contains("due soon"), "{}", mails[0].body_text);
    assert!(mails[1].body_text.contains("Total: GBP 60.00"), "{}", mails[1].body_text);

    let rest = json!({ "payment_ref": "P-2", "invoice_number": "A-1", "paid_on": "2026-03-05", "amount": "60.00", "currency": "GBP" });
    body(client.api_post("/v1/payments", &json!({ "payments": [rest] }), at("2026-03-05T00:00:00Z")).unwrap());
    scan(&client, "2026-03-09T08:00:00Z", "C1");
    assert_eq!(client.mailbox().unwrap().len(), 2);
    expect_open(&client, "GBP", "0.00");

    let timeline = body(client.api_get("/v1/debtors/C1/timeline?limit=200").unwrap());
    let kinds: Vec<&str> =
        timeline["entries"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "message").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| **kind == "entry").count(), 3);

    its_log_meets_an_anchor(&client);
    a_delivery_is_heard(&client);
    one_click_ends_e_mail(&client, &mails[0].body_text);
    a_file_is_imported_row_by_row(&client);
    a_file_goes_to_the_address_that_the_api_gives(&client);
    assert_no_dead_letters(&client);
}

fn one_click_ends_e_mail(client: &Client, text: &str) {
    let link = text.split_once("To get no more e-mail about this, follow this link: ").unwrap().1.trim();
    let path = link.strip_prefix(client.stack().api_url.as_str()).unwrap();
    let opted_out = || {
        body(client.api_get("/v1/debtors/C1").unwrap())["reach"]["contacts"][0]["stopped"]["reason"] == "unsubscribed"
    };
    assert!(client.api_anonymous("GET", path, &[], b"").unwrap().is_success());
    assert!(!opted_out(), "following the link does nothing");
    let form = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    assert!(client.api_anonymous("POST", path, &form, b"List-Unsubscribe=One-Click").unwrap().is_success());
    assert!(opted_out());
    assert_eq!(client.api_anonymous("POST", "/unsubscribe/bm9ib2R5.AAAA", &[], b"").unwrap().status, 404);
}

fn a_file_is_imported_row_by_row(client: &Client) {
    let bucket = &client.stack().import_bucket;
    let time = [("simulated-time", "2026-02-01T00:00:00Z".to_owned())];
    client.put_object(bucket, "imports/demo/my book.csv", INVOICES.as_bytes(), &time).unwrap();
    let counts = eventually("the import", || client.get_object(bucket, "results/demo/my book.json").unwrap());
    let counts: Value = serde_json::from_str(&counts).unwrap();
    assert_eq!((&counts["created"], &counts["rejected"]), (&json!(1), &json!(2)));
    let rejected = client.get_object(bucket, "results/demo/my book.csv").unwrap().unwrap();
    let lines: Vec<&str> = rejected.lines().collect();
    assert_eq!(lines[0], "line,column,reason");
    assert!(lines[1].starts_with("3,due_date,"), "{rejected}");
    assert!(lines[2].starts_with("4,amount,"), "{rejected}");
    expect_open(client, "EUR", "1250.00");
}

fn a_file_goes_to_the_address_that_the_api_gives(client: &Client) {
    let path = std::env::temp_dir().join(format!("dunlin-payments-{}.csv", std::process::id()));
    let rows =
        "payment_ref,invoice_number,paid_on,amount,currency\nP-9,B-1,2026-02-20,50.00,EUR\nP-10,B-1,never,1.00,EUR\n";
    std::fs::write(&path, rows).unwrap();
    for (dry_run, open) in [(true, "1250.00"), (false, "1200.00")] {
        let wanted = json!({ "kind": "payments", "dry_run": dry_run });
        let posted = body(client.api_post("/v1/imports", &wanted, at("2026-03-01T00:00:00Z")).unwrap());
        let file = std::fs::File::open(&path).unwrap();
        client.upload(posted["upload_url"].as_str().unwrap(), &[], &file).unwrap();
        let import = eventually("the import", || {
            let import = body(client.api_get(&format!("/v1/imports/{}", posted["id"].as_str().unwrap())).unwrap());
            (import["state"] == "done").then_some(import)
        });
        assert_eq!((&import["applied"], &import["rejected"]), (&json!(1), &json!(1)));
        let rejected = client.fetch(import["rejected_file"]["url"].as_str().unwrap()).unwrap();
        assert!(rejected.lines().nth(1).unwrap().starts_with("3,paid_on,"), "{rejected}");
        expect_open(client, "EUR", open);
    }
    std::fs::remove_file(path).unwrap();
}
