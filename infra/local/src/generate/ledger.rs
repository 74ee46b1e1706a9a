//! What is owed and what is paid: each debtor is invoiced in its rhythm and pays by its habit.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::Generate;
use super::debtor::{Debtor, Habit, debtor};
use super::random::Random;

/// An invoice, or a credit note where it applies to one.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) debtor: Debtor,
    pub(crate) number: String,
    pub(crate) applies_to: Option<String>,
    pub(crate) issued: Date,
    /// Credit notes have none.
    pub(crate) due: Option<Date>,
    pub(crate) currency: &'static str,
    pub(crate) minor: i64,
    pub(crate) description: &'static str,
}

#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) invoice: String,
    pub(crate) on: Date,
    pub(crate) minor: i64,
    pub(crate) currency: &'static str,
    pub(crate) reference: String,
}

#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) documents: Vec<Document>,
    pub(crate) payments: Vec<Payment>,
}

const WORK: [&str; 6] =
    ["Maintenance", "Supplies", "Consulting", "Repair and parts", "Monthly service", "Installation"];

const CREDITED_PERCENT: i64 = 4;
const PAID_IN_PARTS_PERCENT: [(Habit, i64); 3] = [(Habit::Punctual, 2), (Habit::Late, 14), (Habit::Chronic, 50)];
/// Twice in the whole book somebody pays too much.
const OVERPAYMENTS: usize = 2;
const OVERPAID_MINOR: i64 = 1_000;
/// In a hundred debtors, this many stop buying somewhere in the middle.
const LEAVING_PERCENT: i64 = 25;
/// Whoever never pays is cut off after this many invoices.
const PATIENCE_INVOICES: usize = 3;

/// An invoice before it has a number.
pub(super) struct Sale {
    pub(super) debtor: Debtor,
    pub(super) issued: Date,
    pub(super) currency: &'static str,
    pub(super) minor: i64,
}

/// A book in which nothing lies after its last day: what is unpaid then is open.
pub(crate) fn book(wanted: &Generate) -> Book {
    let last = wanted.from.saturating_add(i64::from(wanted.days).saturating_sub(1).days());
    let mut sales: Vec<Sale> = (1..=wanted.debtors)
        .filter_map(|number| debtor(wanted.seed, number))
        .flat_map(|debtor| sales(wanted, debtor, last))
        .collect();
    sales.sort_by(|a, b| (a.issued, &a.debtor.reference, a.currency).cmp(&(b.issued, &b.debtor.reference, b.currency)));

    let mut book = Book::default();
    let mut overpaid = 0;
    for (index, sale) in sales.into_iter().enumerate() {
        let serial = u64::try_from(index).unwrap_or(0).saturating_add(1001);
        let mut random = Random::of(wanted.seed, serial.wrapping_mul(7919));
        settle(&mut book, sale, serial, &mut random, &mut overpaid);
    }
    book.documents.retain(|document| document.issued <= last);
    book.payments.retain(|payment| payment.on <= last);
    book.documents.sort_by(|a, b| (a.issued, &a.number).cmp(&(b.issued, &b.number)));
    book.payments.sort_by(|a, b| (a.on, &a.invoice, a.minor).cmp(&(b.on, &b.invoice, b.minor)));
    for (index, payment) in book.payments.iter_mut().enumerate() {
        payment.reference = format!("BACS-{:05}", index.saturating_add(1));
    }
    book
}

fn sales(wanted: &Generate, debtor: Debtor, last: Date) -> Vec<Sale> {
    let mut random = Random::of(wanted.seed ^ 0x5a1e, debtor.typical_minor.unsigned_abs() ^ wanted.seed);
    let mut day = wanted.from.saturating_add(random.between(0, debtor.rhythm_days).days());
    let leaves_after = if random.chance(LEAVING_PERCENT) { random.between(35, 65) } else { 100 };
    let bought_for = i64::from(wanted.days).saturating_mul(leaves_after) / 100;
    let last = last.min(wanted.from.saturating_add(bought_for.days()));
    let mut sales = Vec::new();
    while day <= last && (debtor.habit != Habit::Never || sales.len() < PATIENCE_INVOICES) {
        let percent = random.between(50, 160);
        let minor = debtor.typical_minor.saturating_mul(percent) / 100;
        let other = if debtor.place.currency == "GBP" { "EUR" } else { "GBP" };
        let currency = if debtor.two_currencies && random.chance(40) { other } else { debtor.place.currency };
        let issued = working_day(day);
        sales.push(Sale { debtor: debtor.clone(), issued, currency, minor });
        let jitter = random.between(-3, 4);
        day = day.saturating_add(debtor.rhythm_days.saturating_add(jitter).max(5).days());
    }
    sales
}

pub(super) fn settle(book: &mut Book, sale: Sale, serial: u64, random: &mut Random, overpaid: &mut usize) {
    let Sale { debtor, issued, currency, minor } = sale;
    let due = issued.saturating_add(debtor.terms_days.days());
    let number = format!("INV-{serial}");
    let mut owed = minor;
    book.documents.push(Document {
        debtor: debtor.clone(),
        number: number.clone(),
        applies_to: None,
        issued,
        due: Some(due),
        currency,
        minor,
        description: random.pick(&WORK).copied().unwrap_or_default(),
    });
    if random.chance(CREDITED_PERCENT) {
        let share = if random.chance(35) { 100 } else { random.between(10, 40) };
        let credited = owed.saturating_mul(share) / 100;
        owed = owed.saturating_sub(credited);
        let within = random.between(3, debtor.terms_days.max(4));
        book.documents.push(Document {
            debtor: debtor.clone(),
            number: format!("CN-{serial}"),
            applies_to: Some(number.clone()),
            issued: working_day(issued.saturating_add(within.days())),
            due: None,
            currency,
            minor: credited,
            description: "Goods returned",
        });
    }
    if owed == 0 || debtor.habit == Habit::Never {
        return;
    }
    let mut on = pays_on(debtor.habit, due, random).max(issued);
    let parts =
        PAID_IN_PARTS_PERCENT.iter().find(|(habit, _)| *habit == debtor.habit).map_or(0, |(_, percent)| *percent);
    if random.chance(parts) {
        let part = owed.saturating_mul(random.between(30, 60)) / 100;
        book.payments.push(payment(&number, working_day(on), part, currency));
        owed = owed.saturating_sub(part);
        on = on.saturating_add(random.between(6, 24).days());
    } else if *overpaid < OVERPAYMENTS && debtor.habit == Habit::Punctual && random.chance(2) {
        *overpaid += 1;
        owed = owed.saturating_add(OVERPAID_MINOR);
    }
    book.payments.push(payment(&number, working_day(on), owed, currency));
}

fn pays_on(habit: Habit, due: Date, random: &mut Random) -> Date {
    let days_after_due = match habit {
        Habit::Punctual => random.between(-4, 0),
        Habit::Late => random.between(2, 21),
        Habit::Chronic => random.between(10, 48),
        Habit::Never => 0,
    };
    due.saturating_add(days_after_due.days())
}

fn payment(invoice: &str, on: Date, minor: i64, currency: &'static str) -> Payment {
    Payment { invoice: invoice.to_owned(), on, minor, currency, reference: String::new() }
}

/// The day itself, or the Monday after it.
pub(super) fn working_day(day: Date) -> Date {
    let beyond = match day.weekday() {
        Weekday::Saturday => 2,
        Weekday::Sunday => 1,
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => 0,
    };
    day.saturating_add(beyond.days())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn sample() -> Book {
        book(&crate::demo::SAMPLE.generated_into(std::path::Path::new("nowhere")))
    }

    #[test]
    fn the_sample_has_what_it_is_said_to_have() {
        let book = sample();
        let invoices = book.documents.iter().filter(|document| document.applies_to.is_none()).count();
        assert!((320..=420).contains(&invoices), "{invoices} invoices");
        assert!(book.documents.len() - invoices >= 4, "credit notes");
        let set = |of: fn(&Document) -> &str| book.documents.iter().map(of).collect::<BTreeSet<_>>();
        assert_eq!(set(|document| document.currency).into_iter().collect::<Vec<_>>(), ["EUR", "GBP"]);
        assert!(set(|document| document.debtor.place.time_zone).len() >= 5);
        assert_eq!(set(|document| &document.debtor.reference).len(), 60);
        let habits = [Habit::Punctual, Habit::Late, Habit::Chronic, Habit::Never];
        for habit in habits {
            assert!(book.documents.iter().any(|document| document.debtor.habit == habit), "{habit:?}");
        }
        let sms_only = book.documents.iter().filter(|one| one.debtor.email.is_empty());
        assert!(sms_only.clone().count() > 0);
        assert!(sms_only.into_iter().all(|one| one.debtor.sms_consent == "yes" && !one.debtor.phone.is_empty()));
    }

    #[test]
    fn payments_follow_their_invoices_and_few_are_partial_or_too_much() {
        let book = sample();
        let owed: BTreeMap<&str, (Date, i64)> =
            book.documents.iter().map(|one| (one.number.as_str(), (one.issued, one.minor))).collect();
        let credited: BTreeMap<&str, i64> =
            book.documents.iter().filter_map(|one| Some((one.applies_to.as_deref()?, one.minor))).collect();
        let mut paid: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for payment in &book.payments {
            assert!(payment.on >= owed[payment.invoice.as_str()].0);
            paid.entry(&payment.invoice).or_default().push(payment.minor);
        }
        let left = |number: &str| owed[number].1 - credited.get(number).copied().unwrap_or(0);
        let over = paid.iter().filter(|(number, parts)| parts.iter().sum::<i64>() > left(number)).count();
        let partial = paid.values().filter(|parts| parts.len() > 1).count();
        assert!((1..=OVERPAYMENTS).contains(&over), "{over} overpaid");
        assert!(partial >= 10, "{partial} paid in parts");
    }

    #[test]
    fn addresses_and_numbers_are_nobodys() {
        for document in sample().documents {
            let Debtor { email, phone, .. } = &document.debtor;
            assert!(email.is_empty() || email.ends_with(".example"), "{email}");
            let reserved = ["+447700900", "+121255501", "+121355501"];
            assert!(phone.is_empty() || reserved.iter().any(|range| phone.starts_with(range)), "{phone}");
        }
    }
}
