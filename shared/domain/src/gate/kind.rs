//! What a rule may ask. The figures come from packs.

use jiff::SignedDuration;

use super::hours::Week;
use super::medium::Media;

/// A time that is looked back at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Calendar days in the debtor's zone, today being the last.
    Days(i32),
    /// So many hours to the second.
    Hours(i32),
}

impl Span {
    /// How long ago the oldest contact in it may lie at most. Days begin up to a day before now, on calendars that are
    /// little more apart.
    #[must_use]
    pub fn reaches_back(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::Hours(hours) => i64::from(hours).saturating_add(1),
            Self::Days(days) => i64::from(days).saturating_add(2).saturating_mul(24),
        })
    }
}

/// At most so many contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// The most in the time, the attempt included.
    pub most: u32,
    /// The time.
    pub span: Span,
    /// What counts.
    pub counts: Media,
    /// Whether only conversations count.
    pub conversations: bool,
    /// Whether each debt has its own count.
    pub each_debt: bool,
    /// What lifts it.
    pub lifted_by: Option<LiftedBy>,
    /// Whether the tenant's own number of calls a day goes before it.
    pub daily: bool,
}

/// A consent that lifts a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiftedBy {
    /// To be called more often.
    ExtraCalls,
    /// To recorded calls.
    PriorExpress,
}

/// Which disputes stop contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisputeRule {
    /// Those by mouth too.
    pub oral: bool,
    /// Those after the validation period too.
    pub late: bool,
    /// Only those not known to be without grounds.
    pub grounds: bool,
    /// Only from so many days after they were received.
    pub after_days: i32,
}

/// Nothing may be said, or nearly nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nothing after insolvency was filed for, but to take part in the proceedings.
    Insolvency,
    /// Nothing in a moratorium.
    Respite,
    /// Nothing after a demand to cease, but what the law excepts, each once.
    Cease {
        /// Demands by mouth too.
        oral: bool,
    },
    /// Nobody but the attorney.
    Attorney,
    /// Nobody but who acts for the estate.
    Deceased,
    /// Nothing about what is contested.
    Dispute(DisputeRule),
    /// Nothing before the original creditor was named.
    CreditorRequest,
    /// Nothing automated while data are contested.
    AccuracyContested,
    /// Nothing for so many days after a debt adviser told of a plan, and as many again while it comes about.
    Adviser {
        /// The days.
        days: i32,
    },
    /// Nothing about a debt that time has extinguished.
    Extinguished {
        /// The years.
        years: i16,
    },
}

/// Whether this medium, address and person may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// No medium that the debtor refused.
    MediumRefused,
    /// No address that opted out.
    OptedOut {
        /// All of the medium where one address opted out.
        whole_medium: bool,
        /// A confirmation may be sent within so many minutes.
        confirm_minutes: i32,
    },
    /// Nothing recorded or autodialled after an answer to marketing revoked consent.
    Revoked,
    /// Prior express consent.
    PriorExpress,
    /// Consent to electronic messages.
    Electronic,
    /// A basis for the e-mail address.
    MailBasis {
        /// The days between the creditor's notice and the deadline.
        notice_days: i32,
        /// Domains that anyone can have an address at.
        public_domains: Vec<String>,
    },
    /// A text, consent or check of the number that is recent.
    TextBasis {
        /// The most days since.
        max_age_days: i32,
    },
    /// No address that the employer provides.
    WorkMail,
    /// Nothing that others can see.
    Public,
    /// No calls at work.
    Workplace {
        /// Only where the employer forbids them.
        if_prohibited: bool,
    },
    /// Nobody else, but once to learn where the debtor is.
    ThirdParty {
        /// Whether a spouse may learn of the debt.
        spouse: bool,
    },
    /// No marketing after an objection.
    Objection,
}

/// When.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Only in these hours, on every clock that counts.
    Window {
        /// The hours.
        week: Week,
        /// Whether the debtor may consent to more.
        consent: bool,
    },
    /// Not at times that the debtor called inconvenient.
    Inconvenient,
}

/// How often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frequency {
    /// At most so many.
    Cap(Cap),
    /// No call for so many days after a conversation, its own day being the first.
    Cooldown {
        /// The days.
        days: i32,
        /// Whether each debt has its own.
        each_debt: bool,
    },
    /// So many minutes between two calls.
    Gap {
        /// The minutes.
        minutes: i32,
    },
}

impl Frequency {
    /// How long ago the oldest contact may lie that it asks about.
    #[must_use]
    pub fn looks_back(&self) -> SignedDuration {
        match self {
            Self::Cap(cap) => cap.span.reaches_back(),
            Self::Cooldown { days, .. } => Span::Days(*days).reaches_back(),
            Self::Gap { minutes } => SignedDuration::from_mins(i64::from(*minutes)),
        }
    }
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// A clear and simple way to opt out.
    OptOutLine,
    /// The headers of one-click unsubscription.
    OneClick,
    /// An offer must say how to opt out.
    CommercialOptOut,
    /// That a debt collector speaks.
    Disclosure,
    /// A voicemail is a limited-content message.
    LimitedContent {
        /// Words that tell of collection in a business's name.
        revealing: Vec<String>,
    },
    /// Nothing at odds with the right to dispute.
    Overshadowing,
    /// No threat of a suit that is barred.
    BarredThreat,
    /// Whence the data come, at the latest in the first communication.
    PrivacyNotice,
}

/// What a rule asks, in the order in which questions are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Whether anything may be said at all.
    Stop(Stop),
    /// Whether this medium, address and person may be used.
    Permission(Permission),
    /// When.
    Hours(Hours),
    /// How often.
    Frequency(Frequency),
    /// What is said.
    Demand(Demand),
}

impl Kind {
    /// Its place in the order of questions.
    #[must_use]
    pub fn order(&self) -> u8 {
        match self {
            Self::Stop(_) => 0,
            Self::Permission(_) => 1,
            Self::Hours(_) => 2,
            Self::Frequency(_) => 3,
            Self::Demand(_) => 4,
        }
    }
}
