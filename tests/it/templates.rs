//! A tenant's own templates, from saving them to the message that a debtor reads. `I1` of `C1` is late on 3 March 2026.

use dunlin_audit::Actor;
use dunlin_aws::store::Author;
use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::Channel;
use dunlin_domain::reach::Address;
use dunlin_domain::template::{Form, Language, Letter, TemplateKey, Texts};
use dunlin_testkit::build::{draft, tenant};
use serde_json::{Value, json};

use crate::world::{World, call_to, text};

const SAVED: &str = "2026-03-02T08:00:00Z";
const MORNING: &str = "2026-03-03T08:00:00Z";

async fn world() -> World {
    let world = World::start().await;
    world.set_clock(SAVED);
    world
}

fn owing(name: &str) -> dunlin_domain::intake::InvoiceDraft {
    let mut owing = draft("C1", "I1").issued("2026-03-01").build();
    owing.profile.name = Some(name.to_owned());
    owing
}

async fn call(world: &World, route: &str, name: &str, query: Value, body: &Value) -> (i64, Value) {
    world.call_api(call_to(route, Some("demo"), &json!({ "name": name }), &query, &body.to_string())).await
}

pub(crate) fn mail(words: &str) -> Value {
    json!({
        "channel": "email", "language": "en", "subject": "{{ creditor }} and {{ lines[0].number }}",
        "text": format!("{words}, {{{{ debtor }}}}: {{{{ currency }}}} {{{{ amount_due }}}}. Unsubscribe: {{{{ opt_out_url }}}}"),
        "html": format!("<p>{words}, {{{{ debtor }}}}: <a href=\"{{{{ opt_out_url }}}}\">Unsubscribe</a></p>"),
    })
}

pub(crate) async fn save(world: &World, name: &str, body: &Value) -> (i64, Value) {
    call(world, "PUT /v1/templates/{name}", name, json!({}), body).await
}

#[tokio::test]
async fn a_tenants_own_template_is_used_and_what_was_sent_can_be_written_again() {
    let world = world().await;
    let (status, saved) = save(&world, "early", &mail("Hello")).await;
    assert_eq!((status, &saved["version"], &saved["saved_at"]), (201, &json!("1"), &json!(SAVED)), "{saved}");
    world.has([owing("Sue <b>O'Neill</b>")]).await;
    world.hour(MORNING).await;
    let sent = world.mails().pop().unwrap();
    assert_eq!(sent.subject, "demo Ltd and I1");
    assert!(sent.text.starts_with("Hello, Sue <b>O'Neill</b>: EUR 100.00."), "{}", sent.text);
    assert!(sent.html.starts_with("<p>Hello, Sue &lt;b&gt;"), "{}", sent.html);

    let record = world.past("C1", "MESSAGE").await.remove(0);
    assert_eq!(text(&record, "template"), "early/email/en@1");
    // Another version, and another name, change nothing of what was said.
    save(&world, "early", &mail("Goodbye")).await;
    world.set_clock("2026-03-04T00:00:00Z");
    world.has([owing("Somebody Else")]).await;
    let (path, query) = (
        json!({ "id": "C1", "message": text(&record, "message_id") }),
        json!({ "planned_at": text(&record, "planned_at") }),
    );
    let route = "GET /v1/debtors/{id}/messages/{message}";
    let (status, again) = world.call_api(call_to(route, Some("demo"), &path, &query, "")).await;
    assert_eq!((status, &again["as_it_left"], &again["status"]), (200, &json!(true), &json!("sent")), "{again}");
    let said = json!({ "subject": sent.subject, "text": sent.text, "html": sent.html });
    assert_eq!(json!({ "subject": again["subject"], "text": again["text"], "html": again["html"] }), said);
}

#[tokio::test]
async fn a_steps_own_template_comes_before_its_stages_and_the_countrys_language_before_the_plain_one() {
    let world = world().await;
    save(&world, "early", &mail("By stage")).await;
    save(&world, "reminder-1", &mail("By step")).await;
    let mut british = mail("In British");
    british["language"] = json!("en-GB");
    save(&world, "early", &british).await;
    let mut from_london = draft("C2", "I2").issued("2026-03-01").build();
    from_london.profile.language = Some("en-gb".to_owned());
    let mut from_berlin = draft("C3", "I3").issued("2026-03-01").build();
    from_berlin.profile.language = Some("de-DE".to_owned());
    world.has([owing("Jo"), from_london, from_berlin]).await;
    world.hour(MORNING).await;
    let of = |to: &str| world.mails().into_iter().find(|mail| mail.to.starts_with(to)).unwrap().text;
    assert!(of("c1").starts_with("By step"), "{}", of("c1"));
    assert!(of("c2").starts_with("In British"), "{}", of("c2"));
    assert!(of("c3").starts_with("By step"), "there is none in German: {}", of("c3"));
}

#[tokio::test]
async fn what_was_planned_under_a_version_is_sent_under_it() {
    let world = world().await;
    save(&world, "early", &mail("First")).await;
    world.has([owing("Jo")]).await;
    world.scan_at(MORNING).await;
    world.project().await;
    world.set_clock("2026-03-03T08:00:30Z");
    assert_eq!(save(&world, "early", &mail("Second")).await.1["version"], "2");
    world.deliver(&world.take_queue()).await;
    assert!(world.mails()[0].text.starts_with("First"), "{}", world.mails()[0].text);
    world.hour("2026-03-09T08:00:00Z").await;
    assert!(world.mails()[1].text.starts_with("Second"), "{}", world.mails()[1].text);
}

#[tokio::test]
async fn versions_count_up_and_stay() {
    let world = world().await;
    assert_eq!(save(&world, "late", &mail("One")).await.0, 201);
    assert_eq!(
        save(&world, "late", &mail("One")).await,
        (
            200,
            json!({
                "name": "late", "channel": "email", "language": "en", "version": "1", "saved_at": null,
            })
        ),
        "the same again changes nothing"
    );
    assert_eq!(save(&world, "late", &mail("Two")).await.1["version"], "2");
    let get = "GET /v1/templates/{name}";
    let (_, shown) = call(&world, get, "late", json!({}), &json!({})).await;
    assert_eq!(shown["versions"].as_array().unwrap().len(), 2, "{shown}");
    let in_use: Vec<(&str, &str)> = shown["in_use"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["channel"].as_str().unwrap(), one["version"].as_str().unwrap()))
        .collect();
    assert_eq!(in_use, [("email", "2"), ("sms", "dunlin-1"), ("letter", "dunlin-1")]);
    let first = json!({ "channel": "email", "language": "en", "version": "1" });
    assert!(call(&world, get, "late", first, &json!({})).await.1["text"].as_str().unwrap().starts_with("One"));
    for (name, query, status) in [
        ("late", json!({ "channel": "email", "language": "en", "version": "9" }), 404),
        ("late", json!({ "version": "1" }), 400),
        ("spring-sale", json!({}), 404),
    ] {
        assert_eq!(call(&world, get, name, query, &json!({})).await.0, status, "{name}");
    }
    let (_, all) = world.call_api(call_to("GET /v1/templates", Some("demo"), &json!({}), &json!({}), "")).await;
    assert_eq!(all["templates"].as_array().unwrap().len(), 17, "{all}");
    assert!(all["variables"]["amount_due"].is_string() && all["blocks"][0] == "opt_out_line");
}

#[tokio::test]
async fn a_bad_template_is_refused_with_its_field_and_nothing_is_saved() {
    let world = world().await;
    for (field, value, status, named, rule) in [
        ("text", json!("{{ debtr }}"), 422, "text", Value::Null),
        ("subject", json!("Pay {{ amount_due }}"), 422, "subject", Value::Null),
        ("html", json!("{{ debtor|safe }}"), 422, "html", Value::Null),
        ("text", json!("Pay or go to prison"), 422, "text", json!("US.FDCPA.THREAT")),
        ("text", json!("You owe EUR 7.77"), 422, "text", json!("US.REGF.AMT")),
        ("language", json!("de"), 422, "language", Value::Null),
        ("language", json!("German"), 400, "language", Value::Null),
        ("channel", json!("fax"), 400, "channel", Value::Null),
        ("html", Value::Null, 400, "html", Value::Null),
        ("colour", json!("red"), 400, "colour", Value::Null),
    ] {
        let mut body = mail("Hello");
        body[field] = value;
        let (told, problem) = save(&world, "early", &body).await;
        assert_eq!((told, &problem["errors"][0]["field"]), (status, &json!(named)), "{problem}");
        assert_eq!(problem["errors"][0]["rule"], rule, "{problem}");
    }
    assert_eq!(save(&world, "call-21", &mail("Hello")).await.1["errors"][0]["field"], "name");
    let (_, all) = world.call_api(call_to("GET /v1/templates", Some("demo"), &json!({}), &json!({}), "")).await;
    assert_eq!(all["templates"].as_array().unwrap().len(), 15, "{all}");
}

#[tokio::test]
async fn a_preview_shows_every_situation_or_a_debtors_own_and_sends_nothing() {
    let world = world().await;
    world.has([owing("Jo Miller")]).await;
    let preview = "POST /v1/templates/{name}/preview";
    let (_, made_up) = call(&world, preview, "mid", json!({}), &json!({ "channel": "sms", "language": "en" })).await;
    let situations = made_up["situations"].as_array().unwrap();
    assert!(situations.len() > 3 && situations.iter().all(|one| one["segments"].is_number()), "{made_up}");
    let mut body = mail("Draft");
    body["debtor_ref"] = json!("C1");
    let (_, own) = call(&world, preview, "mid", json!({}), &body).await;
    assert!(own["situations"][0]["text"].as_str().unwrap().starts_with("Draft, Jo Miller: EUR 100.00"), "{own}");
    body["text"] = json!("You will be arrested");
    let (_, bad) = call(&world, preview, "mid", json!({}), &body).await;
    assert_eq!(bad["situations"][0]["findings"][0]["rule"], "US.FDCPA.THREAT", "{bad}");
    body["debtor_ref"] = json!("C9");
    let (status, problem) = call(&world, preview, "mid", json!({}), &body).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("debtor_ref")));
    assert_eq!(world.mails().len(), 0);
}

/// The template was saved while nothing was demanded; since then the tenant collects for others.
#[tokio::test]
async fn a_message_without_a_demanded_block_is_withheld_with_a_task_and_not_tried_again() {
    let world = world().await;
    let key = TemplateKey {
        name: dunlin_domain::ids::TemplateName::parse("early").unwrap(),
        form: Form::Email,
        language: Language::english(),
    };
    let letter = Letter { subject: "News".into(), text: "Please pay.".into(), html: "<p>Please pay.</p>".into() };
    let by = Author { actor: Actor::system("tests"), at: world.now() };
    world.table.store().save_template(&tenant("demo"), &key, 1, &Texts::Email(letter), &by).await.unwrap();
    world.table.add_tenant("demo", &[("role", "third_party")]).await;
    world.has([owing("Jo Miller")]).await;
    world.hour(MORNING).await;
    world.hour("2026-03-03T09:00:00Z").await;
    assert_eq!(world.mails().len(), 0);
    assert_eq!(world.messages("C1").await, [("reminder-1".into(), "withheld".into())], "once");
    let reasons = world.past("C1", "MESSAGE").await[0]["reasons"].to_string();
    for says in ["message_refused", "early/email/en@1", "US.REGF.MIRANDA", "mini_miranda_initial", "US.REGF.EOPT"] {
        assert!(reasons.contains(says), "{says}: {reasons}");
    }
    let tasks = world.past("C1", "TASK").await;
    assert_eq!(tasks.iter().map(|task| text(task, "kind")).collect::<Vec<_>>(), ["mend_message"]);
    assert_eq!(world.debtor("C1").await.contacts, [], "nothing was sent, so no contact counts");
}

#[tokio::test]
async fn an_agency_says_who_it_is_by_itself() {
    let world = world().await;
    let settings = [("role", "third_party"), ("address", "1 High Street"), ("privacy_url", "https://demo.example/p")];
    world.table.add_tenant("demo", &settings).await;
    let mut owing = owing("Jo Miller");
    (owing.profile.country, owing.profile.region) = (Some("US".to_owned()), Some("OH".to_owned()));
    owing.profile.zone = Zone::parse("America/New_York").ok();
    world.has([owing]).await;
    // Else nobody knows that the debtor reads this mailbox alone (12 CFR 1006.6(d)(4)).
    let mailbox = Address::parse(Channel::Email, "c1@customers.example").unwrap().id();
    let consent = json!({ "id": "C1", "address": mailbox.as_str(), "consent": "messages" });
    let route = "PUT /v1/debtors/{id}/addresses/{address}/consents/{consent}";
    let answer =
        world.call_api(call_to(route, Some("demo"), &consent, &json!({}), r#"{"given_to": "collector"}"#)).await;
    assert_eq!(answer.0, 200, "{}", answer.1);
    world.hour("2026-03-03T15:00:00Z").await;
    let sent = world.mails().pop().unwrap();
    assert!(sent.text.contains("demo Ltd is a debt collector. We are trying to collect a debt"), "{}", sent.text);
    assert!(sent.html.contains("any information obtained will be used for that purpose"), "{}", sent.html);
}
