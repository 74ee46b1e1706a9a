//! Imports by parts: what they come to, however often and wherever they are interrupted.

mod faults;

use serde_json::{Value, json};

use crate::world::{World, call, call_to};

const HEADER: &str = "debtor_ref,invoice_number,issue_date,due_date,currency,amount";
const PAYMENTS: &str = "payment_ref,invoice_number,debtor_ref,paid_on,amount,currency,status";
/// A file that S3 says is this large is cut into this many parts.
const SIZE_OF_FOUR_PARTS: u64 = 1024 * 1024;

fn invoice(debtor: &str, number: &str, amount: &str) -> String {
    format!("{debtor},{number},2026-02-01,2026-03-03,EUR,{amount}")
}

fn file(header: &str, rows: impl IntoIterator<Item = String>) -> Vec<u8> {
    let lines: Vec<String> = std::iter::once(header.to_owned()).chain(rows).collect();
    lines.join("\n").into_bytes()
}

/// Invoices of so many debtors; every tenth row is broken.
fn invoices(rows: usize, debtors: usize) -> Vec<u8> {
    let amount = |n: usize| if n % 10 == 3 { "a lot".to_owned() } else { format!("{}.00", n + 1) };
    file(HEADER, (0..rows).map(|n| invoice(&format!("C{}", n % debtors), &format!("I{n}"), &amount(n))))
}

fn counts(import: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "rejected"].map(|name| import[name].as_u64().unwrap())
}

/// Has S3 say that a file is large enough for four parts.
fn in_four_parts(mut event: Value) -> Value {
    event["Records"][0]["s3"]["object"]["size"] = json!(SIZE_OF_FOUR_PARTS);
    event
}

#[tokio::test]
async fn a_file_put_to_the_address_that_the_api_gave_is_imported() {
    let world = World::start().await;
    let posted = world.post_import(json!({ "kind": "invoices", "file_name": "März.csv" })).await;
    let id = posted["id"].as_str().unwrap();
    assert_eq!((&posted["state"], &posted["file_name"]), (&json!("awaiting_upload"), &json!("März.csv")));
    let address = posted["upload_url"].as_str().unwrap();
    assert!(address.contains(&format!("/imports/demo/uploads/{id}.csv?")), "{address}");
    assert!(address.contains("X-Amz-Signature=") && address.contains("X-Amz-Expires=900"), "{address}");
    assert_eq!(posted["upload_expires_at"], "2026-03-02T00:15:00Z");

    let event = world.put(&format!("imports/demo/uploads/{id}.csv"), &invoices(40, 7));
    world.ingest_event(in_four_parts(event)).await.unwrap();
    world.run_imports().await;

    let shown = world.show_import(id).await;
    assert_eq!((&shown["state"], &shown["rows"], &shown["rows_read"]), (&json!("done"), &json!(40), &json!(40)));
    assert_eq!((counts(&shown), &shown["applied"]), ([36, 0, 0, 4], &json!(36)));
    assert_eq!(shown["rejected_file"]["key"], format!("results/demo/uploads/{id}.csv"));
    assert!(shown["rejected_file"]["url"].as_str().unwrap().contains("X-Amz-Signature="));
    assert_eq!(world.stands("I8").await, (900, "open".to_owned()));
    world.pump().await;
    world.assert_counted().await;
}

#[tokio::test]
async fn payments_are_imported_the_same_way() {
    let world = World::start().await;
    world.import("invoices.csv", &invoices(4, 2)).await;
    let rows = [
        "P1,I0,,2026-03-01,1.00,EUR,",
        "P2,I1,,2026-03-01,0.50,EUR,pending",
        "P3,,C1,2026-03-01,0.25,EUR,",
        "P4,I99,,2026-03-01,5.00,EUR,",
        "P5,,,2026-03-01,5.00,EUR,",
        "P1,I0,,2026-03-01,1.00,EUR,",
        "P1,I0,,2026-03-01,2.00,EUR,",
        "P2,I1,,2026-03-01,0.50,EUR,settled",
        "P6,I2,,2026-03-01,1.00,USD,",
    ];
    let payments = file(PAYMENTS, rows.map(str::to_owned));
    world.set_clock("2026-03-02T01:00:00Z");
    let event = world.put("imports/demo/payments/march.csv", &payments);
    world.ingest_event(in_four_parts(event)).await.unwrap();
    world.run_imports().await;
    let (rejected, told) = world.results("payments/march.csv");
    assert_eq!(told, json!({ "rows": 9, "created": 4, "updated": 1, "unchanged": 1, "rejected": 3 }), "{rejected}");
    let lines: Vec<&str> = rejected.lines().collect();
    assert!(lines[1].starts_with("6,invoice_number,\"is missing"), "{rejected}");
    assert!(lines[2].starts_with("8,payment_ref,P1 stands above with other content"), "{rejected}");
    assert!(lines[3].starts_with("10,currency,"), "{rejected}");
    assert_eq!(world.stands("I0").await, (0, "paid".to_owned()));
    assert_eq!(world.list_imports(json!({})).await["imports"][0]["kind"], "payments");
}

#[tokio::test]
async fn payment_plans_are_imported_once() {
    let world = World::start().await;
    world.import("invoices.csv", &invoices(3, 3)).await;
    let rows = [
        "P1,C0,1.00,EUR,I0,,2026-03-31,1 month,2",
        "P2,C1,2.00,EUR,,2026-03-31 0.50; 2026-04-30 1.50,,,",
        "P1,C0,1.00,EUR,I0,,2026-03-31,1 month,2",
        "P1,C0,1.00,EUR,I0,,2026-03-31,1 month,4",
        "P3,C2,2.00,EUR,,2026-03-31 2.00,,,",
        "P4,C9,2.00,EUR,,2026-03-31 2.00,,,",
        "P5,C1,2.00,EUR,I1,,2026-03-31,1 month,2",
        "P6,C2,soon,EUR,I2,,2026-03-31,now and then,2",
    ];
    let header = "plan_ref,debtor_ref,amount,currency,invoice_numbers,instalments,first,every,count";
    let plans = file(header, rows.map(str::to_owned));
    world.set_clock("2026-03-02T01:00:00Z");
    world.import("plans/march.csv", &plans).await;
    let (rejected, told) = world.results("plans/march.csv");
    assert_eq!(told, json!({ "rows": 8, "created": 2, "updated": 0, "unchanged": 1, "rejected": 5 }), "{rejected}");
    let lines: Vec<&str> = rejected.lines().skip(1).collect();
    for (line, begins) in lines.iter().zip([
        "5,plan_ref,P1 stands above with other content",
        "6,amount,the instalments come to 2.00",
        "7,debtor_ref,there is no debtor C9",
        "8,invoice_numbers,invoice main/I1 is covered by",
        "9,amount,",
        "9,every,must be a number of days",
    ]) {
        assert!(line.replace('"', "").starts_with(begins), "{line}");
    }
    let plan = world.debtor("C1").await.agreements.into_values().next().unwrap();
    assert_eq!((plan.terms.kind(), plan.made_by.as_str()), ("plan", "import"));
    world.import("plans/again.csv", &plans).await;
    assert_eq!(world.results("plans/again.csv").1["created"], 0, "handed in again, they are the same plans");
    let others = ["P1,C0,1.00,EUR,I0,,2026-03-31,1 month,4", "P1,C2,2.00,EUR,,2026-03-31 0.50; 2026-04-30 1.50,,,"];
    world.import("plans/other.csv", &file(header, others[..1].iter().map(|row| (*row).to_owned()))).await;
    world.import("plans/another.csv", &file(header, others[1..].iter().map(|row| (*row).to_owned()))).await;
    for name in ["plans/other.csv", "plans/another.csv"] {
        let (rejected, told) = world.results(name);
        assert_eq!((&told["unchanged"], &told["rejected"]), (&json!(0), &json!(1)), "{rejected}");
        assert!(rejected.replace('"', "").contains("2,plan_ref,P1 was handed in before with"), "{rejected}");
    }
}

#[tokio::test]
async fn the_same_files_a_day_later_change_nothing() {
    let world = World::start().await;
    let header = format!("{HEADER},document,applies_to");
    let rows = [invoice("C1", "I1", "10.00") + ",,", "C1,N1,2026-02-20,,EUR,5.00,credit_note,I1".to_owned()];
    let payments = ["P1,I1,,2026-03-01,1.00,EUR,", "P2,I7,,2026-03-01,1.00,EUR,pending"].map(str::to_owned);
    let files = [("a.csv", file(&header, rows)), ("payments/a.csv", file(PAYMENTS, payments))];
    for (name, file) in &files {
        assert_eq!(world.import(name, file).await.1["created"], 2, "{name}");
    }
    world.table.new_heads();
    world.set_clock("2026-03-03T00:00:00Z");
    for (name, file) in &files {
        assert_eq!(world.import(name, file).await.1["unchanged"], 2, "{name}");
    }
    assert!(world.table.new_heads().is_empty());
}

#[tokio::test]
async fn rejected_rows_are_listed_in_the_order_of_the_file() {
    let world = World::start().await;
    let mut text = invoices(300, 23);
    text.extend(b"\nC1,\"open\nC1,I,x\n");
    let event = world.put("imports/demo/a.csv", &text);
    world.ingest_event(in_four_parts(event)).await.unwrap();
    world.run_imports().await;
    let (rejected, told) = world.results("a.csv");
    let lines: Vec<u64> =
        rejected.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(lines, (0..30).map(|n| 10 * n + 5).chain([302, 303]).collect::<Vec<_>>());
    assert_eq!(told["rejected"], 32);
}

#[tokio::test]
async fn a_long_list_of_rejected_rows_is_written_bit_by_bit() {
    let world = World::start().await;
    let column = "x".repeat(9_000);
    let mut text = format!("{HEADER},{column}\n").into_bytes();
    for _ in 0..1_000 {
        text.extend(b"C1,I1,2026-02-01,2026-03-03,EUR,1.00,\xff\n");
    }
    let (rejected, told) = world.import("long.csv", &text).await;
    assert_eq!((told["rejected"].as_u64(), rejected.lines().count()), (Some(1_000), 1_001));
    assert!(
        rejected.len() > 9_000_000 && rejected.lines().skip(1).all(|line| line.ends_with("save the file as CSV UTF-8"))
    );
}

#[tokio::test]
async fn a_dry_run_says_what_the_real_one_then_does_and_changes_nothing() {
    let world = World::start().await;
    let before = [invoice("C1", "I1", "10.00"), invoice("C2", "I2", "20.00"), invoice("C9", "I9", "1.00")];
    world.import("before.csv", &file(HEADER, before)).await;
    let header = format!("{HEADER},document,applies_to");
    let row = |debtor, number, amount| invoice(debtor, number, amount) + ",,";
    let note = |number, amount| format!("C1,{number},2026-02-20,,EUR,{amount},credit_note,I1");
    let rows = [
        row("C1", "I1", "10.00"),
        row("C2", "I2", "25.00"),
        row("C3", "I3", "30.00"),
        row("C3", "I3", "30.00"),
        row("C3", "I3", "31.00"),
        row("C4", "I9", "1.00"),
        row("C5", "I5", "nothing"),
        note("N1", "5.00"),
        note("N1", "5.00"),
        note("N1", "6.00"),
    ];
    let documents = file(&header, rows);
    let payments = [
        "P1,I1,,2026-03-01,1.00,EUR,pending",
        "P1,I1,,2026-03-01,1.00,EUR,settled",
        "P1,I1,,2026-03-01,1.00,EUR,settled",
        "P2,I77,,2026-03-01,1.00,EUR,",
        "P3,,C2,2026-03-01,100.00,EUR,",
        "P4,I2,,2026-03-01,1.00,GBP,",
    ];
    let payments = file(PAYMENTS, payments.map(str::to_owned));
    for (kind, text, expected) in [("invoices", documents, [2, 1, 3, 4]), ("payments", payments, [3, 1, 1, 1])] {
        let (state, _) = (world.state().await, world.table.new_heads());
        let dry = world.import_posted(json!({ "kind": kind, "dry_run": true }), &text).await;
        assert_eq!((&dry["state"], &dry["dry_run"]), (&json!("done"), &json!(true)));
        assert_eq!(world.state().await, state, "{kind}");
        assert!(world.table.new_heads().is_empty(), "{kind}");
        let real = world.import_posted(json!({ "kind": kind }), &text).await;
        assert_eq!((counts(&dry), counts(&real)), (expected, expected), "{kind}");
        let rejected = |import: &Value| {
            let key = import["rejected_file"]["key"].as_str().unwrap();
            world.results(key.strip_prefix("results/demo/").unwrap()).0
        };
        assert_eq!(rejected(&dry), rejected(&real), "{kind}");
    }
}

#[tokio::test]
async fn progress_is_told_while_parts_are_booked() {
    let world = World::start().await;
    let posted = world.post_import(json!({ "kind": "invoices" })).await;
    let id = posted["id"].as_str().unwrap();
    let event = world.put(&format!("imports/demo/uploads/{id}.csv"), &invoices(40, 8));
    world.ingest_event(in_four_parts(event)).await.unwrap();
    assert_eq!(world.show_import(id).await["state"], "splitting");

    let split = world.outside.take_import_work();
    world.import_step(&split[0]).await;
    let mut parts = world.outside.take_import_work();
    assert!(parts.len() >= 3, "{parts:?}");
    let shown = world.show_import(id).await;
    assert_eq!(
        (&shown["state"], &shown["rows"], &shown["seconds_left"]),
        (&json!("booking"), &json!(40), &Value::Null)
    );

    world.set_clock("2026-03-02T00:00:01Z");
    let last = parts.pop().unwrap();
    for part in &parts {
        world.import_step(part).await;
    }
    let shown = world.show_import(id).await;
    let settled: u64 = counts(&shown).iter().sum();
    assert!(settled > 0 && settled < 40, "{shown}");
    assert_eq!(shown["rows_per_second"], settled);
    assert_eq!(shown["seconds_left"], (40 - settled) / settled);
    assert_eq!((&shown["finished_at"], shown.get("rejected_file")), (&Value::Null, None));

    world.set_clock("2026-03-02T00:00:02Z");
    world.import_step(&last).await;
    world.run_imports().await;
    world.set_clock("2026-03-02T09:00:00Z");
    let shown = world.show_import(id).await;
    assert_eq!((&shown["rows_per_second"], &shown["seconds_left"]), (&json!(20), &Value::Null));
    assert_eq!(shown["finished_at"], "2026-03-02T00:00:02Z");
}

#[tokio::test]
async fn a_file_that_cannot_be_taken_in_fails_with_the_reason() {
    let world = World::start().await;
    let shown = world.import_posted(json!({ "kind": "payments" }), b"payment_ref;amount\nP1;5\n").await;
    assert_eq!((&shown["state"], counts(&shown)), (&json!("failed"), [0, 0, 0, 1]));
    let problem = shown["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("paid_on: the file has no such column; its first line is: payment_ref, amount"),
        "{problem}"
    );
    assert!(shown["rejected_file"]["url"].is_string());

    let mut event = world.put("imports/demo/large.csv", b"x");
    event["Records"][0]["s3"]["object"]["size"] = json!(1024 * 1024 * 1024 + 1);
    world.set_clock("2026-03-02T01:00:00Z");
    world.ingest_event(event).await.unwrap();
    world.run_imports().await;
    assert_eq!(world.list_imports(json!({})).await["imports"][0]["state"], "failed");
    assert!(world.results("large.csv").0.contains("1,,the file has 1073741825 bytes"));
}

#[tokio::test]
async fn a_file_with_nothing_but_its_header_is_done_at_once() {
    let world = World::start().await;
    let (rejected, told) = world.import("none.csv", HEADER.as_bytes()).await;
    assert_eq!((rejected.as_str(), &told["rows"]), ("line,column,reason\n", &json!(0)));
}

#[tokio::test]
async fn imports_are_listed_the_latest_first_and_in_pages() {
    let world = World::start().await;
    for (hour, name) in ["a.csv", "b.csv", "c.csv"].iter().enumerate() {
        world.set_clock(&format!("2026-03-02T0{hour}:00:00Z"));
        world.import(name, &invoices(2, 1)).await;
    }
    world.set_clock("2026-03-02T05:00:00Z");
    world.import("a.csv", &invoices(3, 1)).await;
    let names = |page: &Value| -> Vec<String> {
        page["imports"].as_array().unwrap().iter().map(|one| one["file_name"].as_str().unwrap().to_owned()).collect()
    };
    let first = world.list_imports(json!({ "limit": "2" })).await;
    assert_eq!(names(&first), ["a.csv", "c.csv"]);
    assert_eq!((&first["imports"][0]["created"], &first["imports"][0]["unchanged"]), (&json!(1), &json!(2)));
    let second = world.list_imports(json!({ "limit": "2", "after": first["next"] })).await;
    assert_eq!(names(&second), ["b.csv"]);
    for query in [json!({ "limit": "0" }), json!({ "limit": "101" }), json!({ "after": "x" })] {
        let request = call_to("GET /v1/imports", Some("demo"), &json!({}), &query, "");
        assert_eq!(world.call_ingest(request).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused_with_the_reason() {
    let world = World::start().await;
    for body in [
        json!({}),
        json!({ "kind": "debtors" }),
        json!({ "kind": "invoices", "dry_run": "yes" }),
        json!({ "kind": "invoices", "tenant": "other" }),
        json!({ "kind": "invoices", "file_name": "x".repeat(201) }),
    ] {
        assert_eq!(world.call_ingest(call("POST /v1/imports", Some("demo"), &body)).await.0, 400, "{body}");
    }
    for id in ["nothing", "NOT%20AN%20ID", ""] {
        let request = call_to("GET /v1/imports/{id}", Some("demo"), &json!({ "id": id }), &json!({}), "");
        assert_eq!(world.call_ingest(request).await.0, 404, "{id}");
    }
}

#[tokio::test]
async fn imports_of_another_tenant_are_not_there() {
    let world = World::start().await;
    world.table.add_tenant("other", &[]).await;
    let shown = world.import_posted(json!({ "kind": "invoices" }), &invoices(2, 1)).await;
    let get = |tenant, id: &Value| call_to("GET /v1/imports/{id}", Some(tenant), &json!({ "id": id }), &json!({}), "");
    assert_eq!(world.call_ingest(get("other", &shown["id"])).await.0, 404);
    let (_, list) = world.call_ingest(call_to("GET /v1/imports", Some("other"), &json!({}), &json!({}), "")).await;
    assert_eq!(list, json!({ "imports": [], "next": null }));
    for tenant in [None, Some("nobody")] {
        let request = call("POST /v1/imports", tenant, &json!({ "kind": "invoices" }));
        assert_eq!(world.call_ingest(request).await.0, 403);
    }
    // Another tenant's address leads nowhere: the file is one of its own there.
    let event = world.put(&format!("imports/other/uploads/{}.csv", shown["id"].as_str().unwrap()), &invoices(5, 1));
    world.ingest_event(event).await.unwrap();
    world.run_imports().await;
    assert_eq!(world.show_import(shown["id"].as_str().unwrap()).await["rows"], 2);
}
