//! Messages, and what is wrong with each, under the law and in the words that are shipped.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use std::collections::BTreeSet;

use dunlin_domain::charge::itemization::Itemization;
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::duty::Duties;
use dunlin_domain::duty::limitation::{Age, ContractKind};
use dunlin_domain::duty::lint::{Finding, Rendered, Terms, lint};
use dunlin_domain::duty::notice::Delivery;
use dunlin_domain::duty::outreach::{Block, Matter, Medium, Outreach};
use dunlin_domain::duty::steps::{Debt, PreAction, Step};
use dunlin_domain::duty::validation::{ReferenceDate, ValidationNotice};
use dunlin_domain::duty::wording::Wording;
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::obligor::Obligor;
use dunlin_packs::packs;
use jiff::civil::{Date, date};

const ON: Date = date(2026, 11, 16);
const PERIOD_END: Date = date(2026, 12, 9);

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

fn duties(place: &str) -> Duties {
    packs().unwrap().duties(place, ON)
}

fn english() -> &'static Wording {
    &packs().unwrap().wording("en-US").unwrap().wording
}

fn text_of(block: Block) -> &'static str {
    &english().blocks.get(&block).unwrap().text
}

fn letter(text: &str) -> Rendered<'_> {
    Rendered { medium: Medium::Letter, subject: None, envelope: None, text, html: None }
}

/// From an agency to a consumer.
fn outreach(medium: Medium) -> Outreach {
    Outreach {
        role: CollectorRole::ThirdParty,
        debtor: DebtorKind::Consumer,
        obligor: Obligor::NaturalPerson,
        medium,
        matter: Matter::Demand,
        first: false,
        notice_due: None,
        regulated_credit: false,
        not_informed: false,
        time_barred: false,
    }
}

fn problems(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}: {}", finding.rule, finding.part, finding.problem)).collect()
}

/// Each expected text is in the problem at its place, and there are no others.
fn assert_found(findings: &[Finding], expected: &[&str], about: &str) {
    let found = problems(findings);
    let agree = found.len() == expected.len() && found.iter().zip(expected).all(|(found, part)| found.contains(part));
    assert!(agree, "{about}: {found:#?}, not {expected:#?}");
}

fn free<'a>(demanded: &'a BTreeSet<Block>) -> Terms<'a> {
    Terms { on: ON, demanded, amounts: None, dates: None, notice: None, period_end: None, suit: &[], discreet: None }
}

#[test]
fn what_must_be_said_follows_from_who_writes_to_whom() {
    let demanded = |place: &str, outreach: &Outreach| {
        duties(place).demanded(outreach, ON).iter().map(|block| block.as_str()).collect::<Vec<_>>().join(" ")
    };
    let email = outreach(Medium::Email);
    let post = outreach(Medium::Letter);
    let voicemail = outreach(Medium::Voicemail);
    for (place, outreach, expected) in [
        ("US", email, "opt_out_line mini_miranda_subsequent"),
        ("US", Outreach { first: true, ..email }, "opt_out_line mini_miranda_initial"),
        ("US", Outreach { role: CollectorRole::FirstParty, ..email }, ""),
        ("US", Outreach { debtor: DebtorKind::Business, ..email }, ""),
        ("US-TX", Outreach { time_barred: true, ..post }, "mini_miranda_subsequent time_barred_disclosure"),
        ("US", Outreach { matter: Matter::LimitedContent, ..voicemail }, ""),
        ("US", voicemail, "mini_miranda_subsequent"),
        ("US", Outreach { matter: Matter::ValidationNotice, ..post }, "mini_miranda_subsequent validation_notice"),
        ("US", Outreach { notice_due: Some(ON), ..post }, "mini_miranda_subsequent validation_notice"),
        ("US", Outreach { notice_due: Some(date(2026, 11, 17)), ..post }, "mini_miranda_subsequent"),
        ("GB-EAW", Outreach { matter: Matter::LetterOfClaim, ..post }, "pre_action_text"),
        ("GB-EAW", Outreach { matter: Matter::LetterOfClaim, obligor: Obligor::Company, ..post }, ""),
        ("GB-SCT", Outreach { matter: Matter::LetterOfClaim, ..post }, ""),
        ("GB-EAW", Outreach { regulated_credit: true, ..post }, "private_and_confidential"),
        ("GB-EAW", Outreach { regulated_credit: true, ..email }, ""),
        ("DE", Outreach { not_informed: true, first: true, ..email }, "article_14_notice"),
        ("DE", Outreach { not_informed: true, first: true, role: CollectorRole::FirstParty, ..email }, ""),
        ("DE", Outreach { not_informed: true, ..email }, ""),
        ("XX", email, ""),
    ] {
        assert_eq!(demanded(place, &outreach), expected, "{place} {outreach:?}");
    }
}

#[test]
fn each_demanded_text_is_missed_where_it_is_not_and_found_where_it_is() {
    for (place, block) in [
        ("US", Block::OptOutLine),
        ("US", Block::MiniMirandaInitial),
        ("US", Block::MiniMirandaSubsequent),
        ("US", Block::ValidationNotice),
        ("US", Block::TimeBarredDisclosure),
        ("GB-EAW", Block::PreActionText),
        ("GB-EAW", Block::PrivateAndConfidential),
        ("DE", Block::Article14Notice),
    ] {
        let demanded = BTreeSet::from([block]);
        let lint = |message: &Rendered| lint(message, &free(&demanded), &duties(place), english());
        let text = text_of(block);
        let with = if block == Block::PrivateAndConfidential {
            Rendered { envelope: Some(text), ..letter("Dear Ms Park") }
        } else {
            letter(text)
        };
        assert_found(&lint(&with), &[], block.as_str());
        assert_found(&lint(&letter("Dear Ms Park, please call us.")), &[block.as_str()], block.as_str());
        // Whoever reads the page does not see the plain text.
        if block != Block::PrivateAndConfidential {
            let half = Rendered { html: Some("<p>Dear Ms Park</p>"), ..with };
            assert_found(&lint(&half), &["the page: it must carry"], block.as_str());
        }
    }
}

#[test]
fn threats_are_refused_and_a_suit_only_where_it_may_not_be_brought() {
    let nothing = BTreeSet::new();
    let duties = duties("US-TX");
    let age = |accrued| Age {
        accrued,
        contract: Some(ContractKind::Written),
        debtor: DebtorKind::Consumer,
        acknowledged: Vec::new(),
    };
    let debt = |accrued| Debt {
        obligor: Obligor::NaturalPerson,
        age: Some(age(accrued)),
        validation: None,
        moratoria: Vec::new(),
        petition: None,
        letter: PreAction::Unknown,
    };
    let (fresh, old) = (debt(date(2025, 1, 10)), debt(date(2021, 1, 10)));
    for (text, debt, expected) in [
        ("If you do not pay we will sue you.", &old, &["US.SOL the text: the time to sue ended on 2025-01-10"][..]),
        ("If you do not pay we will sue you.", &fresh, &[]),
        ("We will not sue you.", &old, &[]),
        ("You could be ARRESTED.", &fresh, &["US.FDCPA.THREAT the text: \"arrested\""]),
        ("Bailiffs will come, and we will tell your  employer.", &fresh, &["\"bailiffs\"", "\"tell your employer\""]),
        ("Our address is 5 Police Lane.", &fresh, &["\"police\""]),
    ] {
        let suit = duties.bars(Step::ThreatenSuit, debt, ON);
        let terms = Terms { suit: &suit, ..free(&nothing) };
        assert_found(&lint(&letter(text), &terms, &duties, english()), expected, text);
    }
}

#[test]
fn the_outside_tells_nothing_of_a_debt_where_it_must_not() {
    let nothing = BTreeSet::new();
    let duties = duties("US");
    let lint = |subject, envelope, medium, outreach: &Outreach| {
        let message = Rendered { medium, subject: Some(subject), envelope: Some(envelope), ..letter("Dear Ms Park") };
        let terms = Terms { discreet: duties.discreet(outreach), ..free(&nothing) };
        lint(&message, &terms, &duties, english())
    };
    let agency = outreach(Medium::Email);
    let creditor = Outreach { role: CollectorRole::FirstParty, ..agency };
    let leaks = ["US.REGF.22F the subject: \"overdue\"", "the envelope: \"debt\""];
    assert_found(&lint("Your overdue account", "DEBT recovery", Medium::Email, &agency), &leaks, "agency");
    assert_found(&lint("Your overdue account", "DEBT recovery", Medium::Email, &creditor), &[], "creditor");
    assert_found(&lint("A message for you", "", Medium::Email, &agency), &[], "discreet");
    assert_found(
        &lint("A message for you", "", Medium::Postcard, &agency),
        &["US.REGF.22F the way it is sent"],
        "card",
    );
    assert_found(&lint("Pay or go to jail", "", Medium::Email, &creditor), &["the subject: \"jail\""], "threat");
}

#[test]
fn only_the_sums_and_dates_of_the_debt_are_named() {
    let nothing = BTreeSet::new();
    let duties = duties("US");
    let amounts = [usd("1234.50"), usd("200")];
    let dates = [date(2026, 3, 31), date(2026, 12, 9)];
    let terms = Terms { amounts: Some(&amounts), dates: Some(&dates), ..free(&nothing) };
    for (text, expected) in [
        ("You owe $1,234.50, due on March 31, 2026; you paid $200.", &[][..]),
        ("You owe USD 1234.50 since 2026-03-31, or 03/31/2026, or 31st March 2026.", &[]),
        ("INV-1, due 31 March 2026: $1,234.50; 31 March 2026: USD 200; 31 March 2026: $300.", &["$ 300"]),
        ("You owe $1,234.05.", &["US.REGF.AMT the text: \"$ 1,234.05\" is not an amount"]),
        ("You owe 1.234,50 €.", &["\"€ 1.234,50\""]),
        ("You owe EUR 1234.50 and GBP 200.", &["EUR 1234.50", "GBP 200"]),
        ("You owe $1,234.50, due on April 1, 2026.", &["2026-04-01 is not a date"]),
        ("Invoice 2026/17, 3 of 5 pages, call 555-0100.", &[]),
    ] {
        assert_found(&lint(&letter(text), &terms, &duties, english()), expected, text);
    }
    let page = Rendered { html: Some("<p>You owe <b>&#36;999</b></p>"), ..letter("You owe $200") };
    assert_found(&lint(&page, &terms, &duties, english()), &["the page: \"$ 999\""], "page");
    let subject = Rendered { subject: Some("Your $5 invoice"), ..letter("You owe $200") };
    assert_found(&lint(&subject, &terms, &duties, english()), &["the subject: \"$ 5\""], "subject");
}

#[test]
fn no_payment_is_asked_for_before_the_time_to_dispute_is_over() {
    let nothing = BTreeSet::new();
    let duties = duties("US");
    for (text, expected) in [
        ("Pay within 10 days.", &["US.REGF.DISPUTE the text: payment is asked for by 2026-11-26"][..]),
        ("Please send your payment by November 30, 2026.", &["by 2026-11-30"]),
        ("Please pay immediately.", &["by 2026-11-16"]),
        ("Pay in 2 weeks.", &["by 2026-11-30"]),
        ("Pay within the next ten days.", &["by 2026-11-26"]),
        ("Pay within 72 hours.", &["by 2026-11-19"]),
        ("Payment is due by 1st December.", &["by 2026-12-01"]),
        ("Pay before Friday.", &["by 2026-11-20"]),
        ("We must receive payment by January 5.", &[]),
        ("Pay within 99999999999 days.", &[]),
        ("Payment must reach us no later than 2026-12-09.", &[]),
        ("Pay within 30 days.", &[]),
        ("You may dispute the debt by December 1, 2026.", &[]),
        ("We wrote to you within 5 days of our call.", &[]),
    ] {
        let terms = Terms { period_end: Some(PERIOD_END), ..free(&nothing) };
        assert_found(&lint(&letter(text), &terms, &duties, english()), expected, text);
        let over = Terms { on: date(2026, 12, 10), ..terms };
        assert_found(&lint(&letter(text), &over, &duties, english()), &[], text);
    }
}

#[test]
fn a_validation_notice_names_what_was_worked_out() {
    let duties = duties("US");
    let law = duties.validation.as_ref().unwrap();
    let notice = ValidationNotice {
        collector: "Northgate Recovery, 1 Main St, Springfield".to_owned(),
        consumer: "Jo Park, 2 Elm St, Springfield".to_owned(),
        creditor_then: "Acme Bank".to_owned(),
        creditor_now: "Elm Capital".to_owned(),
        account: "...1234".to_owned(),
        reference: ReferenceDate::LastStatement(date(2026, 1, 31)),
        itemization: Itemization {
            amount: usd("1000"),
            interest: usd("45.50"),
            fees: usd("25"),
            payments: usd("200"),
            credits: usd("0"),
        },
        current: usd("870.50"),
        period_end: law.period_end(date(2026, 11, 2)),
        electronic_dispute: None,
    };
    assert_eq!(notice.bars(law, date(2026, 11, 2), Delivery::Paper), []);
    let bars = |notice: ValidationNotice, delivery| {
        let bars = notice.bars(law, date(2026, 11, 2), delivery);
        bars.iter().map(|bar| bar.because.to_string()).collect::<Vec<_>>().join("; ")
    };
    let wrong = ValidationNotice {
        account: " ".to_owned(),
        current: usd("870.51"),
        period_end: date(2026, 12, 8),
        ..notice.clone()
    };
    let wrong = bars(wrong, Delivery::Electronic);
    for part in ["number of the account", "dispute electronically", "2026-12-09 at the earliest", "870.50"] {
        assert!(wrong.contains(part), "{wrong}");
    }

    let text = |current: &str| {
        format!(
            "Northgate Recovery, 1 Main St, Springfield to Jo Park, 2 Elm St, Springfield. You owe Elm Capital, once Acme \
             Bank, account ...1234. As of January 31, 2026: $1,000.00, interest $45.50, fees $25.00, paid $200.00, \
             credited $0.00. Now: {current}. Dispute by December 9, 2026."
        )
    };
    let nothing = BTreeSet::new();
    let terms = Terms { notice: Some(&notice), ..free(&nothing) };
    assert_found(&lint(&letter(&text("$870.50")), &terms, &duties, english()), &[], "complete");
    let without = text("$807.50").replace("Acme", "Acne");
    let expected = ["\"Acme Bank\"", "870.50"];
    assert_found(&lint(&letter(&without), &terms, &duties, english()), &expected, "wrong");
}
