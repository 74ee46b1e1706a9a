//! What the gate says, and why.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::{Citation, RuleId};

/// Why a rule does not let an attempt pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Insolvency was filed for on this day.
    Insolvent(Date),
    /// The law keeps creditors off since this day.
    Respite(Date),
    /// The debtor demanded that contact cease.
    Ceased,
    /// An attorney acts for the debtor.
    Attorney,
    /// The debtor has died.
    Deceased,
    /// The debt is contested.
    Contested,
    /// The debtor asked who the original creditor is.
    CreditorAsked,
    /// The debtor says that the data are wrong.
    AccuracyContested,
    /// A debt adviser is at work.
    Adviser,
    /// The debt has ceased to exist since this day.
    Extinguished(Date),
    /// The debtor does not want this medium.
    MediumRefused,
    /// The address, or another of its kind, has opted out.
    OptedOut,
    /// Consent to recorded and autodialled messages was revoked.
    Revoked,
    /// There is no consent that would be needed.
    NoConsent,
    /// Nothing shows that only the debtor reads the address.
    MailBasis,
    /// The creditor's notice leaves time to opt out.
    MailNotice,
    /// No text or check of the number is recent enough.
    TextBasis,
    /// The employer provides the address.
    WorkMail,
    /// Others could see it.
    Public,
    /// The line is at work.
    Workplace,
    /// Someone else would learn of the debt.
    ThirdParty,
    /// Someone else was asked where the debtor is before.
    AskedBefore,
    /// The debtor objected to marketing.
    Objected,
    /// Outside the hours at a place where the debtor may be.
    Hours,
    /// No place, and so no clock, is known.
    NoClock,
    /// A time that the debtor called inconvenient.
    Inconvenient,
    /// A request of the debtor that nobody has read.
    UnreadRequest,
    /// So many contacts are all that may be made in the time.
    Cap(u32),
    /// The debtor was spoken to.
    Cooldown,
    /// The last call was less than so many minutes ago.
    Gap(i32),
    /// The message does not say how to opt out.
    NoOptOut,
    /// The message has no one-click opt-out.
    NoOneClick,
    /// An offer without a way to opt out.
    CommercialOptOut,
    /// It does not say that a debt collector speaks.
    NoDisclosure,
    /// The voicemail says more than a limited-content message may, or less than it must.
    Voicemail,
    /// It is at odds with the right to dispute.
    Overshadows,
    /// It threatens a suit that can no longer be brought.
    BarredThreat,
    /// It does not tell whence the data come.
    NoPrivacyNotice,
}

impl Why {
    fn words(self) -> &'static str {
        match self {
            Self::Insolvent(_) => "insolvency was filed for, and nothing may be demanded since",
            Self::Respite(_) => "a moratorium protects the debtor",
            Self::Ceased => "the debtor demanded that contact cease",
            Self::Attorney => "an attorney acts for the debtor: contact the attorney",
            Self::Deceased => "the debtor has died: contact a named person who acts for the estate",
            Self::Contested => "the debt is contested and not verified",
            Self::CreditorAsked => "the debtor asked for the original creditor and was not answered",
            Self::AccuracyContested => "the debtor says that the data are wrong, and nobody has verified them",
            Self::Adviser => "a debt adviser works on a plan",
            Self::Extinguished(_) => "the debt is so old that it has ceased to exist",
            Self::MediumRefused => "the debtor does not want to be contacted by this medium",
            Self::OptedOut => "this address has opted out",
            Self::Revoked => "consent to recorded and autodialled messages was revoked",
            Self::NoConsent => "the consent that this medium needs is missing",
            Self::MailBasis => "nothing on file shows that the debtor reads this address alone",
            Self::MailNotice => "the time to opt out that the creditor's notice must leave is not over",
            Self::TextBasis => "no text, consent or check of the number is recent enough",
            Self::WorkMail => "the employer provides this address",
            Self::Public => "others could see it",
            Self::Workplace => "calls at work are not allowed",
            Self::ThirdParty => "someone else would learn of the debt",
            Self::AskedBefore => "this person was asked where the debtor is before",
            Self::Objected => "the debtor objected to marketing",
            Self::Hours => "it is outside the hours for contact at a place where the debtor may be",
            Self::NoClock => "no place of the debtor is known, and so no clock",
            Self::Inconvenient => "the debtor called this time inconvenient",
            Self::UnreadRequest => "the debtor asked for something about contact that a person must read first",
            Self::Cap(_) => "as many contacts as are allowed were made in the time",
            Self::Cooldown => "the debtor was spoken to a short time ago",
            Self::Gap(_) => "the last call was too short a time ago",
            Self::NoOptOut => "it does not say clearly and simply how to opt out",
            Self::NoOneClick => "it has no one-click opt-out",
            Self::CommercialOptOut => "it offers something, and does not say how to opt out",
            Self::NoDisclosure => "it does not say that it is from a debt collector",
            Self::Voicemail => "the voicemail is not a limited-content message",
            Self::Overshadows => "it is at odds with the right to dispute while the validation period runs",
            Self::BarredThreat => "it threatens a suit that can no longer be brought",
            Self::NoPrivacyNotice => "it does not tell whence the personal data come",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())?;
        if let Self::Insolvent(day) | Self::Respite(day) | Self::Extinguished(day) = self {
            write!(f, " (since {day})")?;
        } else if let Self::Cap(most) = self {
            write!(f, " ({most})")?;
        } else if let Self::Gap(minutes) = self {
            write!(f, " (less than {minutes} minutes)")?;
        }
        Ok(())
    }
}

/// How long a rule goes on refusing, as far as time alone can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// It would pass from this moment on, and not before.
    At(Timestamp),
    /// Until a fact changes: an answer, a consent, another text.
    FactsChange,
}

impl Until {
    /// The moment, where there is one.
    #[must_use]
    pub fn moment(self) -> Option<Timestamp> {
        match self {
            Self::At(moment) => Some(moment),
            Self::FactsChange => None,
        }
    }

    /// Whichever comes first.
    pub(super) fn or_at(self, other: Option<Timestamp>) -> Self {
        match (self.moment(), other) {
            (Some(one), Some(other)) => Self::At(one.min(other)),
            (Some(moment), None) | (None, Some(moment)) => Self::At(moment),
            (None, None) => Self::FactsChange,
        }
    }
}

/// A rule that does not let an attempt pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule.
    pub rule: RuleId,
    /// Where it stands.
    pub source: Citation,
    /// Why.
    pub why: Why,
    /// For how long.
    pub until: Until,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.why)?;
        self.until.moment().map_or(Ok(()), |until| write!(f, ", until {until}"))
    }
}

/// What the gate says of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may be made.
    Allowed {
        /// Defaults that would have refused it, had the tenant not loosened them.
        loosened: Vec<RuleId>,
    },
    /// It may not.
    Refused {
        /// Every rule that fails: stops, then permission, hours, frequency, content.
        refusals: Vec<Refusal>,
        /// The first moment at which it would pass, if no fact changes. None where a fact has to change, or none was
        /// found in the time looked at.
        earliest: Option<Timestamp>,
    },
}

impl Verdict {
    /// Whether it may be made.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// Every rule that fails.
    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        match self {
            Self::Allowed { .. } => &[],
            Self::Refused { refusals, .. } => refusals,
        }
    }

    /// The first moment at which it would pass; none where it passes now.
    #[must_use]
    pub fn earliest(&self) -> Option<Timestamp> {
        match self {
            Self::Allowed { .. } => None,
            Self::Refused { earliest, .. } => *earliest,
        }
    }
}
