//! Decisions in plain words: one for each rule, and for each thing that may be done.

use std::collections::BTreeSet;

use dunlin_domain::contact::Channel;
use dunlin_domain::ids::{AccountKey, PortfolioId, StepName};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::TaskKind;
use dunlin_domain::reason::Rule;
use dunlin_domain::telling::{Did, Told, Word};

/// What each rule is told as, with the detail that it has.
const WORDS: [(Rule, &str, &str); 30] = [
    (Rule::Overdue, "due on 2026-03-02, yesterday", "the oldest debt was due on 2 March 2026, yesterday"),
    (Rule::StepReached, "reminder-7", "the step 'reminder-7' has come"),
    (Rule::CourtesyDue, "courtesy", "a due date is near and the note 'courtesy' is in order"),
    (
        Rule::StepSuperseded,
        "reminder-1 by reminder-7",
        "a later step is right and replaces an earlier one (reminder-1 by reminder-7)",
    ),
    (Rule::NothingDue, "nothing is overdue", "nothing is overdue"),
    (Rule::StepNotReached, "reminder-14 comes at 14 days", "the next step has not come (reminder-14 comes at 14 days)"),
    (Rule::LadderEnded, "every step was taken", "the policy has no further step (every step was taken)"),
    (
        Rule::PaymentInFlight,
        "I1, until 2026-03-12T08:00:00Z",
        "money is on its way (I1, until 12 March 2026, 08:00 UTC)",
    ),
    (
        Rule::Resumed,
        "charged_back, payment/stripe/pi1",
        "it is owed again and the ladder goes on where it was left (charged back, payment/stripe/pi1)",
    ),
    (Rule::Chargeback, "I1", "a payment of I1 is contested at the bank"),
    (Rule::Refunded, "I1", "money was paid back on I1, and a person has to say what that means"),
    (
        Rule::OnHold,
        "provider_retry, 100.00 EUR of I1, until 2026-03-05T10:00:00Z",
        "it is on hold (provider retry, 100.00 EUR of I1, until 5 March 2026, 10:00 UTC)",
    ),
    (Rule::CoveredByCredit, "I1", "credit that is not applied yet covers I1"),
    (Rule::Allocating, "a payment is being allocated", "a payment is being allocated"),
    (Rule::MessageInFlight, "reminder-1", "the message 'reminder-1' is on its way already"),
    (Rule::NotDispatched, "nobody picked the message up in time", "nobody picked the message up in time"),
    (
        Rule::Changed,
        "planned 100.00 EUR by reminder-1, now 60.00 EUR by reminder-1",
        "what is owed has changed since it was planned (planned 100.00 EUR by reminder-1, now 60.00 EUR by reminder-1)",
    ),
    (Rule::NoLongerDue, "nothing is left to say", "nothing is left to say"),
    (
        Rule::Weekend,
        "until 2026-03-09T08:00:00Z in Europe/London",
        "it is a weekend where the debtor is (until 9 March 2026, 08:00 UTC in Europe/London)",
    ),
    (
        Rule::Holiday,
        "until 2026-05-26T07:00:00Z in Europe/London",
        "it is a public holiday where the debtor is (until 26 May 2026, 07:00 UTC in Europe/London)",
    ),
    (
        Rule::QuietHours,
        "until 2026-03-03T08:00:00Z in UTC",
        "it is outside the hours for contact where the debtor is (until 3 March 2026, 08:00 UTC in UTC)",
    ),
    (
        Rule::NotPermitted,
        "sms by PLATFORM.REST.EAW (Platform default): too often, until 2026-05-05T07:00:00Z",
        "it is not permitted to write by sms by PLATFORM.REST.EAW (Platform default): too often, until 5 May 2026, 07:00 UTC",
    ),
    (
        Rule::NoChannel,
        "no address, or none that may be used",
        "there is no way to reach the debtor (no address, or none that may be used)",
    ),
    (
        Rule::BelowMinimum,
        "4.99 EUR is open, the least is 5.00",
        "too little is open (4.99 EUR is open, the least is 5.00)",
    ),
    (Rule::ChargeDue, "5.00 EUR on I1 by late of trade@1", "a charge is due (5.00 EUR on I1 by late of trade@1)"),
    (Rule::ChargeBarred, "late on I1: moratorium", "a charge may not be made (late on I1: moratorium)"),
    (
        Rule::NotChargeable,
        "late on I1: the law of XX is not known",
        "a charge cannot be worked out (late on I1: the law of XX is not known)",
    ),
    (Rule::Charging, "more is charged first than one commit takes", "more is charged first than one commit takes"),
    (
        Rule::AddressRests,
        "until 2026-03-05T08:00:00Z",
        "mail to the address bounced, and it is left alone until 5 March 2026, 08:00 UTC",
    ),
    (Rule::MessageRefused, "subject: names a debt", "what it would say may not be said (subject: names a debt)"),
];

fn said(rule: Rule, speaks_for: bool, detail: &str) -> Word {
    Word { rule, speaks_for, detail: detail.to_owned(), law: None }
}

#[test]
fn every_rule_has_plain_words_and_a_source() {
    for (rule, detail, words) in WORDS {
        let word = said(rule, false, detail);
        assert_eq!(word.words(), words);
        assert!(!word.source().is_empty() && !word.words().contains('_'), "{rule:?}");
    }
    let told: BTreeSet<Rule> = WORDS.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(told, BTreeSet::from(Rule::ALL));
}

#[test]
fn a_rule_of_law_is_told_with_its_source() {
    let law = Some(("US.REGF.HOURS".to_owned(), "12 CFR 1006.6(b)(1)".to_owned()));
    let word =
        Word { law, ..said(Rule::NotPermitted, false, "email by US.REGF.HOURS (12 CFR 1006.6(b)(1)): too late") };
    assert_eq!(word.source(), "12 CFR 1006.6(b)(1)");
}

fn told(did: Did, words: Vec<Word>) -> Told {
    let currency = Currency::parse("EUR").unwrap();
    let account = AccountKey { portfolio: PortfolioId::parse("main").unwrap(), currency };
    Told { account, did, wake: Some("2026-03-16T08:00:00Z".parse().unwrap()), words }
}

fn overdue() -> Vec<Word> {
    vec![said(Rule::Overdue, true, "due on 2026-03-02, 7 days ago"), said(Rule::StepReached, true, "reminder-7")]
}

#[test]
fn what_was_done_is_told_with_why_and_what_was_not_with_until_when() {
    let step = StepName::parse("reminder-7").unwrap();
    let amount = Money::parse("300.00", Currency::parse("EUR").unwrap()).unwrap();
    let write = Did::Write { step: step.clone(), channel: Channel::Sms, invoices: 2, amount };
    let because = "because the oldest debt was due on 2 March 2026, 7 days ago; the step 'reminder-7' has come";
    let about = format!("Message 'reminder-7' by text message about 2 invoices, EUR 300.00, {because}.");
    assert_eq!(told(write.clone(), overdue()).summary(None), about);

    let mut words = overdue();
    words.push(said(Rule::NoChannel, false, "no address, or none that may be used"));
    let ask = told(Did::Ask { kind: TaskKind::FindContact, step }, words.clone());
    let asks = "No message: the step 'reminder-7' asks a person to find a way to reach the debtor";
    let but = "and there is no way to reach the debtor (no address, or none that may be used)";
    assert_eq!(ask.summary(None), format!("{asks}, {because}, {but}."));

    let hold = said(Rule::OnHold, false, "dispute");
    // What is said of charges is not why nobody wrote.
    let charge = said(Rule::ChargeDue, false, "5.00 EUR on I1 by late of trade@1");
    let silent = told(Did::Nothing, vec![overdue().remove(0), hold.clone(), charge]);
    let again = "Looked at again on 16 March 2026, 08:00 UTC.";
    assert_eq!(silent.summary(None), format!("No message: it is on hold (dispute). {again}"));
    let never = Told { wake: None, ..silent };
    assert!(never.summary(None).ends_with("Looked at again when something changes."));

    let withheld = told(write, overdue()).summary(Some(&[hold]));
    assert_eq!(withheld, format!("A message that was planned did not leave: it is on hold (dispute). {again}"));
}
