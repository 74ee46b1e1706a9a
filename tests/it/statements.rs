//! Statements of account, of one debtor and of a group.

use dunlin_testkit::build::{draft, money};
use serde_json::{Value, json};

use crate::debtors::put;
use crate::world::{World, call_to};

const STATEMENT: &str = "GET /v1/debtors/{id}/statement";

async fn ask(world: &World, id: &str, query: Value) -> (i64, Value) {
    world.call_api(call_to(STATEMENT, Some("demo"), &json!({ "id": id }), &query, "")).await
}

/// A parent and two children who owe in two currencies, have paid, overpaid, contested and been charged.
async fn family() -> World {
    let world = World::start().await;
    put(&world, "TOP", json!({})).await;
    for child in ["A", "B"] {
        put(&world, child, json!({ "parent_ref": "TOP" })).await;
    }
    for (of, number) in [("TOP", "I1"), ("A", "I2"), ("B", "=I3")] {
        world.has([draft(of, number).issued("2026-01-15").due("2026-02-14").build()]).await;
        world.has([draft(of, &format!("{number}-2")).issued("2026-02-20").due("2026-03-22").build()]).await;
    }
    world.has([draft("B", "USD").issued("2026-02-01").due("2026-03-01").total(money("9.99", "USD")).build()]).await;
    let paid = |reference: &str, debtor: &str, on: &str, amount: &str| json!({ "payment_ref": reference, "debtor_ref": debtor, "paid_on": on, "amount": amount, "currency": "EUR" });
    world.post_payments(json!([paid("P1", "A", "2026-02-10", "230.00"), paid("P2", "B", "2026-03-01", "40.00")])).await;
    world.set_clock("2026-03-02T08:00:00Z");
    world
}

fn cents(value: &Value) -> i64 {
    money(value.as_str().unwrap(), "EUR").minor()
}

/// Opening and entries come to closing, with what is owed after each entry.
fn assert_adds_up(statement: &Value) {
    let mut balance = cents(&statement["opening_balance"]);
    for entry in statement["entries"].as_array().unwrap() {
        balance += cents(&entry["amount"]);
        assert_eq!(cents(&entry["balance"]), balance, "{statement}");
    }
    assert_eq!(cents(&statement["closing_balance"]), balance, "{statement}");
}

#[tokio::test]
async fn a_statement_leads_from_what_was_owed_to_what_is() {
    let world = family().await;
    let (status, shown) =
        ask(&world, "A", json!({ "from": "2026-02-01", "to": "2026-03-31", "currency": "EUR" })).await;
    assert_eq!(status, 200, "{shown}");
    let statement = &shown["sections"][0]["statements"][0];
    assert_adds_up(statement);
    assert_eq!((&statement["opening_balance"], &statement["closing_balance"]), (&json!("100.00"), &json!("-30.00")));
    assert_eq!((&statement["unapplied"], &statement["open_items"]), (&json!("30.00"), &json!([])));
    let (_, shown) = ask(&world, "B", json!({})).await;
    assert_eq!((&shown["from"], &shown["to"]), (&json!("2026-03-01"), &json!("2026-03-02")), "the month so far");
    let statements = shown["sections"][0]["statements"].as_array().unwrap();
    statements.iter().for_each(assert_adds_up);
    let item = json!({
        "portfolio": "main", "invoice_number": "=I3", "issue_date": "2026-01-15", "due_date": "2026-02-14",
        "amount": "100.00", "balance": "60.00", "days_overdue": 16,
    });
    assert_eq!(statements[0]["open_items"][0], item);
    assert_eq!((&statements[1]["currency"], &statements[1]["overdue"]), (&json!("USD"), &json!("9.99")));
}

#[tokio::test]
async fn a_groups_statement_is_addressed_to_the_parent_and_comes_to_its_balances() {
    let world = family().await;
    world.pump().await;
    let (status, shown) = ask(&world, "A", json!({ "from": "2026-01-01", "group": "true" })).await;
    assert_eq!((status, &shown["addressed_to"]["name"]), (200, &json!("Customer TOP")), "{shown}");
    let sections = shown["sections"].as_array().unwrap();
    let names: Vec<&Value> = sections.iter().map(|section| &section["debtor_ref"]).collect();
    assert_eq!(names, ["TOP", "A", "B"]);
    let of = |currency: &str| {
        let statements = sections.iter().flat_map(|section| section["statements"].as_array().unwrap());
        statements.filter(|one| one["currency"] == currency).cloned().collect::<Vec<_>>()
    };
    let group = call_to("GET /v1/debtors/{id}/group", Some("demo"), &json!({ "id": "TOP" }), &json!({}), "");
    let (_, group) = world.call_api(group).await;
    for (n, currency) in ["EUR", "USD"].into_iter().enumerate() {
        let (end, balances) = (&shown["consolidated"][n], &group["balances"][n]);
        assert_eq!(end["currency"], currency);
        for name in ["open", "overdue", "unapplied", "opening_balance", "closing_balance"] {
            let sum: i64 = of(currency).iter().map(|statement| cents(&statement[name])).sum();
            assert_eq!(cents(&end[name]), sum, "{currency} {name}");
        }
        of(currency).iter().for_each(assert_adds_up);
        for name in ["open", "overdue", "unapplied", "disputed", "in_flight"] {
            assert_eq!(end[name], balances[name], "{currency} {name}: as the projector counts it");
        }
        assert_eq!(cents(&end["closing_balance"]), cents(&end["open"]) - cents(&end["unapplied"]));
    }
}

#[tokio::test]
async fn a_statement_can_be_had_as_a_table_that_runs_no_formula() {
    let world = family().await;
    let query = json!({ "from": "2026-03-01", "currency": "EUR", "group": "true" });
    let mut call = call_to(STATEMENT, Some("demo"), &json!({ "id": "TOP" }), &query, "");
    call["headers"]["accept"] = json!("text/csv");
    let (status, table) = world.call_api(call).await;
    assert_eq!(status, 200, "{table}");
    let table = table.as_str().unwrap();
    let of_b: Vec<&str> = table.lines().filter(|line| line.starts_with("B,") || line.starts_with(',')).collect();
    assert_eq!(
        of_b,
        [
            "B,EUR,opening,,,,,,,,200.00",
            "B,EUR,payment,2026-03-01,main,,payment/books/P2,,,-40.00,160.00",
            "B,EUR,payment,2026-03-01,main,'=I3,payment/books/P2,,,-40.00,120.00",
            "B,EUR,payment,2026-03-01,main,,payment/books/P2,allocated to invoices,,40.00,160.00",
            "B,EUR,closing,,,,,,,,160.00",
            "B,EUR,open_item,2026-02-14,main,'=I3,,,16,100.00,60.00",
            "B,EUR,open_item,2026-03-22,main,'=I3-2,,,0,100.00,100.00",
            "B,EUR,unapplied,,,,,,,,0.00",
            ",EUR,opening,,,,,,,,370.00",
            ",EUR,closing,,,,,,,,330.00",
            ",EUR,open,,,,,,,,360.00",
            ",EUR,overdue,,,,,,,,160.00",
            ",EUR,unapplied,,,,,,,,30.00",
        ]
    );
}

#[tokio::test]
async fn a_statement_that_cannot_be_made_says_why() {
    let world = family().await;
    world.has([draft("LONER", "L1").build()]).await;
    for (id, query, status, field) in [
        ("A", json!({ "from": "soon" }), 400, "from"),
        ("A", json!({ "from": "2026-03-01", "to": "2026-02-01" }), 400, "from"),
        ("A", json!({ "to": "2026-02-30" }), 400, "to"),
        ("A", json!({ "currency": "EURO" }), 400, "currency"),
        ("A", json!({ "group": "yes" }), 400, "group"),
    ] {
        let (got, problem) = ask(&world, id, query.clone()).await;
        assert_eq!((got, &problem["errors"][0]["field"]), (status, &json!(field)), "{query}: {problem}");
    }
    assert_eq!(ask(&world, "NOBODY", json!({})).await.0, 404);
    assert_eq!(ask(&world, "LONER", json!({ "group": "true" })).await.0, 404);
    assert_eq!(ask(&world, "LONER", json!({})).await.0, 200);
}
