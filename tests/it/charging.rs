//! Charges that come by themselves: by the policy that a call puts on record, in the hourly scan, once, and in the message.

use dunlin_domain::by_currency::ByCurrency;
use dunlin_domain::charge::ChargeRule;
use dunlin_domain::charge::rule::{Basis, FeeAmounts, Levy};
use dunlin_domain::contact::DebtorKind;
use dunlin_testkit::build::{draft, eur, money};
use serde_json::{Value, json};

use crate::world::{TENANT, World, call, call_to};

/// A late fee of 5.00 EUR three days after the due date.
pub(crate) fn late_fee() -> Value {
    let amounts = json!([{ "currency": "EUR", "amount": "5.00" }]);
    json!({ "name": "late", "late_fee": { "after_days": 3, "amounts": amounts, "clause": "terms 7.2" } })
}

/// A policy with the built-in ladder, in use from now on.
pub(crate) fn policy(charges: Value) -> Value {
    json!({ "name": "trade", "version": 1, "use_for": "debts", "charges": charges })
}

pub(crate) async fn put(world: &World, policy: Value) -> (i64, Value) {
    world.call_api(call("POST /v1/policies", Some(TENANT), &policy)).await
}

/// `C1`, a British business, owes 1,000.00 EUR on `I1`, due on Monday, 2 March 2026.
async fn owing(charges: Value) -> World {
    let world = World::start().await;
    let (status, answer) = put(&world, policy(charges)).await;
    assert_eq!((status, &answer), (201, &json!({ "policy": "trade@1", "in_use": true })));
    let mut invoice = draft("C1", "I1").issued("2026-03-01").total(eur("1000.00")).build();
    invoice.profile.kind = Some(DebtorKind::Business);
    invoice.profile.country = Some("GB".to_owned());
    world.has([invoice]).await;
    world
}

async fn about(world: &World, route: &str, path: Value, body: Value) -> (i64, Value) {
    let mut parameters = json!({ "id": "C1" });
    parameters.as_object_mut().unwrap().extend(path.as_object().unwrap().clone());
    world.call_api(call_to(route, Some(TENANT), &parameters, &json!({}), &body.to_string())).await
}

/// Day, kind, cents, key and note of each charge on record.
async fn charged(world: &World) -> Vec<(String, String, i64)> {
    let mut charges = Vec::new();
    for entry in world.past("C1", "ENTRY").await {
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        if matches!(entry["kind"].as_str(), Some("fee" | "interest")) {
            charges.push((text("on"), text("kind"), entry["amount"].as_i64().unwrap()));
        }
    }
    charges.sort();
    charges
}

fn told(on: &str, kind: &str, minor: i64) -> (String, String, i64) {
    (on.to_owned(), kind.to_owned(), minor)
}

#[tokio::test]
async fn a_scan_every_minute_of_a_day_charges_one_fee_and_it_is_told_as_an_ordered_one() {
    let world = owing(json!([late_fee()])).await;
    world.days("2026-03-02", "2026-03-04").await;
    assert_eq!(charged(&world).await, []);
    for minute in 0..1440 {
        world.scan_at(&format!("2026-03-05T{:02}:{:02}:00Z", minute / 60, minute % 60)).await;
    }
    world.pump().await;
    assert_eq!(charged(&world).await, [told("2026-03-05", "fee", 500)]);
    assert_eq!(world.stands("I1").await.0, 100_500);
    let fee = world.past("C1", "ENTRY").await.into_iter().find(|entry| entry["kind"] == "fee").unwrap();
    assert_eq!(fee["note"], "contract terms 7.2 (trade@1, late)");
    let why = json!({ "rule": "charge_due", "for": true, "detail": "5.00 EUR on I1 by late of trade@1" });
    let decisions = world.past("C1", "DECISION").await;
    let said = decisions.iter().filter(|one| one["accounts"][0]["reasons"].as_array().unwrap().contains(&why)).count();
    assert_eq!(said, 1, "{decisions:?}");
    world.assert_counted().await;
    // The next message asks for it.
    world.days("2026-03-06", "2026-03-09").await;
    let mail = world.mails().pop().unwrap();
    assert!(mail.text.contains("1005.00") || mail.text.contains("1,005.00"), "{}", mail.text);
}

#[tokio::test]
async fn runs_that_were_missed_are_made_up_for_with_one_fee_and_interest_up_to_the_day() {
    let world = owing(
        json!([late_fee(), { "name": "yearly", "interest": { "booked": "monthly", "rate": "9", "clause": "7.3" } }]),
    )
    .await;
    world.scan_at("2026-03-03T08:00:00Z").await;
    world.days("2026-04-10", "2026-05-01").await;
    let expected = [
        told("2026-04-10", "fee", 500),
        // 39 days at 9 %, and 21 more.
        told("2026-04-10", "interest", 962),
        told("2026-05-01", "interest", 517),
    ];
    assert_eq!(charged(&world).await, expected);
    world.assert_replayed().await;
}

#[tokio::test]
async fn what_is_charged_next_is_shown_as_it_will_be_booked() {
    let world = owing(json!([late_fee(), { "name": "flat", "fixed_sum": {} }])).await;
    world.scan_at("2026-03-03T08:00:00Z").await;
    let (_, shown) = about(&world, "GET /v1/debtors/{id}", json!({}), json!(null)).await;
    let next = json!([{
        "invoice_number": "I1", "kind": "fee", "amount": "5.00", "on": "2026-03-05", "rule": "late",
        "note": "contract terms 7.2 (trade@1, late)",
    }]);
    assert_eq!(shown["accounts"][0]["next_charges"], next, "{shown}");
    assert_eq!(shown["next_look_at"], "2026-03-05T00:00:00Z", "the day of the fee");
    let reasons = world.past("C1", "DECISION").await[0]["accounts"][0]["reasons"].to_string();
    assert!(reasons.contains("the law's fixed sum is in GBP and the debt in EUR"), "{reasons}");
}

#[tokio::test]
async fn a_payment_between_two_bookings_changes_the_slope_and_the_last_one_takes_what_is_left() {
    let interest = json!({ "name": "yearly", "interest": { "booked": "monthly", "rate": "9", "clause": "7.3" } });
    let world = owing(json!([interest])).await;
    world.days("2026-03-02", "2026-04-12").await;
    let payment = |reference: &str, on: &str, amount: &str| json!([{ "payment_ref": reference, "invoice_number": "I1", "paid_on": on, "amount": amount, "currency": "EUR" }]);
    world.set_clock("2026-04-12T23:00:00Z");
    world.post_payments(payment("P1", "2026-04-12", "400.00")).await;
    world.days("2026-04-13", "2026-05-14").await;
    world.set_clock("2026-05-14T23:00:00Z");
    let open = 60_000 + charged(&world).await.iter().map(|(.., minor)| minor).sum::<i64>();
    assert_eq!(world.stands("I1").await, (open, "open".to_owned()));
    world.post_payments(payment("P2", "2026-05-14", &format!("{}.{:02}", open / 100, open % 100))).await;
    // 30 days on 1,000; 11 on that and 19 on 600; 13 on 600. The sum is rounded, not each.
    let expected =
        [told("2026-04-01", "interest", 740), told("2026-05-01", "interest", 552), told("2026-05-14", "interest", 192)];
    assert_eq!(charged(&world).await, expected);
    assert_eq!(world.stands("I1").await, (192, "open".to_owned()), "what ran up since is not lost with the principal");
    world.pump().await;
    assert_eq!((world.told("invoice.settled"), world.told("invoice.reopened")), (0, 0));
    world.assert_counted().await;
    world.assert_replayed().await;
}

#[tokio::test]
async fn a_payment_for_many_invoices_leaves_the_interest_of_each() {
    let world = World::start().await;
    let interest = json!({ "name": "yearly", "interest": { "booked": "at_end", "rate": "9", "clause": "7.3" } });
    put(&world, policy(json!([interest]))).await;
    world.has((0..45).map(|n| draft("C1", &format!("I{n}")).issued("2026-03-01").total(eur("100.00")).build())).await;
    world.days("2026-03-03", "2026-03-03").await;
    world.set_clock("2026-04-01T12:00:00Z");
    let paid = json!({ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-04-01", "amount": "4550.00", "currency": "EUR" });
    world.post_payments(json!([paid])).await;
    assert_eq!(charged(&world).await, vec![told("2026-04-01", "interest", 74); 45]);
    world.pump().await;
    world.assert_counted().await;
}

#[tokio::test]
async fn a_moratorium_is_taken_from_the_debtor_and_stops_what_is_ordered_too() {
    let interest = json!({ "name": "yearly", "interest": { "booked": "monthly", "rate": "9", "clause": "7.3" } });
    let world = owing(json!([interest])).await;
    world.days("2026-03-02", "2026-03-20").await;
    world.set_clock("2026-03-20T12:00:00Z");
    let hold = json!({ "reason": "moratorium", "since": "2026-03-13", "until": "2026-05-11" });
    let (status, set) = about(&world, "POST /v1/debtors/{id}/holds", json!({}), hold).await;
    assert_eq!((status, &set["hold"]["since"]), (201, &json!("2026-03-13T00:00:00Z")), "{set}");
    let fee = json!({ "rule": "extra", "currency": "EUR", "amount": "5.00", "clause": "7.4" });
    let order = || json!({ "invoice_number": "I1", "late_fee": fee, "despite_hold": "we want it" });
    let (status, problem) = about(&world, "POST /v1/debtors/{id}/charges", json!({}), order()).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (409, &json!("invoice_number")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("moratorium, until 2026-05-12T00:00:00Z"), "{problem}");
    world.days("2026-03-21", "2026-06-01").await;
    // 10 days before it and one after; 20 more.
    assert_eq!(charged(&world).await, [told("2026-05-12", "interest", 271), told("2026-06-01", "interest", 493)]);
    let stored = &world.debtor("C1").await.moratoria;
    assert_eq!((stored.len(), stored[0].days.last().to_string().as_str()), (1, "2026-05-11"));
    world.set_clock("2026-06-01T12:00:00Z");
    let mut back = order();
    back["as_of"] = json!("2026-04-01");
    let (status, problem) = about(&world, "POST /v1/debtors/{id}/charges", json!({}), back).await;
    assert_eq!(status, 409, "its days are never charged for: {problem}");
}

#[tokio::test]
async fn a_hold_that_is_the_creditors_own_is_overruled_by_a_reason_that_is_kept() {
    let world = owing(json!([late_fee()])).await;
    world.set_clock("2026-03-03T12:00:00Z");
    about(&world, "POST /v1/debtors/{id}/holds", json!({}), json!({ "reason": "hardship" })).await;
    world.days("2026-03-04", "2026-03-20").await;
    assert_eq!(charged(&world).await, []);
    world.set_clock("2026-03-20T12:00:00Z");
    let late_fee = json!({ "rule": "extra", "currency": "EUR", "amount": "5.00", "clause": "7.4" });
    let mut order = json!({ "invoice_number": "I1", "late_fee": late_fee });
    let (status, problem) = about(&world, "POST /v1/debtors/{id}/charges", json!({}), order.clone()).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (409, &json!("despite_hold")), "{problem}");
    assert_eq!(problem["title"], "Charges are stopped");
    order["despite_hold"] = json!("agreed with the debtor by phone");
    let (status, made) = about(&world, "POST /v1/debtors/{id}/charges", json!({}), order).await;
    let note = "contract 7.4; despite hardship: agreed with the debtor by phone";
    assert_eq!((status, &made["entries"][0]["note"]), (201, &json!(note)), "{made}");
}

#[tokio::test]
async fn a_debtor_with_more_invoices_than_a_commit_takes_is_charged_in_one_run() {
    let world = World::start().await;
    let mut fee = late_fee();
    fee["late_fee"]["after_days"] = json!(1);
    put(&world, policy(json!([fee]))).await;
    world.has((0..70).map(|n| draft("C1", &format!("I{n}")).issued("2026-03-01").total(eur("10.00")).build())).await;
    world.hour("2026-03-03T08:00:00Z").await;
    assert_eq!(charged(&world).await.len(), 70);
    let mail = world.mails().pop().unwrap();
    assert!(mail.text.contains("1050.00") || mail.text.contains("1,050.00"), "{}", mail.text);
    world.assert_counted().await;
}

#[tokio::test]
async fn too_little_is_left_alone_until_it_is_more() {
    let world = World::start().await;
    let mut small = policy(json!([]));
    small["minimums"] = json!([{ "currency": "EUR", "amount": "5.00" }]);
    put(&world, small).await;
    let owes = |number: &str, total| draft("C1", number).issued("2026-03-01").total(total).build();
    world.has([owes("I1", eur("4.99")), owes("I2", money("1000.00", "GBP"))]).await;
    world.days("2026-03-03", "2026-03-05").await;
    let asked: Vec<String> = world.mails().into_iter().map(|mail| mail.text).collect();
    assert!(asked.len() == 1 && asked[0].contains("GBP") | asked[0].contains('£'), "{asked:?}");
    let said = world.past("C1", "DECISION").await;
    assert!(said.iter().any(|one| one.get("accounts").unwrap().to_string().contains("below_minimum")), "{said:?}");
    world.set_clock("2026-03-06T00:00:00Z");
    world.has([draft("C1", "I3").issued("2026-03-06").due("2026-04-30").total(eur("0.01")).build()]).await;
    world.days("2026-03-06", "2026-03-06").await;
    assert_eq!(world.mails().len(), 2, "another cent wakes it");
    world.assert_replayed().await;
}

#[tokio::test]
async fn a_wrong_policy_names_the_field_and_a_version_never_changes() {
    let world = World::start().await;
    let with = |charge: Value| policy(json!([charge]));
    let fee = |field: &str, value: Value| {
        let mut fee = late_fee();
        fee["late_fee"][field] = value;
        with(fee)
    };
    let yearly = |interest: Value| with(json!({ "name": "y", "interest": interest }));
    for (body, field) in [
        (json!({ "name": "trade" }), "version"),
        (json!({ "name": "default", "version": 1 }), "version"),
        (json!({ "name": "Trade!", "version": 1 }), "name"),
        (json!({ "name": "trade", "version": 1, "use_for": "all" }), "use_for"),
        (
            json!({ "name": "trade", "version": 1, "steps": [{ "name": "a", "offset_days": 0, "stage": "early", "task": "call" }] }),
            "steps",
        ),
        (
            json!({ "name": "trade", "version": 1, "steps": [{ "name": "a", "offset_days": 999, "stage": "early", "task": "call" }] }),
            "steps[0].offset_days",
        ),
        (
            json!({ "name": "trade", "version": 1, "steps": [{ "name": "a", "offset_days": 1, "stage": "early", "channels": ["fax"] }] }),
            "steps[0].channels",
        ),
        (json!({ "name": "trade", "version": 1, "minimums": [{ "currency": "EUR", "amount": "0" }] }), "minimums"),
        (
            json!({ "name": "trade", "version": 1, "minimums": [{ "currency": "EUR", "amount": "1.005" }] }),
            "minimums[0].amount",
        ),
        (fee("after_days", json!(0)), "charges[0].late_fee.after_days"),
        (fee("clause", json!(null)), "charges[0].late_fee.clause"),
        (fee("percent", json!("-2")), "charges[0].late_fee.amounts"),
        (fee("every", json!("1 fortnight")), "charges[0].late_fee.every"),
        (fee("every", json!("1 month")), "charges[0].late_fee.times"),
        (yearly(json!({ "booked": "yearly" })), "charges[0].interest.booked"),
        (yearly(json!({ "booked": "monthly", "rate": "9" })), "charges[0].interest.clause"),
        (with(json!({ "name": "x" })), "charges[0].late_fee"),
        (policy(json!([late_fee(), late_fee()])), "charges"),
    ] {
        let (status, problem) = put(&world, body.clone()).await;
        assert!(status == 400 && problem["errors"][0]["field"] == field, "{body}: {problem}");
    }
    assert_eq!(put(&world, policy(json!([late_fee()]))).await.0, 201);
    let before = world.table.items().await;
    let (status, problem) = put(&world, policy(json!([]))).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (409, &json!("version")), "{problem}");
    assert_eq!(world.table.items().await, before);
}

#[tokio::test]
async fn every_kind_of_rule_is_kept_as_it_was_told() {
    let world = World::start().await;
    let charges = json!([
        late_fee(),
        { "name": "again", "while_agreed": "charge", "late_fee": {
            "after_days": 10, "percent": "2.5", "at_most": [{ "currency": "EUR", "amount": "40.00" }], "every": "2 weeks",
            "times": 4, "statute": "section 9",
        } },
        { "name": "yearly", "interest": { "booked": "with_messages", "rate": "9", "cap": "8.5", "clause": "7.3" } },
        { "name": "flat", "fixed_sum": {} },
    ]);
    let mut body = policy(charges);
    body["minimums"] = json!([{ "currency": "JPY", "amount": "400" }, { "currency": "EUR", "amount": "5.00" }]);
    body["steps"] = json!([
        { "name": "note", "offset_days": -2, "stage": "upcoming", "channels": ["sms", "email"] },
        { "name": "call", "offset_days": 9, "stage": "mid", "task": "call" },
    ]);
    assert_eq!(put(&world, body).await.0, 201);
    let tenancy = world.tenancy().await;
    let kept = tenancy.policies.current(dunlin_domain::policy::Subject::Debt);
    let steps: Vec<(i32, &str)> = kept.steps().iter().map(|step| (step.offset_days, step.name.as_str())).collect();
    assert_eq!(steps, [(-2, "note"), (9, "call")]);
    assert_eq!(kept.minimums().iter().map(|least| least.to_string()).collect::<Vec<_>>(), ["5.00", "400"]);
    let rules: Vec<String> = kept.charges().iter().map(short).collect();
    assert_eq!(
        rules,
        [
            "late Wait: from 3 days, Once, 5.00 EUR, contract terms 7.2",
            "again Charge: from 10 days, Every { period: Weeks(2), at_most: 4 }, 2.5 % to 40.00 EUR, statute section 9",
            "yearly Wait: One(AnnualRate(9)) to AnnualRate(8.5) by contract 7.3, WithMessages",
            "flat Wait: fixed sum of GB",
        ]
    );
}

/// A rule in one line.
fn short(rule: &ChargeRule) -> String {
    let all = |amounts: &ByCurrency| {
        amounts.iter().map(|one| format!("{one} {}", one.currency())).collect::<Vec<_>>().join(", ")
    };
    let levy = match &rule.levy {
        Levy::LateFees(fees) => {
            let amounts = match fees.amounts() {
                FeeAmounts::Fixed(fixed) => all(fixed),
                FeeAmounts::Percent { share, at_most } => format!("{share} % to {}", all(at_most)),
            };
            format!("from {} days, {:?}, {amounts}, {}", fees.after_days(), fees.times(), fees.authority())
        }
        Levy::Interest { basis: Basis::Contract(terms), booked } => {
            format!("{:?} to {:?} by {}, {booked:?}", terms.rate, terms.cap.unwrap(), terms.authority)
        }
        Levy::Interest { basis: Basis::Statute(_), booked } => format!("statute, {booked:?}"),
        Levy::FixedSum(laws) => format!("fixed sum of {}", laws.jurisdictions().find(|one| *one == "GB").unwrap()),
    };
    format!("{} {:?}: {levy}", rule.name, rule.while_agreed)
}
