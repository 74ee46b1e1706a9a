//! Whatever is in names and numbers: a message keeps its shape.

use dunlin_domain::collector::CollectorRole;
use dunlin_domain::message::Line;
use dunlin_domain::policy::{Policies, Subject};
use dunlin_domain::template::shelf::occasions;
use dunlin_domain::template::{Brief, Facts, Form, Language, Letter, Sender, Texts};
use dunlin_letters::again;
use dunlin_letters::built_in::built_in;
use dunlin_letters::check::channel;
use dunlin_letters::sample::samples;
use proptest::prelude::*;

fn hostile() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("</td></table><img src=x onerror=y>".to_owned()),
        Just("\" onmouseover=\"x".to_owned()),
        Just("{{ amount_due }}{% if 1 %}".to_owned()),
        Just("\r\nBcc: all@example.com\r\n".to_owned()),
        Just("\u{202e}txt.exe\u{2028}\u{0}\u{1b}[2J".to_owned()),
        Just("&lt;b&gt;".to_owned()),
        Just("x".repeat(2_000)),
        any::<String>(),
    ];
    prop::collection::vec(parts, 1..4).prop_map(|parts| parts.concat())
}

/// The tags of a page, without what stands in their quotes.
fn elements(html: &str) -> Vec<String> {
    let tags = html.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    tags.map(|(tag, _)| tag.split('"').step_by(2).collect::<String>()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_page_has_no_element_that_its_template_does_not_have(
        name in hostile(), creditor in hostile(), number in hostile(), place in 0_usize..5,
    ) {
        let policies = Policies::built_in().unwrap();
        for (key, template) in built_in().iter().filter(|(key, _)| key.form != Form::Letter) {
            let occasion = occasions(&key.name, &policies)[0];
            let sample = samples(occasion, CollectorRole::FirstParty, channel(key.form)).unwrap().swap_remove(place);
            let sender = Sender {
                name: "Demo Ltd", creditor: None, role: CollectorRole::FirstParty, address: None, privacy_url: None,
                pay_url: Some("https://pay.example/1"), opt_out_url: "https://api.example/u", language: None,
                components: dunlin_domain::allocation::ComponentOrder::default(),
            };
            let duties = dunlin_domain::duty::Duties::default();
            let on = sample.debtor.today(sample.now);
            let brief = Brief::of(&sample.plan, key.form, &sample.debtor, sender.role, &duties, on);
            let facts = Facts::gather(&sample.plan, &sample.debtor, &sender, brief.demanded, sample.now);
            let tame = again(template, &Language::english(), &sample.plan, &facts).unwrap();

            let mut plan = sample.plan.clone();
            let printable: String = number.chars().filter(|c| !c.is_control()).take(100).collect();
            for line in &mut plan.lines {
                let Line { invoice, .. } = line;
                if let Ok(parsed) = dunlin_domain::ids::InvoiceNumber::parse(printable.trim()) {
                    invoice.number = parsed;
                }
            }
            let pages = if plan.lines == sample.plan.lines { facts.pages.clone() } else {
                facts.pages.values().zip(&plan.lines).map(|(page, line)| (line.invoice.clone(), page.clone())).collect()
            };
            let charges = facts.charges.values().zip(&plan.lines).map(|(sum, line)| (line.invoice.clone(), *sum)).collect();
            let wild = Facts { debtor: name.clone(), creditor: Some(creditor.clone()), pages, charges, ..facts.clone() };
            match (again(template, &Language::english(), &plan, &wild).unwrap(), &tame) {
                (Texts::Email(wild), Texts::Email(Letter { html, .. })) => {
                    prop_assert_eq!(elements(&wild.html), elements(html));
                    prop_assert!(!wild.subject.contains(['\n', '\r', '\u{2028}', '\u{202e}']), "{}", wild.subject);
                    let whole = plan.amount_due.to_string();
                    prop_assert!(creditor.contains(&whole) || number.contains(&whole) || !wild.subject.contains(&whole));
                    prop_assert!(!wild.text.contains(['\u{202e}', '\u{0}', '\u{1b}']), "{}", wild.text);
                    prop_assert!(wild.subject.chars().count() < 400);
                }
                (Texts::Sms(text), _) => prop_assert!(!text.contains('\n')),
                (other, _) => prop_assert!(false, "{other:?}"),
            }
            prop_assert!(occasion.0 == Subject::Debt || key.name.as_str() == "recovery");
        }
    }
}
