//! Groups of companies: sums that span debtors are exact, and a credit limit is told of once each way.

use std::collections::BTreeMap;

use dunlin_aws::store::{Group, GroupSum};
use dunlin_domain::debtor::{Debtor, Membership};
use dunlin_testkit::build::{debtor, draft, eur, money, tenant};
use serde_json::{Value, json};

use crate::debtors::{ask, patch, put, refused};
use crate::world::{TENANT, World, stream_event, text};

impl World {
    /// Every debtor of the tenant.
    async fn all_debtors(&self) -> Vec<Debtor> {
        let mut debtors = Vec::new();
        for item in self.table.items().await.iter().filter(|item| item["SK"] == "LIVE#DEBTOR") {
            debtors.push(self.debtor(text(item, "debtor")).await);
        }
        debtors
    }

    /// What each group owes is what its members owe, and children are noted where they belong.
    pub(crate) async fn assert_grouped(&self) {
        let items = self.table.items().await;
        if !items.iter().any(|item| text(item, "PK").contains("#GROUP#")) {
            return;
        }
        let debtors = self.all_debtors().await;
        for parent in &debtors {
            let members: Vec<&Debtor> = debtors.iter().filter(|one| one.group() == Some(&parent.id)).collect();
            let mut naive = Group::default();
            for member in &members {
                for (currency, owed) in member.owed_by_currency().unwrap() {
                    let limit = parent.credit.limit(currency);
                    let none =
                        GroupSum { owed: dunlin_domain::debtor::Owed::nothing(currency), limit, exceeded: false };
                    let sum = naive.sums.entry(currency).or_insert(none);
                    sum.owed = sum.owed.plus(&owed).unwrap();
                }
                for invoice in member.invoices.values().filter(|invoice| invoice.balance().is_positive()) {
                    *naive.due.entry((invoice.currency(), invoice.due_date)).or_default() += invoice.balance().minor();
                }
            }
            let counted = self.table.store().group(&tenant(TENANT), &parent.id).await.unwrap();
            for (currency, sum) in &counted.sums {
                let owed = naive.sums.remove(currency).map(|sum| sum.owed);
                let nothing = dunlin_domain::debtor::Owed::nothing(*currency);
                assert_eq!(sum.owed, owed.unwrap_or(nothing), "{} {currency}", parent.id);
                let limit = parent.credit.limit(*currency).filter(|_| parent.membership == Membership::Leads);
                assert_eq!(sum.limit, limit, "{}", parent.id);
                let exceeds = limit.is_some_and(|limit| limit.is_exceeded_by(sum.owed.exposure().unwrap()).unwrap());
                assert_eq!(sum.exceeded, exceeds, "{} {currency}", parent.id);
            }
            assert!(naive.sums.is_empty(), "not counted: {naive:?}");
            let due: BTreeMap<_, _> = counted.due.into_iter().filter(|(_, minor)| *minor != 0).collect();
            assert_eq!(due, naive.due, "{}", parent.id);
            let children = members.iter().filter(|one| one.id != parent.id).count();
            let noted = self.table.store().count_children(&tenant(TENANT), &parent.id).await.unwrap();
            let listed = items.iter().filter(|item| {
                text(item, "PK") == format!("T#{TENANT}#GROUP#{}", parent.id) && text(item, "SK").starts_with("CHILD#")
            });
            assert_eq!((noted, listed.count()), (children.try_into().unwrap(), children), "{}", parent.id);
        }
    }

    fn told_of_limits(&self) -> Vec<(String, String, String, String)> {
        let told = self.told.lock().unwrap();
        let limits = told.iter().filter(|(kind, _)| kind.starts_with("credit_limit."));
        let word = |detail: &Value, name: &str| detail[name].as_str().unwrap().to_owned();
        limits
            .map(|(kind, one)| (kind.clone(), word(one, "debtor"), word(one, "amount"), word(one, "detail")))
            .collect()
    }
}

/// A parent with two children, each with an invoice over 100.00 EUR that is late on 3 March.
async fn family() -> World {
    let world = World::start().await;
    put(&world, "TOP", json!({ "name": "Top", "kind": "business" })).await;
    for (n, id) in ["TOP", "A", "B"].into_iter().enumerate() {
        world.has([draft(id, &format!("I{n}")).issued("2026-02-01").due("2026-03-02").build()]).await;
    }
    world.pump().await;
    for child in ["A", "B"] {
        patch(&world, child, json!({ "parent_ref": "TOP" })).await;
    }
    world.pump().await;
    world
}

async fn group(world: &World, id: &str, query: Value) -> (i64, Value) {
    ask(world, "GET /v1/debtors/{id}/group", id, None, query, json!({})).await
}

fn pay(reference: &str, debtor: &str, amount: &str) -> Value {
    json!([{ "payment_ref": reference, "debtor_ref": debtor, "paid_on": "2026-03-01", "amount": amount, "currency": "EUR" }])
}

#[tokio::test]
async fn a_group_is_shown_with_its_sums_and_its_members_by_pages() {
    let world = family().await;
    let dollars = draft("B", "USD1").issued("2026-02-01").due("2026-04-01").total(money("7.00", "USD")).build();
    world.has([dollars]).await;
    world.post_payments(pay("P1", "A", "130.00")).await;
    let dispute = json!({ "currency": "EUR", "invoice_number": "I2", "amount": "40.00", "reason": "defective" });
    assert_eq!(ask(&world, "POST /v1/debtors/{id}/disputes", "B", None, json!({}), dispute).await.0, 201);
    world.pump().await;
    world.assert_grouped().await;
    world.set_clock("2026-03-03T08:00:00Z");
    let (status, shown) = group(&world, "B", json!({ "limit": "1" })).await;
    assert_eq!((status, &shown["parent_ref"]), (200, &json!("TOP")), "{shown}");
    let eur = json!({
        "currency": "EUR", "open": "200.00", "overdue": "200.00", "disputed": "40.00", "unapplied": "30.00",
        "in_flight": "0.00", "exposure": "130.00", "credit_limit": null, "credit_limit_exceeded": false,
    });
    let balances = shown["balances"].as_array().unwrap();
    assert_eq!((&balances[0], &balances[1]["open"], &balances[1]["overdue"]), (&eur, &json!("7.00"), &json!("0.00")));
    let mut members = shown["members"].as_array().unwrap().clone();
    assert_eq!((members.len(), &shown["next"]), (2, &json!("A")), "the parent, and a child");
    let (_, rest) = group(&world, "TOP", json!({ "limit": "5", "after": "A" })).await;
    members.extend(rest["members"].as_array().unwrap().clone());
    let names: Vec<(&Value, &Value)> = members.iter().map(|one| (&one["debtor_ref"], &one["role"])).collect();
    assert_eq!(format!("{names:?}").matches("child").count(), 2);
    assert_eq!(rest["next"], Value::Null);
    for (name, all) in [("open", eur["open"].clone()), ("disputed", eur["disputed"].clone())] {
        let of = |one: &Value| money(one["balances"][0][name].as_str().unwrap(), "EUR").minor();
        let sum: i64 = members.iter().map(of).sum();
        assert_eq!(sum, money(all.as_str().unwrap(), "EUR").minor(), "{name}");
    }
    assert_eq!(group(&world, "NOBODY", json!({})).await.0, 404);
    world.has([draft("LONER", "L1").build()]).await;
    assert_eq!(group(&world, "LONER", json!({})).await.0, 404, "it belongs to none");
}

#[tokio::test]
async fn who_joins_leaves_or_changes_its_group_takes_its_sums_along() {
    let world = family().await;
    put(&world, "OTHER", json!({})).await;
    for (child, parent) in [("A", json!("OTHER")), ("B", Value::Null), ("A", json!("TOP")), ("B", json!("OTHER"))] {
        patch(&world, child, json!({ "parent_ref": parent })).await;
        world.post_payments(pay(&format!("P{child}{parent}"), child, "10.00")).await;
        world.pump().await;
        world.assert_grouped().await;
        world.assert_counted().await;
    }
    patch(&world, "A", json!({ "parent_ref": null })).await;
    patch(&world, "TOP", json!({ "parent_ref": "OTHER" })).await;
    world.pump().await;
    world.assert_grouped().await;
    let other = world.table.store().group(&tenant(TENANT), &debtor("OTHER")).await.unwrap();
    assert_eq!(other.sums[&eur("0").currency()].owed.open, eur("180"), "without its children it is a child itself");
}

#[tokio::test]
async fn a_group_has_one_level() {
    let world = family().await;
    let parent = |parent: &str| json!({ "parent_ref": parent });
    let at_fault = (422, vec!["parent_ref".to_owned()]);
    world.has([draft("C", "I9").build()]).await;
    let before = world.table.items().await;
    for (id, named) in [("A", "A"), ("C", "A"), ("TOP", "A"), ("TOP", "C"), ("C", "NOBODY")] {
        assert_eq!(refused(&world, id, parent(named)).await, at_fault, "{id} below {named}");
    }
    assert_eq!(world.table.items().await, before, "what is refused leaves nothing, not even a parent");
    let again = patch(&world, "A", parent("TOP")).await;
    assert_eq!(again["changed"], json!([]));
}

/// Covers: of two changes that are each right alone one would have made a parent a child of another.
#[tokio::test]
async fn two_changes_at_once_cannot_make_a_second_level() {
    for _ in 0..3 {
        let world = World::start().await;
        for id in ["A", "B", "C"] {
            put(&world, id, json!({})).await;
        }
        let call =
            |id, parent| ask(&world, "PATCH /v1/debtors/{id}", id, None, json!({}), json!({ "parent_ref": parent }));
        let (one, other, third) = tokio::join!(call("A", "B"), call("B", "C"), call("C", "A"));
        for (status, answer) in [one, other, third] {
            assert!([200, 422, 503].contains(&status), "{answer}");
        }
        world.pump().await;
        for child in world.all_debtors().await {
            if let Membership::Of(parent) = &child.membership {
                assert_eq!(world.debtor(parent.as_str()).await.membership, Membership::Leads, "{child:?}");
            }
        }
        world.assert_grouped().await;
    }
}

#[tokio::test]
async fn the_limit_of_a_group_is_told_of_once_each_way_however_the_stream_delivers() {
    let world = family().await;
    let mut records = Vec::new();
    patch(&world, "TOP", json!({ "credit_limits": { "EUR": "250.00" } })).await;
    // The commits, what the projector writes of their sums, what it tells of these; each delivered again, and in parts.
    for _ in 0..4 {
        let new = world.table.new_heads();
        for batch in [&new[..new.len().min(1)], &new[..], &new[new.len().min(1)..]] {
            world.projector.handle(stream_event(batch)).await.unwrap();
        }
        records.extend(new);
    }
    world.post_payments(pay("P1", "A", "80.00")).await;
    for _ in 0..4 {
        let new = world.table.new_heads();
        world.projector.handle(stream_event(&new)).await.unwrap();
        records.extend(new);
    }
    let mut told = world.outside.take_bus();
    told.retain(|(kind, _)| kind.starts_with("credit_limit."));
    told.dedup();
    let told: Vec<(&str, &Value)> = told.iter().map(|(kind, one)| (kind.as_str(), &one["amount"])).collect();
    assert_eq!(told, [("credit_limit.exceeded", &json!("300.00")), ("credit_limit.restored", &json!("220.00"))]);
    world.projector.handle(stream_event(&records)).await.unwrap();
    assert!(world.table.new_heads().is_empty(), "what is old writes nothing");
    world.assert_grouped().await;
    let page = ask(&world, "GET /v1/debtors/{id}", "B", None, json!({}), json!({})).await.1;
    let limit = json!({ "of": "group", "currency": "EUR", "limit": "250.00", "exposure": "220.00", "exceeded": false });
    assert_eq!(page["credit"]["limits"], json!([limit]));
}

#[tokio::test]
async fn a_limit_is_told_of_when_money_or_the_limit_moves() {
    let world = family().await;
    let story = [
        ("limit", "250.00", Some(("exceeded", "300.00"))),
        ("pay", "40.00", None),
        ("pay", "20.00", Some(("restored", "240.00"))),
        ("limit", "239.99", Some(("exceeded", "240.00"))),
        ("limit", "240.00", Some(("restored", "240.00"))),
        ("leave", "", None),
        ("limit", "0.00", Some(("exceeded", "140.00"))),
        ("lift", "", Some(("restored", "140.00"))),
    ];
    for (n, (what, amount, told)) in story.into_iter().enumerate() {
        match what {
            "limit" => drop(patch(&world, "TOP", json!({ "credit_limits": { "EUR": amount } })).await),
            "lift" => drop(patch(&world, "TOP", json!({ "credit_limits": null })).await),
            "leave" => drop(patch(&world, "B", json!({ "parent_ref": null })).await),
            _ => drop(world.post_payments(pay(&format!("P{n}"), "A", amount)).await),
        }
        world.pump().await;
        world.assert_grouped().await;
        let found = std::mem::take(&mut *world.told.lock().unwrap());
        world.told.lock().unwrap().extend(found.into_iter().filter(|(kind, _)| kind.starts_with("credit_limit.")));
        let expected: Vec<_> = told
            .into_iter()
            .map(|(kind, amount)| {
                (format!("credit_limit.{kind}"), "TOP".to_owned(), amount.to_owned(), "group".to_owned())
            })
            .collect();
        assert_eq!(world.told_of_limits(), expected, "{n}: {what} {amount}");
        world.told.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn a_debtors_own_limit_is_told_of_in_the_commit_that_exceeds_it() {
    let world = World::start().await;
    put(&world, "C1", json!({ "credit_limits": { "EUR": "150.00" } })).await;
    world.has([draft("C1", "I1").build(), draft("C1", "I2").build()]).await;
    world.post_payments(pay("P1", "C1", "60.00")).await;
    world.pump().await;
    let event = |kind: &str, amount: &str| {
        (format!("credit_limit.{kind}"), "C1".to_owned(), amount.to_owned(), "debtor".to_owned())
    };
    assert_eq!(world.told_of_limits(), [event("exceeded", "200.00"), event("restored", "140.00")]);
    let page = ask(&world, "GET /v1/debtors/{id}", "C1", None, json!({}), json!({})).await.1;
    let limit =
        json!({ "of": "debtor", "currency": "EUR", "limit": "150.00", "exposure": "140.00", "exceeded": false });
    assert_eq!(page["credit"]["limits"], json!([limit]));
}

/// Covers: the projector counted a group's sums outside the transaction that moves the debtor's cursor.
#[tokio::test]
async fn a_group_is_counted_once_under_redelivery_and_bisect() {
    let world = family().await;
    for n in 0..6 {
        let child = ["A", "B"][n % 2];
        world.post_payments(pay(&format!("P{n}"), child, "7.00")).await;
        let parent = if n % 3 == 0 { Value::Null } else { json!("TOP") };
        patch(&world, child, json!({ "parent_ref": parent })).await;
    }
    let heads = world.table.new_heads();
    let half = heads.len() / 2;
    *world.outside.bus_failures.lock().unwrap() = 1;
    assert!(world.projector.handle(stream_event(&heads[..half])).await.is_err());
    for batch in
        [&heads[..half / 2], &heads[half / 2..half], &heads[..half], &heads[half / 3..], &heads[..], &heads[half..]]
    {
        world.projector.handle(stream_event(batch)).await.unwrap();
    }
    world.pump().await;
    world.assert_counted().await;
    world.assert_grouped().await;
}
