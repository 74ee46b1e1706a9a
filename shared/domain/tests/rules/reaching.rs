//! What becomes of addresses and steps when messages do not arrive, in tables and on random histories.

use std::collections::BTreeSet;

use dunlin_domain::contact::{Channel, EmailAddress, PhoneNumber};
use dunlin_domain::debtor::{Debtor, Heard, Journal, Stop};
use dunlin_domain::decide::decide;
use dunlin_domain::gate::Facts;
use dunlin_domain::gate::Medium;
use dunlin_domain::gate::medium::Family;
use dunlin_domain::message::{Message, Outcome};
use dunlin_domain::policy::Stage;
use dunlin_domain::profile::ProfilePatch;
use dunlin_domain::reach::{Address, ContactPurpose, Feedback, StopReason, Stopped, Way, Word};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::history::{Book, account, at};

const MORNING: &str = "2026-03-03T08:00:00Z";

fn email(address: &str) -> Address {
    Address::Email(EmailAddress::parse(address).unwrap())
}

fn phone(number: &str) -> Address {
    Address::Phone(PhoneNumber::parse(number).unwrap())
}

/// A debtor with a mailbox and a phone, who owes since Monday, 2 March 2026.
fn reachable() -> Book {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    let contacts = &mut book.debtor.profile.contacts;
    contacts.set(phone("+441632960123"));
    contacts.set_sms_consent(true);
    book
}

/// Everything that went out, with what was said of it.
#[derive(Default)]
struct Post(Vec<(Message, Feedback)>);

impl Post {
    /// Decides at `now`, and hands over what is planned.
    fn hour(&mut self, book: &mut Book, now: Timestamp) {
        let mut journal = Journal::default();
        let debtor = &mut book.debtor;
        debtor.roll(&book.policies, now, &mut journal).unwrap();
        let calendar = dunlin_domain::calendar::Calendar::default();
        let decision = decide(debtor, &book.policies, &calendar, now);
        debtor.carry_out(decision, now, &mut journal).unwrap();
        debtor.claim(&account(), "attempt", now, SignedDuration::from_mins(5));
        debtor.settle(&account(), Outcome::Sent("ses".to_owned()), now, &mut journal);
        self.0.extend(journal.messages.into_iter().map(|message| (message, Feedback::default())));
    }

    fn say(&mut self, debtor: &mut Debtor, index: usize, word: Word, when: Timestamp) -> Journal {
        let (message, known) = &mut self.0[index];
        let before = known.clone();
        let mut journal = Journal::default();
        if known.join(word, when) {
            let heard = Heard { message, before: &before, after: known, provider_id: "ses", recipient: None };
            debtor.hear(heard, &mut journal);
        }
        journal
    }
}

#[test]
fn a_message_goes_to_whom_it_is_for() {
    let mut book = reachable();
    let contacts = &mut book.debtor.profile.contacts;
    contacts.put(email("boss@c1.example"), ContactPurpose::Escalation).unwrap();
    let (billing, boss) = (email("ap@c1.example"), email("boss@c1.example"));
    let now = at(MORNING);
    for (stage, to) in
        [(Stage::Upcoming, &billing), (Stage::Early, &billing), (Stage::Mid, &billing), (Stage::Late, &boss)]
    {
        assert_eq!(contacts.way(Channel::Email, stage, now), Way::To(to), "{stage:?}");
    }
    contacts.put(email("second@c1.example"), ContactPurpose::Billing).unwrap();
    let stopped = Stopped { reason: StopReason::HardBounce, since: now };
    let mut journal = Journal::default();
    for (dead, next) in [(&boss, Some(&billing)), (&billing, Some(&email("second@c1.example")))] {
        let stop = Stop { address: dead.clone(), stopped, source: None };
        assert!(book.debtor.stop_address(stop.clone(), &mut journal));
        assert!(!book.debtor.stop_address(stop, &mut journal), "it is told once");
        let way = book.debtor.profile.contacts.way(Channel::Email, Stage::Late, now);
        assert_eq!(way, next.map_or(Way::Closed, Way::To));
    }
    assert_eq!(journal.events.len(), 2);
    let texts = |book: &Book| book.debtor.profile.way(Channel::Sms, Stage::Early, now) == Way::Closed;
    assert!(!texts(&book));
    book.debtor.profile.preferences.refuse(&[Family::Texts], now);
    assert!(texts(&book), "a medium that is refused is closed, whatever the address");
}

#[test]
fn the_gate_is_told_what_is_known_of_addresses() {
    let mut book = reachable();
    let (now, mut facts) = (at(MORNING), Facts::default());
    book.unsubscribe();
    book.debtor.profile.preferences.refuse(&[Family::Calls], now);
    book.debtor.profile.add_to(&mut facts);
    assert!(facts.accepts_electronic(Medium::Sms, now) && !facts.accepts_electronic(Medium::Email, now));
    assert_eq!(facts.refused.media, [(Family::Calls, now)]);
    assert_eq!(facts.refused.addresses, [(Family::Email, at("2026-03-01T00:00:00Z"))]);
    let targets: Vec<bool> =
        book.debtor.profile.contacts.iter().map(|one| one.target(now).opted_out().is_some()).collect();
    assert_eq!(targets, [true, false]);
}

#[test]
fn a_new_number_has_agreed_to_nothing_and_a_stop_outlives_what_the_books_say() {
    let mut book = reachable();
    let number = phone("+441632960123");
    let say = |book: &mut Book, phone: &str, consent| {
        let phone = Some(PhoneNumber::parse(phone).unwrap());
        book.debtor.profile.apply(&ProfilePatch { phone, sms_consent: consent, ..ProfilePatch::default() });
        book.debtor.profile.way(Channel::Sms, Stage::Early, at(MORNING)) != Way::Closed
    };
    assert!(say(&mut book, "+441632960123", None));
    assert!(!say(&mut book, "+441632960124", None));
    assert!(say(&mut book, "+441632960123", Some(true)));
    assert!(!say(&mut book, "+441632960123", Some(false)));
    assert!(say(&mut book, "+441632960123", Some(true)));
    let stopped = Stopped { reason: StopReason::Stop, since: at(MORNING) };
    book.debtor.stop_address(Stop { address: number.clone(), stopped, source: None }, &mut Journal::default());
    assert!(!say(&mut book, "+441632960123", Some(true)));
    book.debtor.restore_address(&number.id(), "they asked for it", &mut Journal::default());
    assert!(say(&mut book, "+441632960123", None));
}

#[test]
fn a_bounce_opens_only_the_step_that_nothing_followed() {
    let mut book = reachable();
    let mut post = Post::default();
    post.hour(&mut book, at(MORNING));
    post.hour(&mut book, at("2026-03-09T08:00:00Z"));
    assert_eq!(post.0.len(), 2);
    post.say(&mut book.debtor, 0, Word::BouncedSoftly, at("2026-03-09T09:00:00Z"));
    assert_eq!(book.step_at("2026-03-10T13:00:00Z"), None, "a later step was taken");
    post.say(&mut book.debtor, 1, Word::BouncedHard, at("2026-03-10T09:00:00Z"));
    assert_eq!(book.step_at("2026-03-10T14:00:00Z").as_deref(), Some("reminder-7"));
    let plan = book.plan().unwrap();
    assert_eq!((plan.tries, plan.channel), (1, Channel::Sms));
}

fn word() -> impl Strategy<Value = Word> {
    (0..Word::ALL.len()).prop_map(|index| Word::ALL[index])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// I2: whatever is said of a message ends in the same state, in any order and however often it is said.
    #[test]
    fn words_join(words in prop::collection::vec((word(), 0..3_i64), 1..6), order in any::<u64>(), again in any::<u64>()) {
        let late = at("2026-03-03T08:10:00Z");
        let end = |words: &[(Word, i64)]| {
            let (mut book, mut post) = (reachable(), Post::default());
            post.hour(&mut book, at(MORNING));
            for (word, minutes) in words {
                post.say(&mut book.debtor, 0, *word, late + SignedDuration::from_mins(*minutes));
            }
            (book.debtor.accounts, book.debtor.profile.contacts.iter().map(|point| (point.address.clone(), point.stopped.map(|one| one.reason), point.rest.map(|rest| rest.bounces))).collect::<Vec<_>>(), post.0[0].1.clone())
        };
        let mut shuffled = words.clone();
        shuffled.extend(words.iter().filter(|(_, minutes)| (again >> minutes) & 1 == 1).copied().collect::<Vec<_>>());
        shuffled.sort_by_key(|(word, minutes)| (u64::try_from(*minutes).unwrap() + 7 * u64::try_from(word.as_str().len()).unwrap()).wrapping_mul(order | 1));
        prop_assert_eq!(end(&words), end(&shuffled));
    }

    /// I3, and no word lifts what stopped an address, over weeks of hours and words about any message.
    #[test]
    fn no_message_is_sent_twice_and_no_stop_is_lifted(
        steps in prop::collection::vec((1..60_i64, prop::option::weighted(0.7, (any::<prop::sample::Index>(), word()))), 1..60)
    ) {
        let (mut book, mut post) = (reachable(), Post::default());
        let mut now = at(MORNING);
        let mut stopped = BTreeSet::new();
        for (hours, said) in steps {
            now += SignedDuration::from_hours(hours);
            post.hour(&mut book, now);
            if let Some((index, word)) = said.filter(|_| !post.0.is_empty()) {
                let index = index.index(post.0.len());
                post.say(&mut book.debtor, index, word, now);
            }
            for point in book.debtor.profile.contacts.iter() {
                let address = point.address.as_str().to_owned();
                if point.stopped.is_some() {
                    stopped.insert(address);
                } else {
                    prop_assert!(!stopped.contains(&address), "a word has lifted a stop");
                }
            }
            if let Some((message, _)) = post.0.last().filter(|(message, _)| message.settled_at == now) {
                prop_assert!(message.to.is_some(), "it went somewhere");
            }
        }
        let mut ids: Vec<&str> = post.0.iter().map(|(message, _)| message.plan.id.as_str()).collect();
        ids.sort_unstable();
        let sent = ids.len();
        ids.dedup();
        prop_assert_eq!(ids.len(), sent, "two messages of one id");
    }
}
