//! One budget for a debtor: whatever is reserved, told and given back, in whatever order, no cap is exceeded by what the
//! gate let through.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use std::collections::BTreeSet;

use dunlin_domain::calendar::Zone;
use dunlin_domain::debtor::{ContactError, Debtor, Journal, RecordedContact};
use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::{Attempt, ContactRules, Content, Facts, Gate, History, Inquiry, Medium, Verdict};
use dunlin_domain::ids::{ContactId, DebtorId, PersonId, TenantId};
use dunlin_domain::profile::Profile;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// The most contacts to a consumer in Europe in a week.
const A_WEEK: usize = 3;

fn rules() -> ContactRules {
    ContactRules { book: dunlin_packs::packs().unwrap().book().clone(), ..ContactRules::default() }
}

/// A consumer in Berlin.
fn debtor() -> Debtor {
    let mut profile = Profile::unknown("Customer 1".to_owned(), Zone::parse("Europe/Berlin").unwrap());
    profile.country = Some("DE".to_owned());
    Debtor::new(TenantId::parse("t").unwrap(), DebtorId::parse("C1").unwrap(), profile)
}

fn inquiry(medium: Medium, at: Timestamp) -> Inquiry {
    let attempt = Attempt { content: Content::flawless(), ..Attempt::new(medium, PersonId::parse("C1").unwrap()) };
    let (facts, history) = (Facts::default(), History::default());
    Inquiry { attempt, about: BTreeSet::new(), to: None, facts, history, at }
}

/// What is done next, after so many minutes.
#[derive(Debug, Clone)]
enum Act {
    /// A slot is reserved, so many minutes ahead.
    Reserve(Medium, i64),
    /// What was reserved last turns out so, or is given back.
    Tell(Option<Outcome>),
}

fn act() -> impl Strategy<Value = (i64, Act)> {
    let medium = prop::sample::select(vec![Medium::Call, Medium::Email, Medium::Sms, Medium::Letter]);
    let outcome = prop::sample::select(vec![Outcome::Reached, Outcome::Conversation]);
    let act = prop_oneof![
        3 => (medium, 0..4_000_i64).prop_map(|(medium, ahead)| Act::Reserve(medium, ahead)),
        1 => prop::option::of(outcome).prop_map(Act::Tell),
    ];
    (0..2_000_i64, act)
}

fn after(moment: Timestamp, minutes: i64) -> Timestamp {
    moment.checked_add(SignedDuration::from_mins(minutes)).unwrap()
}

/// The most contacts that count within seven days on the debtor's calendar.
fn most_in_a_week(debtor: &Debtor) -> usize {
    let contacts = debtor.contacts.iter().map(RecordedContact::contact);
    let counted = contacts.filter(|contact| contact.medium != Medium::Letter);
    let days: Vec<_> = counted.map(|contact| debtor.today(contact.at)).collect();
    let within = |first: &jiff::civil::Date| {
        days.iter().filter(|day| *first <= **day && first.until(**day).unwrap().get_days() < 7).count()
    };
    days.iter().map(within).max().unwrap_or_default()
}

proptest! {
    #[test]
    fn what_the_gate_lets_through_never_exceeds_a_cap(acts in prop::collection::vec(act(), 1..40)) {
        let (rules, mut debtor) = (rules(), debtor());
        let mut now: Timestamp = "2026-05-04T08:00:00Z".parse().unwrap();
        let mut latest = None;
        for (number, (minutes, act)) in acts.into_iter().enumerate() {
            now = after(now, minutes);
            let mut journal = Journal::default();
            let before = debtor.contacts.clone();
            match act {
                Act::Reserve(medium, ahead) => {
                    let id = ContactId::parse(&format!("c{number}")).unwrap();
                    let inquiry = inquiry(medium, after(now, ahead));
                    match debtor.reserve_contact(&id, (&inquiry, None), &rules, now, &mut journal) {
                        Ok(_) => latest = Some(id),
                        Err(ContactError::NotPermitted(verdict)) => {
                            prop_assert!(!verdict.refusals().is_empty() && debtor.contacts == before);
                        }
                        Err(error) => prop_assert!(false, "{error}"),
                    }
                }
                Act::Tell(outcome) => {
                    let Some(id) = latest.take() else { continue };
                    let at = debtor.contact_of_person(&id).unwrap().contact().at;
                    match outcome {
                        Some(outcome) => {
                            now = now.max(at);
                            debtor.conclude_contact(&id, (outcome, None), None, now, &mut journal).unwrap();
                        }
                        None => debtor.release_contact(&id, "not made", &mut journal).unwrap(),
                    }
                    prop_assert_eq!(journal.contacts.len(), 1);
                }
            }
            prop_assert!(most_in_a_week(&debtor) <= A_WEEK, "{:?}", debtor.contacts);
            prop_assert!(debtor.contacts.is_sorted_by_key(|one| one.contact().at));
        }
    }

    /// A contact counts exactly until the moment that is told, and asked then it stands in nobody's way.
    #[test]
    fn a_contact_counts_until_the_moment_that_is_told(spoke in any::<bool>(), minute in 0..20_000_i64) {
        let (rules, mut debtor) = (rules(), debtor());
        let at: Timestamp = "2026-03-20T08:00:00Z".parse().unwrap();
        let at = after(at, minute);
        let outcome = if spoke { Outcome::Conversation } else { Outcome::Reached };
        let (id, call) = (ContactId::parse("c1").unwrap(), inquiry(Medium::Call, at));
        let told = (Initiator::Collector, outcome);
        debtor.record_contact(&id, (&call, None), told, (&rules, at), &mut Journal::default()).unwrap();
        let facts = Facts::of(&debtor, &BTreeSet::new(), &rules.book.atlas, at);
        let history = History::of(&debtor);
        let gate = Gate::new(&rules.book.law, &facts, &history, &rules.policy);
        let contact = debtor.contact_of_person(&id).unwrap().contact();
        let counted = gate.counting(contact, at);
        prop_assert!(!counted.is_empty());
        for one in &counted {
            let by = |now| gate.counting(contact, now).iter().any(|counted| counted.rule == one.rule);
            prop_assert!(by(one.until.checked_sub(SignedDuration::from_secs(1)).unwrap()) && !by(one.until));
        }
        let last = counted.iter().map(|one| one.until).max().unwrap();
        prop_assert!(rules.looks_back() >= last.duration_since(at), "it is forgotten no sooner");
    }
}

#[test]
fn what_the_debtor_began_is_no_fault_and_still_starts_the_days_of_rest() {
    let (rules, mut debtor) = (rules(), debtor());
    let now: Timestamp = "2026-05-04T02:00:00Z".parse().unwrap();
    let (id, call) = (ContactId::parse("c1").unwrap(), inquiry(Medium::Call, now));
    let mut journal = Journal::default();
    let told = (Initiator::Debtor, Outcome::Conversation);
    let verdict = debtor.record_contact(&id, (&call, None), told, (&rules, now), &mut journal).unwrap();
    assert_eq!(verdict, Verdict::Allowed { loosened: Vec::new() }, "who calls at night may be answered");
    let again = debtor.record_contact(&id, (&call, None), told, (&rules, now), &mut journal);
    assert_eq!(again, Err(ContactError::IdTaken(id)), "one contact is not taken for another");
    let noon = "2026-05-06T10:00:00Z".parse().unwrap();
    let asked = inquiry(Medium::Call, noon).of_debtor(&debtor, &rules);
    let refused: Vec<_> = asked.refusals().iter().map(|refusal| refusal.rule.as_str()).collect();
    assert_eq!(refused, ["PLATFORM.EUROPE.TALK"]);
}
