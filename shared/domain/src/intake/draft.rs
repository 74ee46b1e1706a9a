//! Documents that can be booked.

use std::fmt;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::calendar::Zone;
use crate::collection::Attempts;
use crate::contact::{EmailAddress, PhoneNumber};
use crate::credit::PaymentDays;
use crate::ids::{DebtorId, InvoiceId, OutsideId};
use crate::invoice::{SnapshotStamp, Source, Standing};
use crate::message::hex;
use crate::money::Money;
use crate::profile::ProfilePatch;
use crate::remittance::Report;

/// When an invoice falls due, as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// On this day.
    On(Date),
    /// So many days after its issue as its debtor has to pay; the days of its parent where it has none of its own.
    ByTerms {
        /// The parent's.
        otherwise: Option<PaymentDays>,
    },
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(day) => day.fmt(f),
            Self::ByTerms { .. } => f.write_str("by terms"),
        }
    }
}

/// An invoice that can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceDraft {
    /// Who owes.
    pub debtor: DebtorId,
    /// What is said of them.
    pub profile: ProfilePatch,
    /// Portfolio and number.
    pub id: InvoiceId,
    /// Where it comes from.
    pub source: Source,
    /// The customer's id at the source, where the source has customers.
    pub customer: Option<OutsideId>,
    /// The day it was issued.
    pub issue_date: Date,
    /// The last day to pay in time; not before the issue date.
    pub due_date: Due,
    /// More than nothing.
    pub total: Money,
    /// What for.
    pub description: Option<String>,
    /// What the creditor says of it.
    pub standing: Standing,
    /// What the source itself says was paid.
    pub reported_paid: Money,
    /// Which snapshot this is, where the source sends snapshots.
    pub stamp: Option<SnapshotStamp>,
    /// How far the source has come that collects it by itself; `None` where it leaves paying to the debtor.
    pub attempts: Option<Attempts>,
}

impl InvoiceDraft {
    /// A hash over everything that it says: an invoice that is handed in again with the same digest changes nothing.
    #[must_use]
    pub fn digest(&self) -> String {
        let p = &self.profile;
        let email = p.email.as_ref().map(EmailAddress::as_str);
        let phone = p.phone.as_ref().map(PhoneNumber::as_str);
        let zone = p.zone.as_ref().map(Zone::name);
        let who = format!(
            "{:?}\u{1f}{:?}\u{1f}{email:?}\u{1f}{phone:?}\u{1f}{:?}\u{1f}{:?}\u{1f}{:?}\u{1f}{:?}\u{1f}{zone:?}",
            p.name, p.kind, p.sms_consent, p.country, p.region, p.language
        );
        let what = format!(
            "{}\u{1f}{}\u{1f}{}\u{1f}{}\u{1f}{:?}\u{1f}{:?}",
            self.debtor, self.id, self.issue_date, self.due_date, self.total, self.description
        );
        let standing = format!("{:?}\u{1f}{:?}\u{1f}{:?}", self.stamp, self.standing, self.reported_paid);
        // Invoices that nobody collects keep the digest that they are known by.
        let collected = self.attempts.as_ref().map_or(String::new(), |attempts| format!("\u{1f}{attempts:?}"));
        hex(&Sha256::digest(format!("{who}\u{1f}{what}\u{1f}{standing}{collected}")), 16)
    }
}

/// A credit note: a report about a remittance, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNoteDraft {
    /// Whom it favours.
    pub debtor: DebtorId,
    /// The report to book.
    pub report: Box<Report>,
}

/// What a row or an element turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// An invoice.
    Invoice(Box<InvoiceDraft>),
    /// A credit note.
    CreditNote(CreditNoteDraft),
}
