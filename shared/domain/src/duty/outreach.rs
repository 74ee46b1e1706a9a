//! What a message must say, by who writes to whom, how and about what.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;

use super::Duties;
use super::because::Because;
use super::provision::{Bar, Lifts, Provision};
use crate::collector::CollectorRole;
use crate::contact::DebtorKind;
use crate::obligor::Obligor;

/// Something that the law wants said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// How to end messages to this address or number.
    OptOutLine,
    /// Who writes is a debt collector, attempts to collect, and uses what it learns for that.
    MiniMirandaInitial,
    /// Who writes is a debt collector.
    MiniMirandaSubsequent,
    /// The statements of the validation notice.
    ValidationNotice,
    /// What a letter of claim tells the debtor.
    PreActionText,
    /// On the envelope: for the eyes of the debtor alone.
    PrivateAndConfidential,
    /// Whence personal data came, what it is used for, and which rights there are.
    Article14Notice,
    /// That the debt is too old to be sued for.
    TimeBarredDisclosure,
}

impl Block {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::OptOutLine,
        Self::MiniMirandaInitial,
        Self::MiniMirandaSubsequent,
        Self::ValidationNotice,
        Self::PreActionText,
        Self::PrivateAndConfidential,
        Self::Article14Notice,
        Self::TimeBarredDisclosure,
    ];

    /// Its name in data, such as `opt_out_line`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OptOutLine => "opt_out_line",
            Self::MiniMirandaInitial => "mini_miranda_initial",
            Self::MiniMirandaSubsequent => "mini_miranda_subsequent",
            Self::ValidationNotice => "validation_notice",
            Self::PreActionText => "pre_action_text",
            Self::PrivateAndConfidential => "private_and_confidential",
            Self::Article14Notice => "article_14_notice",
            Self::TimeBarredDisclosure => "time_barred_disclosure",
        }
    }

    /// Reads what [`Block::as_str`] writes.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|block| block.as_str() == name)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How somebody is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// E-mail.
    Email,
    /// Text message.
    Sms,
    /// A letter in an envelope.
    Letter,
    /// A card that anybody can read.
    Postcard,
    /// A telephone conversation.
    Call,
    /// A message left on a telephone.
    Voicemail,
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// It asks for money.
    Demand,
    /// It is the validation notice.
    ValidationNotice,
    /// It is the letter before a claim.
    LetterOfClaim,
    /// A limited-content message, which says nothing of a debt and may say nothing else (12 CFR 1006.2(j)).
    LimitedContent,
}

/// A message that somebody wants to send, as far as law decides by it what must be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outreach {
    /// Who writes.
    pub role: CollectorRole,
    /// To whom.
    pub debtor: DebtorKind,
    /// Whether that is an individual.
    pub obligor: Obligor,
    /// How.
    pub medium: Medium,
    /// What about.
    pub matter: Matter,
    /// Whether it is the first communication about the debt.
    pub first: bool,
    /// The last day for the validation notice, where it is still owed.
    pub notice_due: Option<Date>,
    /// Whether the debt is one of regulated consumer credit.
    pub regulated_credit: bool,
    /// Whether the data came from the creditor and the debtor was not told so yet.
    pub not_informed: bool,
    /// Whether the time to sue is over.
    pub time_barred: bool,
}

impl Outreach {
    /// Whether a debt collector writes to a consumer, whom US federal law then protects.
    fn collector_to_consumer(&self) -> bool {
        self.role == CollectorRole::ThirdParty && self.debtor == DebtorKind::Consumer
    }

    fn demands(&self, block: Block, on: Date) -> bool {
        let protected = self.collector_to_consumer() && self.matter != Matter::LimitedContent;
        match block {
            Block::OptOutLine => self.collector_to_consumer() && matches!(self.medium, Medium::Email | Medium::Sms),
            Block::MiniMirandaInitial => protected && self.first,
            Block::MiniMirandaSubsequent => protected && !self.first,
            Block::ValidationNotice => {
                let last_chance = self.notice_due.is_some_and(|due| on >= due);
                protected && (self.matter == Matter::ValidationNotice || last_chance)
            }
            Block::PreActionText => self.matter == Matter::LetterOfClaim && self.obligor.is_natural(),
            Block::PrivateAndConfidential => self.regulated_credit && self.medium == Medium::Letter,
            Block::Article14Notice => self.role == CollectorRole::ThirdParty && self.not_informed && self.first,
            Block::TimeBarredDisclosure => self.debtor == DebtorKind::Consumer && self.time_barred,
        }
    }
}

impl Duties {
    /// Everything that the message must say on a day.
    #[must_use]
    pub fn demanded(&self, outreach: &Outreach, on: Date) -> BTreeSet<Block> {
        self.blocks.keys().copied().filter(|block| outreach.demands(*block, on)).collect()
    }

    /// What stands against a message that says some things and has to say others.
    #[must_use]
    pub fn unsaid(&self, demanded: &BTreeSet<Block>, said: &BTreeSet<Block>) -> Vec<Bar> {
        let missing = demanded.difference(said).filter_map(|block| self.blocks.get(block).map(|rule| (*block, rule)));
        missing.map(|(block, rule)| rule.bar(Because::Unsaid(block), Lifts::WhenMended)).collect()
    }

    /// The law by which what can be seen from outside, a subject or an envelope, must not tell of a debt.
    #[must_use]
    pub fn discreet(&self, outreach: &Outreach) -> Option<&Provision> {
        let must = outreach.collector_to_consumer() || outreach.regulated_credit;
        self.discretion.as_ref().filter(|_| must)
    }
}
