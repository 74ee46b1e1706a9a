//! An attempt to reach someone, before it is made.

use jiff::Timestamp;
use jiff::civil::Date;

use super::wording::Wording;
use crate::ids::{ParticularDebt, PersonId};
use crate::money::Money;

/// A way to reach someone, as finely as the law tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Medium {
    /// E-mail.
    Email,
    /// A text message that no autodialler sends.
    Sms,
    /// A text message from an autodialler.
    Robotext,
    /// A call that a person dials.
    Call,
    /// A call with a prerecorded or artificial voice.
    Prerecorded,
    /// A message left on a voicemail, ringing or not.
    Voicemail,
    /// A letter in an envelope.
    Letter,
    /// A postcard.
    Postcard,
    /// Something in a social network that others can see.
    PublicPost,
}

/// What a debtor means by a medium when they ask not to be reached by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// E-mail.
    Email,
    /// Text messages.
    Texts,
    /// Calls and voicemail.
    Calls,
    /// Letters and cards.
    Post,
    /// Social networks.
    Social,
}

impl Medium {
    /// Every medium.
    pub const ALL: [Self; 9] = [
        Self::Email,
        Self::Sms,
        Self::Robotext,
        Self::Call,
        Self::Prerecorded,
        Self::Voicemail,
        Self::Letter,
        Self::Postcard,
        Self::PublicPost,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Robotext => "robotext",
            Self::Call => "call",
            Self::Prerecorded => "prerecorded",
            Self::Voicemail => "voicemail",
            Self::Letter => "letter",
            Self::Postcard => "postcard",
            Self::PublicPost => "public_post",
        }
    }

    /// Reads what [`Medium::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|medium| medium.as_str() == value)
    }

    /// What a debtor takes it for.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::Email => Family::Email,
            Self::Sms | Self::Robotext => Family::Texts,
            Self::Call | Self::Prerecorded | Self::Voicemail => Family::Calls,
            Self::Letter | Self::Postcard => Family::Post,
            Self::PublicPost => Family::Social,
        }
    }

    fn bit(self) -> u16 {
        match self {
            Self::Email => 1,
            Self::Sms => 1 << 1,
            Self::Robotext => 1 << 2,
            Self::Call => 1 << 3,
            Self::Prerecorded => 1 << 4,
            Self::Voicemail => 1 << 5,
            Self::Letter => 1 << 6,
            Self::Postcard => 1 << 7,
            Self::PublicPost => 1 << 8,
        }
    }
}

/// Some media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Media(u16);

impl Media {
    /// Whether it is one of them.
    #[must_use]
    pub fn has(self, medium: Medium) -> bool {
        self.0 & medium.bit() != 0
    }
}

impl FromIterator<Medium> for Media {
    fn from_iter<I: IntoIterator<Item = Medium>>(media: I) -> Self {
        Self(media.into_iter().fold(0, |all, medium| all | medium.bit()))
    }
}

/// What an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To collect what is owed.
    Collect,
    /// To say once that an opt-out was heard, and nothing else.
    OptOutConfirmation {
        /// How many were sent already.
        sent: u32,
    },
    /// To learn from someone else where the debtor is (15 U.S.C. 1692b).
    LocationInformation,
    /// To say that collection ends (15 U.S.C. 1692c(c)(1)).
    EffortsTerminated,
    /// To say that a remedy ordinarily invoked may be (15 U.S.C. 1692c(c)(2)).
    RemedyPossible,
    /// To say that a remedy is intended (15 U.S.C. 1692c(c)(3)).
    RemedyIntended,
    /// To take part in insolvency proceedings.
    ProofOfClaim,
    /// To give a notice that the law demands.
    RequiredNotice,
    /// To offer goods, services or new credit.
    Marketing,
}

/// Who is contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    /// Who owes, or owes with them.
    Debtor,
    /// The debtor's spouse, who counts as the consumer (12 CFR 1006.6(a)(1)).
    Spouse,
    /// The parent or guardian of a debtor, who counts as the consumer (12 CFR 1006.6(a)(2), (3)).
    Guardian,
    /// Who acts for the estate of a debtor who has died.
    Executor {
        /// Whether the person is known by name.
        named: bool,
    },
    /// The debtor's attorney.
    Attorney,
    /// A credit bureau, the creditor, or an attorney of creditor or collector (12 CFR 1006.6(d)(1)(iii) to (vi)).
    Professional,
    /// Anyone else.
    ThirdParty {
        /// Whether they asked to be contacted again.
        asked_back: bool,
        /// Whether what they said before is believed to have been wrong or incomplete, and they to know better now.
        doubted: bool,
    },
}

impl Addressee {
    /// Whether no rule about people who owe protects them.
    #[must_use]
    pub fn is_professional(self) -> bool {
        matches!(self, Self::Attorney | Self::Professional)
    }
}

/// How a message lets its reader end such messages to the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOutLine {
    /// Not at all.
    Absent,
    /// Only with a login, a reason, a fee or the like.
    Burdened,
    /// Clearly and simply (12 CFR 1006.6(e)).
    Simple,
}

/// What is said on a voicemail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceMessage {
    /// The business, as it names itself.
    pub business: String,
    /// Who is to be called back.
    pub person: Option<String>,
    /// The number to be called.
    pub number: Option<String>,
    /// Whether it asks for an answer.
    pub asks_reply: bool,
    /// Whether it says anything else.
    pub says_more: bool,
}

/// What an attempt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Whether it is the first communication about the debt.
    pub first: bool,
    /// Whether it says that a debt is owed.
    pub states_debt: bool,
    /// Whether it says that a debt collector speaks, and in the first that information will be used for collection.
    pub says_debt_collector: bool,
    /// Whether it tells who has the person's data, why and from whom (GDPR art. 14).
    pub privacy_notice: bool,
    /// How it lets its reader opt out.
    pub opt_out: OptOutLine,
    /// Whether it carries the headers of one-click unsubscription (RFC 8058).
    pub one_click: bool,
    /// What its subject and text say.
    pub wording: Wording,
    /// What is said on a voicemail, where that is known.
    pub voice: Option<VoiceMessage>,
    /// What it asks for; all that is owed where that is not said.
    pub demanded: Option<Money>,
}

impl Default for Content {
    /// A message of which nothing is known: it lacks all that a rule may demand.
    fn default() -> Self {
        Self {
            first: false,
            states_debt: true,
            says_debt_collector: false,
            privacy_notice: false,
            opt_out: OptOutLine::Absent,
            one_click: false,
            wording: Wording::default(),
            voice: None,
            demanded: None,
        }
    }
}

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

/// An attempt to reach someone about debts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// How.
    pub medium: Medium,
    /// What for.
    pub purpose: Purpose,
    /// Whether no person decides on it.
    pub automated: bool,
    /// Who it is meant for.
    pub addressee: Addressee,
    /// Which person that is.
    pub person: PersonId,
    /// The debts it is about; all of the debtor's where none is named.
    pub debts: Vec<ParticularDebt>,
    /// Where it goes to.
    pub to: Target,
    /// How many answers were given already to what the person sent by this medium, where this is one.
    pub answers: Option<u32>,
    /// What it says.
    pub content: Content,
}

impl Attempt {
    /// An attempt to collect from the debtor, of which nothing more is known.
    #[must_use]
    pub fn new(medium: Medium, person: PersonId) -> Self {
        Self {
            medium,
            purpose: Purpose::Collect,
            automated: false,
            addressee: Addressee::Debtor,
            person,
            debts: Vec::new(),
            to: Target::Unknown,
            answers: None,
            content: Content::default(),
        }
    }

    /// Whether it offers something: by its purpose, or by what it says.
    #[must_use]
    pub fn solicits(&self) -> bool {
        self.purpose == Purpose::Marketing || self.content.wording.promotes
    }

    /// Whether it is the first answer to what the person sent by the same medium.
    #[must_use]
    pub fn is_first_answer(&self) -> bool {
        self.answers == Some(0)
    }

    /// Whether it is about this debt.
    #[must_use]
    pub fn concerns(&self, debt: Option<&ParticularDebt>) -> bool {
        debt.is_none_or(|debt| self.debts.is_empty() || self.debts.contains(debt))
    }
}
