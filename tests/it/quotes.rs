//! What may be charged on a late invoice, asked through the API.

use serde_json::{Value, json};

use crate::world::{World, call_to};

async fn ask(world: &World, body: &Value) -> (i64, Value) {
    let route = "POST /v1/quotes/interest";
    world.call_api(call_to(route, Some("demo"), &json!({}), &json!({}), &body.to_string())).await
}

fn claim() -> Value {
    json!({
        "jurisdiction": "GB", "debtor_kind": "business", "amount": "5000.00", "currency": "GBP",
        "due_date": "2026-03-31", "as_of": "2026-06-30", "payments": [{ "paid_on": "2026-04-30", "amount": "2000.00" }],
    })
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut body = claim();
    for (field, value) in changes {
        body[*field] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_payment_changes_the_slope_from_the_next_day() {
    let world = World::start().await;
    let (status, quote) = ask(&world, &claim()).await;
    assert_eq!(status, 200, "{quote}");
    let interest = &quote["interest"];
    assert_eq!((&interest["amount"], &interest["from"]), (&json!("107.20"), &json!("2026-04-01")));
    assert_eq!(
        interest["segments"],
        json!([
            { "from": "2026-04-01", "to": "2026-04-30", "days": 30, "balance": "5000.00", "rate": "11.75", "rate_standing": "published" },
            { "from": "2026-05-01", "to": "2026-06-30", "days": 61, "balance": "3000.00", "rate": "11.75", "rate_standing": "published" },
        ])
    );
    assert_eq!(interest["daily"], "0.9658");
    assert_eq!(interest["authority"]["kind"], "statute");
    let sum = json!({ "kind": "statute", "citation": "Late Payment of Commercial Debts (Interest) Act 1998, s. 5A" });
    assert_eq!(quote["fixed_sum"], json!({ "amount": "70.00", "authority": sum }));
    assert_eq!(quote["rules"], json!({ "name": "gb-late-payment", "version": 1 }));
    assert_eq!((&quote["annual_interest"]["amount"], &quote["fixed_sum_unquoted"]), (&json!("587.50"), &Value::Null));
}

#[tokio::test]
async fn a_debt_in_another_currency_bears_interest_and_its_fixed_sum_is_not_converted() {
    let world = World::start().await;
    let (status, quote) = ask(&world, &with(&[("currency", json!("EUR"))])).await;
    assert_eq!((status, &quote["interest"]["amount"]), (200, &json!("107.20")), "{quote}");
    assert_eq!(quote["fixed_sum"], Value::Null);
    let why = quote["fixed_sum_unquoted"].as_str().unwrap();
    assert!(why.contains("EUR") && why.contains("GBP"), "{why}");
}

#[tokio::test]
async fn a_contracts_own_rate_names_its_clause_and_takes_the_acts_place() {
    let world = World::start().await;
    let agreed = [("contract_rate", json!("10")), ("contract_clause", json!("terms of sale, clause 7"))];
    let (status, quote) = ask(&world, &with(&agreed)).await;
    assert_eq!(status, 200, "{quote}");
    let authority = json!({ "kind": "contract", "citation": "terms of sale, clause 7" });
    assert_eq!((&quote["interest"]["authority"], &quote["fixed_sum"]), (&authority, &Value::Null));
}

#[tokio::test]
async fn a_cap_holds_and_a_moratorium_bears_nothing() {
    let world = World::start().await;
    let changes = [
        ("contract_rate", json!("20")),
        ("contract_clause", json!("terms of sale, clause 7")),
        ("contract_cap", json!("16")),
        ("moratorium_from", json!("2026-04-11")),
        ("moratorium_to", json!("2026-06-09")),
    ];
    let (status, quote) = ask(&world, &with(&changes)).await;
    assert_eq!(status, 200, "{quote}");
    let segments = quote["interest"]["segments"].as_array().unwrap();
    let seen: Vec<(&Value, &Value, &Value)> =
        segments.iter().map(|one| (&one["from"], &one["to"], &one["rate"])).collect();
    assert_eq!(json!(seen), json!([["2026-04-01", "2026-04-10", "16"], ["2026-06-10", "2026-06-30", "16"]]));
}

#[tokio::test]
async fn a_rate_that_was_worked_out_says_so() {
    let world = World::start().await;
    let german = [("jurisdiction", json!("DE")), ("currency", json!("EUR"))];
    let (_, quote) = ask(&world, &with(&german)).await;
    assert_eq!(quote["interest"]["segments"][0]["rate_standing"], "derived");
}

#[tokio::test]
async fn without_a_day_to_charge_for_today_counts_and_nothing_runs_too_early() {
    let world = World::start().await;
    let (_, quote) = ask(&world, &with(&[("as_of", Value::Null), ("payments", json!([]))])).await;
    assert_eq!(quote["as_of"], "2026-03-02");
    assert_eq!((&quote["interest"]["amount"], &quote["fixed_sum"]), (&json!("0.00"), &Value::Null));
}

#[tokio::test]
async fn what_cannot_be_read_names_its_field() {
    let world = World::start().await;
    for (field, value, named) in [
        ("jurisdiction", Value::Null, "jurisdiction"),
        ("amount", json!(5000), "amount"),
        ("amount", json!("0"), "amount"),
        ("currency", json!("POUND"), "currency"),
        ("due_date", json!("31.3.2026"), "due_date"),
        ("contract_rate", json!("10"), "contract_clause"),
        ("payments", json!("none"), "payments"),
        ("payments", json!([{ "paid_on": "2026-04-30" }]), "payments[0].amount"),
        ("payments", json!([{ "paid_on": "2026-04-30", "amount": 5 }]), "payments[0].amount"),
        ("shoe_size", json!("43"), "shoe_size"),
    ] {
        let (status, problem) = ask(&world, &with(&[(field, value)])).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!(named)), "{problem}");
    }
}

#[tokio::test]
async fn what_cannot_be_quoted_names_its_field_and_says_what_to_do() {
    let world = World::start().await;
    let german = [("jurisdiction", json!("DE")), ("currency", json!("EUR"))];
    let undue = [("due_date", Value::Null), ("invoice_received_on", json!("2026-03-01"))];
    let consumer = ("debtor_kind", json!("consumer"));
    for (changes, named, says) in [
        (vec![("jurisdiction", json!("AT"))], "jurisdiction", "use one of DE"),
        (vec![consumer.clone()], "debtor_kind", "name its clause"),
        (vec![("due_date", Value::Null)], "due_date", "name the agreed day"),
        (vec![("due_date", json!("2027-01-01")), ("as_of", json!("2027-02-01"))], "as_of", "no rate for 2027 H1"),
        (vec![("due_date", json!("1999-01-01"))], "due_date", "is known from 2013-03-16"),
        (vec![("debt_kind", json!("regulated_credit"))], "debt_kind", "s. 2(5)"),
        ([&german[..], &undue, &[consumer]].concat(), "reminded_on", "reminder"),
    ] {
        let (status, problem) = ask(&world, &with(&changes)).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(named)), "{problem}");
        assert!(problem["errors"][0]["reason"].as_str().unwrap().contains(says), "{problem}");
    }
}
