//! Who is written to in a trial, and what the judge knows of them: from whoever told it, never from the table.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::intake::InvoiceDraft;
use dunlin_testkit::build::{draft, eur};
use dunlin_testkit::dice::Dice;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// From this day on invoices fall due.
const FIRST_DUE: Date = date(2026, 3, 2);
const ZONES: [&str; 3] = ["UTC", "Europe/Berlin", "America/New_York"];
/// The steps of the built-in ladder, and how many days after the due date each comes.
const LADDER: [(&str, i32); 5] =
    [("reminder-1", 1), ("reminder-7", 7), ("reminder-14", 14), ("call-21", 21), ("final-notice-30", 30)];
/// So many days after its day a step must have been taken.
const GRACE_DAYS: i32 = 2;

/// An invoice.
#[derive(Debug, Clone)]
pub(super) struct Owed {
    pub(super) due: Date,
    /// What is open of it, in cents.
    pub(super) open: i64,
    /// What is open of it less every payment that is on its way.
    pub(super) unpromised: i64,
}

/// A debtor.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) mailbox: Option<String>,
    pub(super) phone: Option<String>,
    zone: &'static str,
    pub(super) invoices: BTreeMap<String, Owed>,
    /// Nothing may be sent before.
    pub(super) held_until: Option<Timestamp>,
    /// Addresses that may not be used any more.
    pub(super) stopped: BTreeSet<String>,
    /// The latest day on which the ladder was stopped or begun anew by something other than time.
    pub(super) disturbed: Option<Date>,
}

impl Person {
    pub(super) fn new(n: usize, dice: &mut Dice) -> Self {
        let reach = dice.below(8);
        let owed = |k: u64, dice: &mut Dice| {
            let days = i64::try_from(dice.below(10)).unwrap();
            let open = 1_000 + i64::try_from(dice.below(29_000)).unwrap();
            (format!("N{n}x{k}"), Owed { due: FIRST_DUE.saturating_add(days.days()), open, unpromised: open })
        };
        let invoices = (0..1 + dice.below(3)).map(|k| owed(k, dice)).collect();
        Self {
            mailbox: (reach != 0).then(|| format!("c{n}@customers.example")),
            phone: (reach < 4).then(|| format!("+44163296{n:04}")),
            zone: dice.pick(&ZONES),
            invoices,
            held_until: None,
            stopped: BTreeSet::new(),
            disturbed: None,
        }
    }

    /// The invoices as they come in.
    pub(super) fn drafts(&self, id: &str) -> Vec<InvoiceDraft> {
        let one = |(number, owed): (&String, &Owed)| {
            let amount = cents(owed.open);
            let mut draft = draft(id, number).issued("2026-02-10").due(&owed.due.to_string()).total(eur(&amount));
            draft = draft.zone(self.zone);
            if let Some(phone) = &self.phone {
                draft = draft.phone(phone, true);
            }
            if self.mailbox.is_none() { draft.without_email() } else { draft }.build()
        };
        self.invoices.iter().map(one).collect()
    }

    pub(super) fn zone(&self) -> TimeZone {
        TimeZone::get(self.zone).unwrap()
    }

    pub(super) fn today(&self, at: Timestamp) -> Date {
        self.zone().to_datetime(at).date()
    }

    /// Monday to Friday from 8:00 until 21:00.
    pub(super) fn may_be_written_to(&self, at: Timestamp) -> bool {
        let local = self.zone().to_datetime(at);
        is_working_day(local.date()) && (8..21).contains(&local.hour())
    }

    pub(super) fn may_not_be_written_to_at(&self, address: &str) -> bool {
        let own = [&self.mailbox, &self.phone].into_iter().flatten().any(|one| one == address);
        !own || self.stopped.contains(address)
    }

    /// Steps that should have been taken by the end and were not: neither a message that left or may have left, nor a
    /// task. Where the ladder was stopped, or what it began with was paid, a later step stands for the earlier ones.
    pub(super) fn missing(&self, taken: &BTreeSet<String>, end: Timestamp) -> Vec<&'static str> {
        let open = self.invoices.values().filter(|owed| owed.open > 0);
        let Some(due) = open.map(|owed| owed.due).min() else { return Vec::new() };
        let end = self.today(end);
        let late = |date: Date| date.saturating_add(GRACE_DAYS.days()) <= end;
        if self.disturbed.is_some_and(|disturbed| !late(disturbed)) {
            return Vec::new();
        }
        let has_come = |offset: i32| late(working_day(due.saturating_add(offset.days())));
        let is_taken = |(step, offset): &(&str, i32)| {
            let stands_for = |(other, later): &(&str, i32)| {
                (other == step || self.disturbed.is_some() && later > offset) && taken.contains(*other)
            };
            LADDER.iter().any(stands_for)
        };
        let missing = LADDER.iter().filter(|step| has_come(step.1) && !is_taken(step));
        missing.map(|(step, _)| *step).collect()
    }
}

/// An amount as the API takes it.
pub(super) fn cents(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

fn is_working_day(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

pub(super) fn working_day(day: Date) -> Date {
    day.series(1.day()).find(|day| is_working_day(*day)).unwrap()
}
