//! What a validation notice says (12 CFR 1006.34(c)).

use std::fmt;

use jiff::civil::Date;

use super::because::Because;
use super::provision::{Bar, Lifts};
use super::validation::ValidationLaw;
use crate::charge::itemization::Itemization;
use crate::money::Money;

/// The day that a debt is itemized from; once chosen for a debt it stays (12 CFR 1006.34(b)(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceDate {
    /// Of the last statement or invoice that the creditor sent.
    LastStatement(Date),
    /// On which the debt was charged off.
    ChargeOff(Date),
    /// Of the last payment.
    LastPayment(Date),
    /// Of the transaction that made the debt.
    Transaction(Date),
    /// Of the final judgment.
    Judgment(Date),
}

impl ReferenceDate {
    /// The day itself.
    #[must_use]
    pub fn day(self) -> Date {
        match self {
            Self::LastStatement(day)
            | Self::ChargeOff(day)
            | Self::LastPayment(day)
            | Self::Transaction(day)
            | Self::Judgment(day) => day,
        }
    }
}

/// A part that a validation notice cannot be without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticePart {
    /// Name and address of the collector.
    Collector,
    /// Name and address of the consumer.
    Consumer,
    /// The creditor on the itemization date.
    CreditorThen,
    /// To whom the debt is owed now.
    CreditorNow,
    /// The account's number, which may be cut short.
    Account,
    /// The itemization date, which lies before the notice.
    ItemizationDate,
    /// How to dispute electronically, where the notice goes that way.
    ElectronicDispute,
}

impl fmt::Display for NoticePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Collector => "name and address of the collector",
            Self::Consumer => "name and address of the consumer",
            Self::CreditorThen => "who the creditor was on the itemization date",
            Self::CreditorNow => "to whom the debt is owed now",
            Self::Account => "the number of the account",
            Self::ItemizationDate => "an itemization date that lies before the notice",
            Self::ElectronicDispute => "how to dispute electronically, which it must where it is sent so",
        })
    }
}

/// What is told about one debt. The disclosures and statements of rights, which are the same in every notice, are blocks
/// of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationNotice {
    /// Name and address of the collector.
    pub collector: String,
    /// Name and address of the consumer.
    pub consumer: String,
    /// The creditor on the itemization date.
    pub creditor_then: String,
    /// To whom the debt is owed now.
    pub creditor_now: String,
    /// The account's number, which may be cut short.
    pub account: String,
    /// Whence the debt is itemized.
    pub reference: ReferenceDate,
    /// Its parts since then.
    pub itemization: Itemization,
    /// The current amount, as it is named.
    pub current: Money,
    /// The last day to dispute, as it is named.
    pub period_end: Date,
    /// How to dispute electronically: an address or a page.
    pub electronic_dispute: Option<String>,
}

/// How a notice is provided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// On paper.
    Paper,
    /// By e-mail or text message.
    Electronic,
}

impl ValidationLaw {
    /// Whether the parts come to the amount that a notice names, to the cent.
    ///
    /// # Errors
    /// A [`Bar`] where they do not, or cannot be added.
    pub fn itemized(&self, parts: &Itemization, named: Money) -> Result<(), Bar> {
        let because = match parts.current() {
            Ok(parts) if parts == named => return Ok(()),
            Ok(parts) => Because::Itemization { parts, named },
            Err(error) => Because::Parts(error),
        };
        Err(self.notice.bar(because, Lifts::WhenMended))
    }
}

impl ValidationNotice {
    /// Everything that is wrong with the notice, if it is provided on a day in a certain way.
    #[must_use]
    pub fn bars(&self, law: &ValidationLaw, provided: Date, delivery: Delivery) -> Vec<Bar> {
        let mut found = self.missing(provided, delivery);
        let end = law.period_end(provided);
        if self.period_end < end {
            found.push(Because::PeriodTooShort(end));
        }
        let found = found.into_iter().map(|because| law.notice.bar(because, Lifts::WhenMended));
        found.chain(law.itemized(&self.itemization, self.current).err()).collect()
    }

    fn missing(&self, provided: Date, delivery: Delivery) -> Vec<Because> {
        let said = |text: &str| !text.trim().is_empty();
        let dispute = self.electronic_dispute.as_deref().is_some_and(said) || delivery == Delivery::Paper;
        let parts = [
            (NoticePart::Collector, said(&self.collector)),
            (NoticePart::Consumer, said(&self.consumer)),
            (NoticePart::CreditorThen, said(&self.creditor_then)),
            (NoticePart::CreditorNow, said(&self.creditor_now)),
            (NoticePart::Account, said(&self.account)),
            (NoticePart::ItemizationDate, self.reference.day() <= provided),
            (NoticePart::ElectronicDispute, dispute),
        ];
        let missing = parts.into_iter().filter(|(_, said)| !said);
        missing.map(|(part, _)| Because::NoticeLacks(part)).collect()
    }
}
