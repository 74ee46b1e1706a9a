//! What is said of a debtor by itself, and when invoices fall due by its terms.

use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::{Channel, DebtorKind, EmailAddress, PhoneNumber};
use dunlin_domain::credit::{CreditLimit, PaymentDays};
use dunlin_domain::debtor::{Around, BookingError, DebtorPatch, GroupError, Journal, Patch};
use dunlin_domain::event::EventKind;
use dunlin_domain::intake::{Due, InvoiceDraft};

use dunlin_domain::policy::Stage;
use dunlin_domain::reach::Way;
use jiff::Timestamp;

use crate::history::{Book, day, draft, eur, invoice_id};

fn amend(book: &mut Book, patch: &DebtorPatch) -> Result<Journal, GroupError> {
    let (mut journal, zone) = (Journal::default(), Zone::parse("UTC").unwrap());
    let around = Around { parent: None, children: 0, zone: &zone, now: Timestamp::UNIX_EPOCH };
    book.debtor.amend(patch, around, &mut journal).map(|()| journal)
}

fn phone(number: &str) -> Patch<PhoneNumber> {
    Patch::Set(PhoneNumber::parse(number).unwrap())
}

#[test]
fn what_is_said_is_taken_over_and_told_by_the_names_of_the_fields() {
    let mut book = Book::new("Europe/Berlin");
    let limits = [(eur(0).currency(), Some(CreditLimit::new(eur(5_000)).unwrap()))].into();
    let patch = DebtorPatch {
        name: Patch::Set("Other Ltd".to_owned()),
        email: Patch::Clear,
        kind: Patch::Set(DebtorKind::Business),
        zone: Patch::Clear,
        payment_days: Patch::Set(PaymentDays::parse("14").unwrap()),
        limits,
        ..DebtorPatch::default()
    };
    let journal = amend(&mut book, &patch).unwrap();
    let profile = &book.debtor.profile;
    assert_eq!((profile.name.as_str(), profile.contacts.email(), profile.zone.name()), ("Other Ltd", None, "UTC"));
    let told = "name,email,kind,time_zone,payment_terms_days,credit_limits";
    let events: Vec<_> = journal.events.iter().map(|event| (event.kind, event.detail.as_deref())).collect();
    assert_eq!(events, [(EventKind::DebtorUpdated, Some(told))]);
    let shown = format!("{:?}", journal.changes);
    assert!(!shown.contains("Other Ltd") && !shown.contains("c1.example"), "{shown}");
    assert!(shown.contains("50.00 EUR") && shown.contains("Europe/Berlin"), "{shown}");
    let again = amend(&mut book, &patch).unwrap();
    assert!(again.events.is_empty() && again.changes.is_empty(), "nothing differs");
    let all = amend(&mut book, &DebtorPatch { lifts_other_limits: true, ..DebtorPatch::default() }).unwrap();
    assert_eq!(all.changes.len(), 1);
    assert!(book.debtor.credit.limits().is_empty());
}

#[test]
fn consent_belongs_to_a_number_and_an_opt_out_to_an_address() {
    let mut book = Book::new("UTC");
    let now = Timestamp::UNIX_EPOCH;
    book.debtor.unsubscribe(now, &mut Journal::default());
    let by = |book: &Book, channel| matches!(book.debtor.profile.way(channel, Stage::Early, now), Way::To(_));
    let told = DebtorPatch { phone: phone("+441632960123"), sms_consent: Patch::Set(true), ..DebtorPatch::default() };
    amend(&mut book, &told).unwrap();
    assert!(by(&book, Channel::Sms) && !by(&book, Channel::Email));
    let email = Patch::Set(EmailAddress::parse("new@c1.example").unwrap());
    amend(&mut book, &DebtorPatch { phone: phone("+441632960124"), email, ..DebtorPatch::default() }).unwrap();
    assert!(!by(&book, Channel::Sms), "nobody agreed to texts to the new number");
    assert!(by(&book, Channel::Email), "a new address has not opted out of anything");
}

#[test]
fn an_invoice_without_a_due_date_falls_due_by_its_debtors_terms() {
    let terms = |days: Option<u16>| days.map(|days| PaymentDays::new(days).unwrap());
    for (own, parents, due) in [
        (Some(14), None, Some("2026-02-15")),
        (None, Some(30), Some("2026-03-03")),
        (Some(0), Some(30), Some("2026-02-01")),
        (None, None, None),
    ] {
        let mut book = Book::new("UTC");
        book.debtor.credit.payment_days = terms(own);
        let due_date = Due::ByTerms { otherwise: terms(parents) };
        let told = InvoiceDraft { due_date, ..draft("A", "2026-02-01", "2026-02-01", 100) };
        let booked = book.debtor.record_invoice(&told, &mut Journal::default());
        match due {
            Some(due) => assert_eq!(book.debtor.invoices[&invoice_id("A")].due_date, day(due), "{own:?} {parents:?}"),
            None => assert_eq!(booked, Err(BookingError::NoTerms(invoice_id("A")))),
        }
    }
}

#[test]
fn changed_terms_are_for_invoices_to_come() {
    let mut book = Book::new("UTC");
    book.debtor.credit.payment_days = PaymentDays::new(14).ok();
    let told =
        InvoiceDraft { due_date: Due::ByTerms { otherwise: None }, ..draft("A", "2026-02-01", "2026-02-01", 100) };
    let mut due = |told: &InvoiceDraft, days: u16| {
        book.debtor.credit.payment_days = PaymentDays::new(days).ok();
        book.debtor.record_invoice(told, &mut Journal::default()).unwrap();
        book.debtor.invoices[&invoice_id("A")].due_date
    };
    assert_eq!(due(&told, 14), day("2026-02-15"));
    let description = Some("Goods".to_owned());
    assert_eq!(due(&InvoiceDraft { description, ..told.clone() }, 30), day("2026-02-15"), "it keeps the day it has");
    assert_eq!(due(&InvoiceDraft { issue_date: day("2026-02-02"), ..told }, 30), day("2026-03-04"));
}
