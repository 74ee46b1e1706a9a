//! `cargo local faults`: thousands of messages through the real handlers while everything fails that can, and a judge who
//! looks at what left. The same seed gives the same faults.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`round`] | five weeks of some debtors: queues, time, deaths, failures |
//! | [`facts`] | what comes in between a plan and its message |
//! | [`people`] | debtors, and what should have come to them by the end |
//! | [`judge`] | what is known when a message is claimed, and whether it was right |
//! | [`count`], [`figures`] | what is left at rest; what is counted |

mod count;
mod facts;
mod figures;
mod judge;
mod people;
mod round;

use std::io::Write as _;
use std::num::NonZero;
use std::thread::{self, available_parallelism};

use dunlin_testkit::dice::Dice;

use self::figures::Figures;
use self::judge::{Fact, What};
use self::people::Person;
use self::round::Round;
use super::random::asked;
use crate::properties::block_on;
use crate::world::SesAnswer;

/// So many debtors of a round: the embedded table looks through all its writes at each.
const DEBTORS: usize = 25;
/// So many messages, unless more are asked for.
const SENDS: u64 = 150;

/// Rounds until so many messages have left, as many at a time as there are cores. Each has a seed of its own, and they are
/// added up in the order of their seeds, so that the figures are the same on any machine.
fn trial(sends: u64, seed: u64, mut each: impl FnMut(&Figures)) -> Figures {
    let (mut dice, mut sum) = (Dice::new(seed), Figures::default());
    let cores = available_parallelism().map_or(1, NonZero::get);
    loop {
        let seeds: Vec<u64> = (0..cores).map(|_| dice.below(u64::MAX)).collect();
        for round in at_once(&seeds) {
            sum.add(round);
            each(&sum);
            if sum.sends() >= sends {
                return sum;
            }
        }
    }
}

fn at_once(seeds: &[u64]) -> Vec<Figures> {
    let round = |seed: u64| block_on(async { Round::begin(seed, DEBTORS).await.run().await });
    thread::scope(|scope| {
        let rounds: Vec<_> = seeds.iter().map(|seed| scope.spawn(move || round(*seed))).collect();
        rounds.into_iter().map(|round| round.join().unwrap()).collect()
    })
}

/// What `cargo local faults` runs: it says how many by `DUNLIN_SENDS`, of which seed by `DUNLIN_SEED`, and the file for
/// the figures by `DUNLIN_FIGURES`.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test asks whoever runs it")]
fn nothing_is_sent_wrongly_twice_or_never_whatever_fails() {
    let (sends, seed) = (asked("DUNLIN_SENDS"), asked("DUNLIN_SEED").unwrap_or(1));
    let tell = |sum: &Figures| {
        if sends.is_some() && sum.rounds.is_multiple_of(10) {
            let mut terminal = std::io::stderr();
            writeln!(terminal, "  {} messages in {} rounds", sum.sends(), sum.rounds).unwrap();
        }
    };
    let figures = trial(sends.unwrap_or(SENDS), seed, tell);
    if let Ok(file) = std::env::var("DUNLIN_FIGURES") {
        std::fs::write(file, format!("seed {seed}\n{figures}")).unwrap();
    }
    assert!(figures.is_clean(), "{figures}");
}

#[test]
fn the_same_seed_gives_the_same_faults() {
    let once = || block_on(async { Round::begin(7, 5).await.run().await });
    let first = once();
    assert!(first.sends() > 0 && !first.injected.is_empty());
    assert_eq!(first, once());
}

/// A few debtors to whom nothing happens.
async fn quiet() -> Round {
    let mut round = Round::begin(3, 4).await;
    round.is_calm = true;
    round
}

/// The judge is told of a payment that the books never see: what is sent after it is wrong.
#[test]
fn a_message_after_a_payment_is_counted_as_wrong() {
    let figures = block_on(async {
        let mut round = quiet().await;
        let (debtor, person) = round.judge.people.first_key_value().unwrap();
        let (invoice, owed) = person.invoices.first_key_value().unwrap();
        let paid = Fact { debtor: debtor.clone(), what: What::Paid(invoice.clone(), owed.open), mark: None };
        round.judge.announce(&paid);
        round.judge.answered(&paid, round.world.now());
        round.run().await
    });
    assert!(figures.wrong.iter().any(|wrong| wrong.contains("is asked for")), "{figures}");
    assert!(figures.lost.iter().any(|lost| lost.starts_with("what was paid")), "{figures}");
}

#[test]
fn a_message_that_leaves_twice_is_counted() {
    let figures = block_on(async {
        let mut round = quiet().await;
        round.days().await;
        let mail = round.world.mails().swap_remove(0);
        round.judge.mail_left(&mail);
        round.come_to_rest().await;
        round.count().await
    });
    assert_eq!((figures.duplicates.len(), figures.wrong.len()), (1, 0), "{figures}");
}

/// The judge knows a debtor of whom the books were never told.
#[test]
fn a_debtor_who_is_forgotten_is_counted_as_lost() {
    let figures = block_on(async {
        let mut round = quiet().await;
        let forgotten = Person::new(99, &mut Dice::new(3));
        round.judge.people.insert("C99".to_owned(), forgotten);
        round.run().await
    });
    assert!(figures.lost.iter().any(|lost| lost == "reminder-1 of C99"), "{figures}");
    assert!(figures.lost.iter().all(|lost| lost.ends_with("of C99")), "{figures}");
}

/// SES takes every mail and answers none, and no word of them comes.
#[test]
fn a_message_of_which_nobody_hears_is_counted_as_unsettled() {
    let figures = block_on(async {
        let mut round = quiet().await;
        round.world.outside.answer(SesAnswer::Lost);
        round.is_deaf = true;
        round.days().await;
        round.come_to_rest().await;
        round.count().await
    });
    assert!(!figures.unsettled.is_empty() && figures.wrong.is_empty(), "{figures}");
}
