//! The ladder under the law: which channel a reminder takes, what it waits for, and what a person is given to do.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use dunlin_domain::calendar::{Calendar, Zone};
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::{Channel, EmailAddress, PhoneNumber};
use dunlin_domain::debtor::{Debtor, Journal, RecordedContact};
use dunlin_domain::decide::{Recheck, decide, recheck};
use dunlin_domain::decision::{AccountDecision, Action};
use dunlin_domain::gate::kind::{Frequency, Kind};
use dunlin_domain::gate::policy::{Loosened, Role};
use dunlin_domain::gate::{ContactPolicy, ContactRules};
use dunlin_domain::ids::{Citation, DebtorId, InvoiceId, OutsideId, PersonId, RuleId, SourceName, TenantId};
use dunlin_domain::intake::{Due, InvoiceDraft};
use dunlin_domain::invoice::{Source, Standing};
use dunlin_domain::message::{Outcome, PendingState};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::{Policies, TaskKind};
use dunlin_domain::profile::{Profile, ProfilePatch};
use dunlin_domain::reason::{Detail, Rule};
use jiff::{SignedDuration, Timestamp};

/// A Monday that is a holiday in England; the invoice was due on the Sunday.
const HOLIDAY: &str = "2026-05-04T09:00:00Z";
/// The day after.
const TUESDAY: &str = "2026-05-05T09:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rules() -> ContactRules {
    ContactRules { book: dunlin_packs::packs().unwrap().book().clone(), ..ContactRules::default() }
}

fn policies(rules: ContactRules) -> Policies {
    Policies::built_in().unwrap().contacting_by(rules)
}

fn email(debtor: &mut Debtor) {
    let email = EmailAddress::parse("ap@c1.example").ok();
    debtor.profile.apply(&ProfilePatch { email, ..ProfilePatch::default() });
}

fn phone(debtor: &mut Debtor, number: &str) {
    let (phone, sms_consent) = (PhoneNumber::parse(number).ok(), Some(true));
    debtor.profile.apply(&ProfilePatch { phone, sms_consent, ..ProfilePatch::default() });
}

/// A consumer in London with an invoice over 100.00 EUR that was due on Sunday, 3 May.
fn debtor() -> Debtor {
    let (tenant, id) = (TenantId::parse("t").unwrap(), DebtorId::parse("C1").unwrap());
    let mut profile = Profile::unknown("Customer 1".to_owned(), Zone::parse("Europe/London").unwrap());
    profile.country = Some("GB".to_owned());
    profile.region = Some("EAW".to_owned());
    let mut debtor = Debtor::new(tenant, id.clone(), profile);
    let eur = Currency::parse("EUR").unwrap();
    let draft = InvoiceDraft {
        debtor: id,
        profile: ProfilePatch::default(),
        id: InvoiceId::parse("main/A").unwrap(),
        source: Source { name: SourceName::parse("test").unwrap(), outside_id: OutsideId::parse("A").unwrap() },
        customer: None,
        issue_date: "2026-04-01".parse().unwrap(),
        due_date: Due::On("2026-05-03".parse().unwrap()),
        total: Money::from_minor(10_000, eur),
        description: None,
        standing: Standing::Open,
        reported_paid: Money::zero(eur),
        stamp: None,
        attempts: None,
    };
    debtor.record_invoice(&draft, &mut Journal::default()).unwrap();
    debtor
}

/// A message of ours.
fn message(when: &str, channel: Channel) -> RecordedContact {
    RecordedContact::of_message(PersonId::parse("C1").unwrap(), at(when), channel)
}

fn decided(debtor: &mut Debtor, rules: ContactRules, now: &str) -> AccountDecision {
    let policies = policies(rules);
    debtor.roll(&policies, at(now), &mut Journal::default()).unwrap();
    decide(debtor, &policies, &Calendar::default(), at(now)).accounts.pop().unwrap()
}

fn channel(decided: &AccountDecision) -> Option<Channel> {
    match &decided.action {
        Some(Action::Send(plan)) => Some(plan.channel),
        Some(Action::OpenTask { .. }) | None => None,
    }
}

fn refused_by(decided: &AccountDecision) -> Vec<(Channel, String)> {
    let refused = decided.reasons.iter().filter(|reason| reason.rule == Rule::NotPermitted && !reason.speaks_for);
    let named = refused.filter_map(|reason| match &reason.detail {
        Detail::Refused(channel, refusal) => Some((*channel, refusal.rule.to_string())),
        _ => None,
    });
    named.collect()
}

#[test]
fn a_holiday_of_the_debtors_country_is_waited_for() {
    let mut debtor = debtor();
    email(&mut debtor);
    let decided = decided(&mut debtor, rules(), HOLIDAY);
    assert_eq!((decided.action.as_ref(), decided.wake), (None, Some(at("2026-05-05T07:00:00Z"))), "eight in London");
    assert_eq!(refused_by(&decided), [(Channel::Email, "PLATFORM.REST.EAW".to_owned())]);
    let said = decided.reasons.last().unwrap().detail.to_string();
    assert!(
        said.contains("email by PLATFORM.REST.EAW (Platform default): ") && said.contains("until 2026-05-05"),
        "{said}"
    );
}

#[test]
fn the_day_after_it_goes_and_the_calendar_of_the_tenant_still_holds() {
    let mut debtor = debtor();
    email(&mut debtor);
    assert_eq!(channel(&decided(&mut debtor, rules(), TUESDAY)), Some(Channel::Email));
    let night = decided(&mut debtor, rules(), "2026-05-05T02:00:00Z");
    assert!(night.action.is_none() && night.reasons.iter().any(|reason| reason.rule == Rule::QuietHours));
}

#[test]
fn a_channel_that_is_refused_for_good_falls_to_the_next_and_to_a_person_in_the_end() {
    let third_party = || ContactRules { collector: CollectorRole::ThirdParty, ..rules() };
    let mut american = debtor();
    email(&mut american);
    phone(&mut american, "+447700900123");
    (american.profile.country, american.profile.region) = (Some("US".to_owned()), Some("NY".to_owned()));
    american.profile.zone = Zone::parse("America/New_York").unwrap();
    // Nobody said that the debtor gave these addresses for this (12 CFR 1006.6(d)(4) and (5)).
    let decided_for = decided(&mut american, third_party(), "2026-05-05T15:00:00Z");
    let Some(Action::OpenTask { task, .. }) = &decided_for.action else { unreachable!("{decided_for:?}") };
    assert_eq!(task.kind, TaskKind::FindContact);
    let refused = refused_by(&decided_for);
    for (channel, rule) in [(Channel::Email, "US.REGF.EMAILPROC"), (Channel::Sms, "US.REGF.SMSPROC")] {
        assert!(refused.contains(&(channel, rule.to_owned())), "{refused:?}");
    }
    assert_eq!(
        channel(&decided(&mut american, rules(), "2026-05-05T15:00:00Z")),
        Some(Channel::Email),
        "the creditor may"
    );
}

#[test]
fn wherever_the_phone_says_that_the_debtor_may_be_it_must_be_day() {
    let mut debtor = debtor();
    email(&mut debtor);
    phone(&mut debtor, "+12135550100");
    let decided = decided(&mut debtor, rules(), TUESDAY);
    assert!(decided.action.is_none(), "it is two in the morning in California");
    assert_eq!(decided.wake, Some(at("2026-05-05T15:00:00Z")), "eight there");
}

#[test]
fn three_messages_in_a_week_are_all_to_a_consumer_in_europe() {
    let mut debtor = debtor();
    email(&mut debtor);
    debtor.contacts = (1..=3).map(|day| message(&format!("2026-05-0{day}T10:00:00Z"), Channel::Email)).collect();
    let decided = decided(&mut debtor, rules(), TUESDAY);
    assert_eq!(refused_by(&decided), [(Channel::Email, "PLATFORM.EUROPE.WEEK".to_owned())]);
    assert!(decided.wake.unwrap() > at("2026-05-07T00:00:00Z"), "{decided:?}");
}

#[test]
fn a_planned_message_is_asked_about_again_before_it_leaves() {
    let mut debtor = debtor();
    email(&mut debtor);
    let Some(Action::Send(plan)) = decided(&mut debtor, rules(), TUESDAY).action else { unreachable!() };
    let policies = policies(rules());
    let decision = decide(&debtor, &policies, &Calendar::default(), at(TUESDAY));
    debtor.carry_out(decision, at(TUESDAY), &mut Journal::default()).unwrap();
    let asked = |debtor: &Debtor| recheck(debtor, &plan.id, &policies, &Calendar::default(), at(TUESDAY));
    assert_eq!(asked(&debtor), Recheck::Send(plan.clone()));
    // Others of the debtor's accounts have used the week up meanwhile.
    debtor.contacts = vec![message(TUESDAY, Channel::Sms); 3];
    let Recheck::Withhold(_, Outcome::Withheld(reasons)) = asked(&debtor) else { unreachable!() };
    assert!(reasons.iter().any(|reason| reason.rule == Rule::NotPermitted), "{reasons:?}");
    assert!(debtor.pending(&plan.id).is_some_and(|(_, pending)| pending.state == PendingState::Planned));
}

#[test]
fn the_last_slot_of_a_week_goes_to_who_claims_first() {
    let mut debtor = debtor();
    email(&mut debtor);
    debtor.contacts = vec![message("2026-05-04T10:00:00Z", Channel::Email); 2];
    let policies = policies(rules());
    debtor.roll(&policies, at(TUESDAY), &mut Journal::default()).unwrap();
    let decision = decide(&debtor, &policies, &Calendar::default(), at(TUESDAY));
    let key = decision.accounts.first().unwrap().account.clone();
    assert!(matches!(decision.accounts.first().unwrap().action, Some(Action::Send(_))));
    debtor.carry_out(decision, at(TUESDAY), &mut Journal::default()).unwrap();
    debtor.claim(&key, "one", at(TUESDAY), SignedDuration::from_mins(5));
    assert_eq!(debtor.contacts.len(), 3, "the claim's commit has taken the slot");
}

#[test]
fn a_default_that_is_loosened_lets_through_until_it_expires() {
    let loosened = |expires: &str| {
        let basis = Citation::parse("Opinion of counsel of 1 March 2026").unwrap();
        let rule = RuleId::parse("PLATFORM.REST.EAW").unwrap();
        let why = (basis, "business debtors work on bank holidays");
        let one = Loosened::new(rule, why, Role::Owner, (at("2026-03-01T00:00:00Z"), at(expires))).unwrap();
        let policy = ContactPolicy { loosened: vec![one], ..ContactPolicy::default() };
        ContactRules { policy, ..rules() }
    };
    let mut debtor = debtor();
    email(&mut debtor);
    assert_eq!(channel(&decided(&mut debtor, loosened("2026-06-01T00:00:00Z"), HOLIDAY)), Some(Channel::Email));
    assert_eq!(channel(&decided(&mut debtor, loosened("2026-05-01T00:00:00Z"), HOLIDAY)), None);
}

#[test]
fn a_decision_names_the_packs() {
    let mut debtor = debtor();
    email(&mut debtor);
    let decision = decide(&debtor, &policies(rules()), &Calendar::default(), at(TUESDAY));
    assert!(decision.packs.iter().any(|pack| pack.to_string() == "platform@1"), "{:?}", decision.packs);
}

#[test]
fn a_contact_is_kept_for_as_long_as_a_rule_looks_back_and_the_latest_for_good() {
    let (rules, now) = (rules(), at(TUESDAY));
    let reach = rules.looks_back();
    assert!(reach >= SignedDuration::from_hours(30 * 24), "Massachusetts counts thirty days: {reach}");
    let ago = |by: SignedDuration| now.checked_sub(by).unwrap().to_string();
    let (just, over) = (ago(reach), ago(reach + SignedDuration::from_secs(1)));
    let kept = |moments: &[&str]| {
        let mut debtor = debtor();
        debtor.contacts = moments.iter().map(|when| message(when, Channel::Email)).collect();
        debtor.roll(&policies(rules.clone()), now, &mut Journal::default()).unwrap();
        debtor.contacts.iter().map(|one| one.contact().at.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(kept(&[&over, &just, TUESDAY]), [just.clone(), TUESDAY.to_owned()]);
    assert_eq!(kept(&["2024-01-01T00:00:00Z", &over]), [over], "there was one, which the first message must know");
}

#[test]
fn no_rule_counts_up_to_as_many_contacts_as_are_kept() {
    let law = rules().book.law;
    let most = law.rules.iter().filter_map(|rule| match &rule.kind {
        Kind::Frequency(Frequency::Cap(cap)) => Some(cap.most),
        _ => None,
    });
    assert!(most.max().is_some_and(|most| most <= 30), "the debtor remembers a hundred");
}
