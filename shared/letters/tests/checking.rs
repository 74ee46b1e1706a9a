//! What a template may not be, and where it is told.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use dunlin_domain::collector::CollectorRole;
use dunlin_domain::ids::TemplateName;
use dunlin_domain::policy::Policies;
use dunlin_domain::template::{Form, Language, Letter, Sender, TemplateKey, Texts};
use dunlin_letters::check;

const SENDER: Sender<'static> = Sender {
    name: "Demo Ltd",
    creditor: None,
    role: CollectorRole::FirstParty,
    address: None,
    privacy_url: None,
    pay_url: None,
    opt_out_url: "https://api.example/unsubscribe/token",
    components: dunlin_domain::allocation::ComponentOrder::CostsInterestPrincipal,
    language: None,
};

fn key(name: &str, form: Form, language: &str) -> TemplateKey {
    TemplateKey { name: TemplateName::parse(name).unwrap(), form, language: Language::parse(language).unwrap() }
}

fn found(key: &TemplateKey, texts: &Texts, role: CollectorRole) -> Vec<(&'static str, Option<String>, String)> {
    let sender = Sender { role, creditor: Some("Northwind").filter(|_| role == CollectorRole::ThirdParty), ..SENDER };
    let found = check(key, texts, &sender, &Policies::built_in().unwrap()).unwrap();
    let one = |found: &dunlin_letters::check::Finding| {
        (found.fault.field(), found.fault.rule().map(str::to_owned), found.fault.to_string())
    };
    found.iter().map(one).collect()
}

fn mail(subject: &str, text: &str, html: &str) -> Texts {
    Texts::Email(Letter { subject: subject.to_owned(), text: text.to_owned(), html: html.to_owned() })
}

const SUBJECT: &str = "Invoice {{ lines[0].number }}";
const TEXT: &str = "Dear {{ debtor }}, please pay {{ currency }} {{ amount_due }}. Unsubscribe: {{ opt_out_url }}";
const PAGE: &str = "<p>Please pay {{ currency }} {{ amount_due }}. <a href=\"{{ opt_out_url }}\">Unsubscribe</a></p>";

#[test]
fn a_plain_template_may_be_saved_for_a_stage_a_step_and_failed_payments() {
    for name in ["early", "late", "reminder-7", "recovery", "payment-failed-10", "upcoming", "courtesy"] {
        assert_eq!(found(&key(name, Form::Email, "en-GB"), &mail(SUBJECT, TEXT, PAGE), CollectorRole::FirstParty), []);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_field_and_what_to_do() {
    let early = key("early", Form::Email, "en");
    for (texts, field, rule, says) in [
        (mail("{{ amount_due }}", TEXT, PAGE), "subject", None, "there is no variable \"amount_due\""),
        (mail("{{ lines[0].balance }}", TEXT, PAGE), "subject", None, "line 1"),
        (mail("{% if credit %}x{% endif %}", TEXT, PAGE), "subject", None, "\"credit\""),
        (mail(" ", TEXT, PAGE), "subject", None, "empty"),
        (mail(SUBJECT, "Hello\n{{ debtr }}", PAGE), "text", None, "line 2: there is no variable \"debtr\""),
        (mail(SUBJECT, "{% if false %}{{ debtr }}{% endif %}x", PAGE), "text", None, "debtr"),
        (mail(SUBJECT, "{{ blocks.opt_in }}", PAGE), "text", None, "blocks.opt_in"),
        (mail(SUBJECT, "{% if false %}{{ debtor|tojson }}{% endif %}x", PAGE), "text", None, "no filter \"tojson\""),
        (mail(SUBJECT, "{{ debtor", PAGE), "text", None, "line 1"),
        (mail(SUBJECT, "{% for line in lines %}{{ line.nr }}{% endfor %}", PAGE), "text", None, "undefined"),
        (mail(SUBJECT, TEXT, "{{ debtor|safe }}"), "html", None, "no filter \"safe\""),
        (mail(SUBJECT, TEXT, "{% autoescape false %}{{ debtor }}{% endautoescape %}"), "html", None, "autoescape"),
        (mail(SUBJECT, TEXT, "<SCRIPT>alert(1)</SCRIPT>"), "html", None, "<script"),
        (mail(SUBJECT, "Pay EUR 5.00 more", PAGE), "text", Some("US.REGF.AMT"), "not an amount of this debt"),
        (mail(SUBJECT, "Pay by 1 April 2030", PAGE), "text", Some("US.REGF.AMT"), "not a date of this debt"),
        (mail(SUBJECT, "Pay, or you will be arrested", PAGE), "text", Some("US.FDCPA.THREAT"), "leave it out"),
        (mail(SUBJECT, TEXT, "<p>We will garnish your wages</p>"), "html", Some("US.FDCPA.THREAT"), "garnish"),
    ] {
        let told = found(&early, &texts, CollectorRole::FirstParty);
        let is = |(at, of, what): &(&str, Option<String>, String)| {
            *at == field && of.as_deref() == rule && what.contains(says)
        };
        assert!(told.iter().any(is), "{texts:?}: {told:#?}");
    }
}

#[test]
fn a_template_is_for_something_and_in_a_language_that_can_be_read() {
    let texts = mail(SUBJECT, TEXT, PAGE);
    let told = |name, language| found(&key(name, Form::Email, language), &texts, CollectorRole::FirstParty);
    assert_eq!(told("call-21", "en").first().map(|it| it.0), Some("name"), "a task writes nothing");
    assert_eq!(told("spring-sale", "en").first().map(|it| it.0), Some("name"));
    assert_eq!(told("early", "de").iter().map(|it| it.0).collect::<Vec<_>>(), ["language"]);
}

#[test]
fn an_agencys_template_has_to_carry_what_the_law_demands() {
    let early = key("early", Form::Email, "en");
    let told = found(&early, &mail(SUBJECT, "Please pay.", "<p>Please pay.</p>"), CollectorRole::ThirdParty);
    for (field, rule) in
        [("text", "US.REGF.MIRANDA"), ("html", "US.REGF.MIRANDA"), ("text", "US.REGF.EOPT"), ("text", "EU.GDPR")]
    {
        assert!(told.iter().any(|it| it.0 == field && it.1.as_deref() == Some(rule)), "{field} {rule}: {told:#?}");
    }
    let subject = mail("Your overdue account", TEXT, PAGE);
    let told = found(&early, &subject, CollectorRole::ThirdParty);
    assert!(told.iter().any(|it| it.0 == "subject" && it.1.as_deref() == Some("US.REGF.22F")), "{told:#?}");
    assert_eq!(found(&early, &subject, CollectorRole::FirstParty), [], "a creditor may name what is owed to it");
}

#[test]
fn a_text_message_stays_within_its_segments() {
    let early = key("early", Form::Sms, "en");
    let told = |text: &str| found(&early, &Texts::Sms(text.to_owned()), CollectorRole::FirstParty);
    assert_eq!(told("{{ creditor }}: please pay {{ currency }} {{ amount_due }}."), []);
    let long = told(&format!("{} {{{{ creditor }}}}", "Please pay. ".repeat(60)));
    assert!(long[0].2.contains("segments") && long[0].0 == "text", "{long:#?}");
}
