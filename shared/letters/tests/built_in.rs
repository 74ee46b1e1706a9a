//! What debtors read, word for word, where a tenant has no templates of its own.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::Channel;
use dunlin_domain::ids::InvoiceNumber;
use dunlin_domain::policy::{Policies, Stage, Subject};
use dunlin_domain::template::shelf::occasions;
use dunlin_domain::template::{Form, Letter, Sender, TemplateKey, Texts};
use dunlin_letters::built_in::{VERSION, built_in};
use dunlin_letters::check::channel;
use dunlin_letters::sample::samples;
use dunlin_letters::{Composed, Writer, again, check, compose};

fn sender(role: CollectorRole) -> Sender<'static> {
    Sender {
        name: "Söhne & Töchter <GmbH>",
        creditor: (role == CollectorRole::ThirdParty).then_some("Northwind Traders"),
        role,
        address: None,
        privacy_url: None,
        pay_url: Some("https://pay.example/1"),
        opt_out_url: "https://api.example/unsubscribe/token",
        components: dunlin_domain::allocation::ComponentOrder::default(),
        language: None,
    }
}

fn shown(texts: &Texts) -> String {
    match texts {
        Texts::Email(Letter { subject, text, .. }) => format!("{subject}\n\n{text}"),
        Texts::Sms(text) | Texts::Paper(text) => text.clone(),
    }
}

fn said(key: &TemplateKey, sample: usize, role: CollectorRole) -> (String, Composed) {
    let occasion = occasions(&key.name, &Policies::built_in().unwrap())[0];
    let sample = samples(occasion, role, channel(key.form)).unwrap().swap_remove(sample);
    let sender = sender(role);
    let sender = Sender { address: Some("1 High Street, Leeds"), privacy_url: Some("https://example.com/p"), ..sender };
    let writer = Writer { debtor: &sample.debtor, sender: &sender, now: sample.now };
    let composed = compose(&built_in()[key], &key.language, &sample.plan, writer).unwrap();
    let repeated = again(&built_in()[key], &key.language, &sample.plan, &composed.facts).unwrap();
    assert_eq!(repeated, composed.texts, "its facts are enough to write it again");
    (sample.name, composed)
}

#[test]
fn every_template_says_what_its_stage_wants() {
    for (key, _) in built_in().iter().filter(|(key, _)| key.form != Form::Letter) {
        let all: Vec<String> = [0, 1, 2, 3]
            .map(|sample| {
                let (name, composed) = said(key, sample, CollectorRole::FirstParty);
                format!("=== {name}\n{}", shown(&composed.texts))
            })
            .into();
        insta::assert_snapshot!(format!("{}_{}", key.name, key.form.as_str()), all.join("\n"));
    }
}

#[test]
fn a_letter_and_a_page_say_the_same() {
    let of = |name: &str, form| built_in().keys().find(|key| key.name.as_str() == name && key.form == form).unwrap();
    insta::assert_snapshot!(
        "late_letter",
        shown(&said(of("late", Form::Letter), 1, CollectorRole::FirstParty).1.texts)
    );
    let Texts::Email(letter) = said(of("mid", Form::Email), 3, CollectorRole::FirstParty).1.texts else { panic!() };
    insta::assert_snapshot!("mid_page", letter.html);
}

#[test]
fn an_agency_says_who_it_is_and_what_the_law_wants() {
    let of = |form| built_in().keys().find(|key| key.name.as_str() == "early" && key.form == form).unwrap();
    for (form, sample, name) in [
        (Form::Email, 0, "agency_us_first"),
        (Form::Email, 5, "agency_us_again"),
        (Form::Email, 10, "agency_de_first"),
        (Form::Sms, 0, "agency_us_first_sms"),
    ] {
        insta::assert_snapshot!(name, shown(&said(of(form), sample, CollectorRole::ThirdParty).1.texts));
    }
}

#[test]
fn every_template_passes_for_who_collects_its_own_debts_and_for_who_collects_for_others() {
    let policies = Policies::built_in().unwrap();
    for role in [CollectorRole::FirstParty, CollectorRole::ThirdParty] {
        for (key, template) in built_in() {
            let found = check(key, template, &sender(role), &policies).unwrap();
            assert!(found.is_empty(), "{key} for {role:?}: {found:#?}");
        }
    }
}

#[test]
fn there_is_one_for_every_stage_and_for_failed_payments_in_every_form() {
    let named: Vec<String> = built_in().keys().map(ToString::to_string).collect();
    for name in Stage::ALL.map(Stage::as_str).into_iter().chain(["recovery"]) {
        for form in Form::ALL {
            assert!(named.contains(&format!("{name}/{}/en", form.as_str())), "{name}");
        }
    }
    assert_eq!(named.len(), 15);
    assert!(samples((Subject::Recovery, Stage::Late), CollectorRole::ThirdParty, Channel::Email).is_ok());
}

/// A text that was in use is evidence. Who changes one raises the version with it.
#[test]
fn a_version_is_never_changed() {
    let all: Vec<String> = built_in().iter().map(|(key, texts)| format!("{key} {}", texts.digest())).collect();
    insta::assert_snapshot!(format!("version_{VERSION}"), all.join("\n"));
}

/// What a debtor or an invoice is called says nothing about what the sender says.
#[test]
fn no_name_and_no_number_makes_a_message_unlawful() {
    let occasion = (Subject::Debt, Stage::Late);
    for name in
        ["Sue Prison", "County Court Café", "A", "1", "Will Garnish & Sons", "31 March 2030", "EUR 5.00", "{{ x }}"]
    {
        for number in
            ["17", "100", "1", "2026", "31", "2030-01-01", "EUR 5.00", "5 EUR", "<b>", "jail/7", "12 March 2030"]
        {
            for (key, template) in built_in().iter().filter(|(key, _)| key.name.as_str() == "late") {
                for role in [CollectorRole::FirstParty, CollectorRole::ThirdParty] {
                    let mut sample = samples(occasion, role, channel(key.form)).unwrap().swap_remove(0);
                    sample.debtor.profile.name = name.to_owned();
                    sample.debtor.profile.country = Some("US".to_owned());
                    sample.plan.lines[0].invoice.number = InvoiceNumber::parse(number).unwrap();
                    let sender = sender(role);
                    let writer = Writer { debtor: &sample.debtor, sender: &sender, now: sample.now };
                    let composed = compose(template, &key.language, &sample.plan, writer);
                    assert!(composed.is_ok(), "{name}, {number}, {key}: {composed:#?}");
                }
            }
        }
    }
}
