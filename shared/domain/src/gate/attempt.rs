//! An attempt to reach someone, before it is made.

use super::medium::Medium;
use super::target::Target;
use super::wording::Wording;
use crate::collector::CollectorRole;
use crate::ids::{ParticularDebt, PersonId};
use crate::money::Money;

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

impl Purpose {
    /// Every one; the number of confirmations is told apart.
    pub const ALL: [Self; 9] = [
        Self::Collect,
        Self::OptOutConfirmation { sent: 0 },
        Self::LocationInformation,
        Self::EffortsTerminated,
        Self::RemedyPossible,
        Self::RemedyIntended,
        Self::ProofOfClaim,
        Self::RequiredNotice,
        Self::Marketing,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::OptOutConfirmation { .. } => "opt_out_confirmation",
            Self::LocationInformation => "location_information",
            Self::EffortsTerminated => "efforts_terminated",
            Self::RemedyPossible => "remedy_possible",
            Self::RemedyIntended => "remedy_intended",
            Self::ProofOfClaim => "proof_of_claim",
            Self::RequiredNotice => "required_notice",
            Self::Marketing => "marketing",
        }
    }

    /// Reads what [`Purpose::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == value)
    }
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

impl Content {
    /// A message that says all that a rule may demand: for questions about everything but the words.
    #[must_use]
    pub fn flawless() -> Self {
        Self {
            says_debt_collector: true,
            privacy_notice: true,
            opt_out: OptOutLine::Simple,
            one_click: true,
            voice: Some(VoiceMessage::limited()),
            ..Self::default()
        }
    }

    /// What a reminder of ours says: e-mail ends by one click, in its headers and its text, a text by an answer. Who collects
    /// for others says so, and where it has the data from: a message that does not is refused before it is claimed.
    #[must_use]
    pub fn of_reminder(role: CollectorRole) -> Self {
        let for_others = role == CollectorRole::ThirdParty;
        let (says_debt_collector, privacy_notice) = (for_others, for_others);
        Self { opt_out: OptOutLine::Simple, one_click: true, says_debt_collector, privacy_notice, ..Self::default() }
    }
}

impl VoiceMessage {
    /// One with limited content (12 CFR 1006.2(j)): a business, a person and a number, and that a call back is asked for.
    fn limited() -> Self {
        let said = || "-".to_owned();
        Self { business: said(), person: Some(said()), number: Some(said()), asks_reply: true, says_more: false }
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
