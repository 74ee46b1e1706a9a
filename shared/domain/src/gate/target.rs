//! Where an attempt goes to, and what is known of the address or number.

use jiff::Timestamp;
use jiff::civil::Date;

use super::medium::{Family, Medium};
use crate::named::named;
use crate::reach::Address;

/// What a phone number belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A mobile phone.
    Wireless,
    /// A line at home.
    Residential,
    /// A line at work.
    Work,
}

named!(Line, Wireless => "wireless", Residential => "residential", Work => "work");

/// What is known of a phone number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Number {
    /// What it belongs to, where that is known.
    pub line: Option<Line>,
    /// Since when its holder wants no more texts or recorded calls.
    pub opted_out: Option<Timestamp>,
    /// The day of the last text from it about the debt, or of the last consent given directly.
    pub last_text: Option<Date>,
    /// The day on which a complete data base last said that it was not reassigned since.
    pub not_reassigned: Option<Date>,
}

/// Why an e-mail address may be used (12 CFR 1006.6(d)(4)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailBasis {
    /// The consumer wrote from it to this collector about the debt.
    UsedByConsumer,
    /// The consumer consented directly to this collector.
    DirectConsent,
    /// The creditor told the consumer of the transfer and of how to opt out.
    CreditorNotice {
        /// The day of the notice.
        sent: Option<Date>,
        /// The last day to opt out.
        deadline: Option<Date>,
    },
    /// A prior collector had one of these bases, and the one before this used the address.
    PriorCollector,
}

/// What is known of an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// Why it may be used.
    pub basis: Option<MailBasis>,
    /// Since when its holder wants no more e-mail there.
    pub opted_out: Option<Timestamp>,
    /// Whether it is known that the employer provides it.
    pub employer_provided: bool,
    /// The part behind the `@`, where a rule may have to know it.
    pub domain: Option<String>,
}

/// Where an attempt goes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// A postal address, or nothing of which more is known.
    #[default]
    Unknown,
    /// A phone number.
    Number(Number),
    /// An e-mail address.
    Mailbox(Mailbox),
}

impl Target {
    /// An address that a medium goes to, and of which nothing is known.
    #[must_use]
    pub fn nowhere_known(medium: Medium) -> Self {
        match medium.family() {
            Family::Email => Self::Mailbox(Mailbox::default()),
            Family::Texts | Family::Calls => Self::Number(Number::default()),
            Family::Post | Family::Social => Self::Unknown,
        }
    }

    /// Whether an address is of its kind.
    #[must_use]
    pub fn is_reached_by(&self, address: &Address) -> bool {
        match (self, address) {
            (Self::Number(_), Address::Phone(_)) | (Self::Mailbox(_), Address::Email(_)) => true,
            (Self::Number(_) | Self::Mailbox(_) | Self::Unknown, Address::Phone(_) | Address::Email(_)) => false,
        }
    }

    /// The same with what someone adds: what is told counts before what was known, and what keeps an address from being used
    /// stays.
    #[must_use]
    pub fn and(self, told: Self) -> Self {
        match (self, told) {
            (known, Self::Unknown) => known,
            (Self::Number(known), Self::Number(told)) => Self::Number(Number {
                line: told.line.or(known.line),
                opted_out: told.opted_out.or(known.opted_out),
                last_text: told.last_text.or(known.last_text),
                not_reassigned: told.not_reassigned.or(known.not_reassigned),
            }),
            (Self::Mailbox(known), Self::Mailbox(told)) => Self::Mailbox(Mailbox {
                basis: told.basis.or(known.basis),
                opted_out: told.opted_out.or(known.opted_out),
                employer_provided: told.employer_provided || known.employer_provided,
                domain: told.domain.or(known.domain),
            }),
            (_, told) => told,
        }
    }

    /// Since when its holder wants to hear no more there.
    #[must_use]
    pub fn opted_out(&self) -> Option<Timestamp> {
        match self {
            Self::Unknown => None,
            Self::Number(number) => number.opted_out,
            Self::Mailbox(mailbox) => mailbox.opted_out,
        }
    }

    /// What line it is, where that is known.
    #[must_use]
    pub fn line(&self) -> Option<Line> {
        match self {
            Self::Number(number) => number.line,
            Self::Unknown | Self::Mailbox(_) => None,
        }
    }
}
