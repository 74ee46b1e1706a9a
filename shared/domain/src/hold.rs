//! Holds: what stops chasing, for how much of a debt, why and until when.
//!
//! A hold that a person, the API, the portal or a provider sets has the same effect. What is agreed
//! ([`crate::agreement`]) and what is under way ([`crate::invoice::Stop`]) stops chasing in the same way, by itself.

use jiff::Timestamp;

use crate::charge::moratorium::Moratorium;
use crate::ids::{AccountKey, AgreementId, HoldId, InvoiceId};
use crate::invoice::Invoice;
use crate::money::Money;

/// Why a debt is not chased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldReason {
    /// The debtor promised to pay.
    Promise,
    /// The debtor contests what is asked.
    Dispute,
    /// Less was offered, and the offer stands.
    Settlement,
    /// The provider tries the payment again by itself.
    ProviderRetry,
    /// The debtor cannot pay at the moment.
    Hardship,
    /// The debtor has died.
    Deceased,
    /// The debtor is insolvent.
    Insolvent,
    /// The law gives the debtor time: breathing space, a statutory moratorium. Its days bear no interest and no fee, and
    /// none can be asked for afterwards (SI 2020/1311, regulation 7).
    Moratorium,
    /// An attorney acts for the debtor.
    Attorney,
    /// The debtor asked for contact to cease.
    CeaseRequest,
    /// What is known of payments is too old to act on.
    StaleSource,
    /// Someone decided so.
    Manual,
}

impl HoldReason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Promise,
        Self::Dispute,
        Self::Settlement,
        Self::ProviderRetry,
        Self::Hardship,
        Self::Deceased,
        Self::Insolvent,
        Self::Moratorium,
        Self::Attorney,
        Self::CeaseRequest,
        Self::StaleSource,
        Self::Manual,
    ];

    /// The reason's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promise => "promise",
            Self::Dispute => "dispute",
            Self::Settlement => "settlement",
            Self::ProviderRetry => "provider_retry",
            Self::Hardship => "hardship",
            Self::Deceased => "deceased",
            Self::Insolvent => "insolvent",
            Self::Moratorium => "moratorium",
            Self::Attorney => "attorney",
            Self::CeaseRequest => "cease_request",
            Self::StaleSource => "stale_source",
            Self::Manual => "manual",
        }
    }

    /// Reads what [`HoldReason::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == value)
    }

    /// Whether a hold may be set for it by itself; the others follow from an agreement and end with it.
    #[must_use]
    pub fn can_be_set(self) -> bool {
        !matches!(self, Self::Promise | Self::Dispute | Self::Settlement)
    }

    /// Whether nothing is charged either while it holds. Who has an attorney, or wants no contact, owes interest all the
    /// same.
    #[must_use]
    pub fn stops_charges(self) -> bool {
        !matches!(self, Self::Attorney | Self::CeaseRequest)
    }
}

/// How much of what is owed a hold is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldScope {
    /// All that the debtor owes, to whomever.
    Debtor,
    /// One creditor and currency.
    Account(AccountKey),
    /// One invoice.
    Invoice(InvoiceId),
    /// So much of an invoice; the rest is chased.
    Amount(InvoiceId, Money),
}

impl HoldScope {
    /// The invoice, where it is about one.
    #[must_use]
    pub fn invoice(&self) -> Option<&InvoiceId> {
        match self {
            Self::Debtor | Self::Account(_) => None,
            Self::Invoice(invoice) | Self::Amount(invoice, _) => Some(invoice),
        }
    }

    /// Whether it is about an invoice, or a part of it.
    #[must_use]
    pub fn reaches(&self, invoice: &Invoice) -> bool {
        match self {
            Self::Debtor => true,
            Self::Account(account) => invoice.account() == *account,
            Self::Invoice(id) | Self::Amount(id, _) => invoice.id == *id,
        }
    }
}

/// Through whom something was set or agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetBy {
    /// A person of the tenant.
    Staff,
    /// The tenant's own systems.
    Api,
    /// The debtor, in the portal.
    Portal,
    /// The debtor, in an answer to a message.
    Reply,
    /// A payment provider.
    Provider,
    /// A file.
    Import,
}

impl SetBy {
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Staff, Self::Api, Self::Portal, Self::Reply, Self::Provider, Self::Import];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Api => "api",
            Self::Portal => "portal",
            Self::Reply => "reply",
            Self::Provider => "provider",
            Self::Import => "import",
        }
    }

    /// Reads what [`SetBy::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == value)
    }
}

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id, unique within the debtor.
    pub id: HoldId,
    /// Why.
    pub reason: HoldReason,
    /// For how much.
    pub scope: HoldScope,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself at the latest; `None` where that is not known.
    pub until: Option<Timestamp>,
    /// What ends it before, where anything does. Without either someone has to lift it.
    pub ends_with: Option<HoldEvent>,
    /// Who set it.
    pub set_by: SetBy,
    /// What else there is to say.
    pub note: Option<String>,
}

/// The days of a moratorium that is over, for which nothing is charged afterwards either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMoratorium {
    /// What it was about.
    pub scope: HoldScope,
    /// Its days.
    pub days: Moratorium,
}

/// What ends a hold in the commit in which it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldEvent {
    /// This agreement of the debtor's ends, however it does.
    AgreementEnds(AgreementId),
    /// The debtor answers.
    Reply,
    /// Money comes in for what is held.
    Payment,
}

impl HoldEvent {
    /// `agreement`, `reply`, `payment`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::AgreementEnds(_) => "agreement",
            Self::Reply => "reply",
            Self::Payment => "payment",
        }
    }

    /// The agreement that it waits for.
    #[must_use]
    pub fn agreement(&self) -> Option<&AgreementId> {
        match self {
            Self::AgreementEnds(agreement) => Some(agreement),
            Self::Reply | Self::Payment => None,
        }
    }

    /// Reads what [`HoldEvent::as_str`] and [`HoldEvent::agreement`] write.
    #[must_use]
    pub fn parse(value: &str, agreement: Option<AgreementId>) -> Option<Self> {
        match (value, agreement) {
            ("agreement", Some(agreement)) => Some(Self::AgreementEnds(agreement)),
            ("reply", None) => Some(Self::Reply),
            ("payment", None) => Some(Self::Payment),
            _ => None,
        }
    }
}

/// How a hold ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldEnd {
    /// Its time was over.
    Expired,
    /// Someone lifted it.
    Lifted(SetBy),
    /// Nothing is owed any more on what it was about.
    Settled,
    /// The agreement that it waited for ended.
    AgreementEnded,
    /// The debtor answered.
    Replied,
    /// Money came in.
    Paid,
}

impl HoldEnd {
    /// The end's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Lifted(_) => "lifted",
            Self::Settled => "settled",
            Self::AgreementEnded => "agreement_ended",
            Self::Replied => "replied",
            Self::Paid => "paid",
        }
    }
}

impl Hold {
    /// Whether it stops anything at `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}
