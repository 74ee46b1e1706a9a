//! The debtor: all that a decision needs to know of someone who owes, and the only way to change it.
//!
//! What changes a debtor appends what happened to a [`Journal`]; the store commits both together or neither.

mod account;
mod agreed;
mod agreeing;
mod allocating;
mod amending;
mod booking;
mod charges;
mod charging;
mod claims;
mod contact;
mod contacting;
mod covering;
mod credit;
mod exposure;
mod group;
mod journal;
mod late;
mod leftover;
mod naming;
mod obstacles;
mod placing;
mod reaching;
mod recorded;
mod refunds;
mod reopening;
mod replaying;
mod resting;
mod reversing;
mod rules;
mod settling;
mod told;
mod waiting;

pub use account::{Account, Allocating, Cycle, StepDone, Tries};
pub use agreed::{Agreed, Tally, Turn};
pub use agreeing::{HoldError, Proposal};
pub use allocating::{AtHand, Needs, OnAccount};
pub use amending::{Around, DebtorPatch, FieldChange, Patch};
pub use booking::{BookingError, Invoiced};
pub use charges::{Charge, ChargeKind, Charged, WriteOff};
pub(crate) use charging::is_by_rule;
pub use charging::{Charging, DueCharge, Occasion};
pub use claims::{Claim, Held, Standstill};
pub use contact::PLANNED_FOR;
pub use contacting::{ContactError, ContactNote, ContactStep};
pub use credit::{CreditError, CreditOrder, CreditUse};
pub use exposure::Owed;
pub use group::{GroupError, Membership};
pub use journal::{Deltas, GroupDelta, Journal, MessageCount, OpenDelta};
pub use late::{FeeRule, LateError, Ordered};
pub use obstacles::{Barred, Obstacle};
pub use reaching::{Heard, Stop};
pub use recorded::RecordedContact;
pub use reopening::{ReopenedBy, Reopening};

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::agreement::Agreement;
use crate::credit::CreditTerms;
use crate::hold::{Hold, PastMoratorium};
use crate::ids::{AccountKey, AgreementId, DebtorId, HoldId, InvoiceId, TenantId};
use crate::invoice::Invoice;
use crate::money::{Currency, Money, MoneyError};
use crate::profile::Profile;

/// Someone who owes, within one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debtor {
    /// The tenant.
    pub tenant: TenantId,
    /// The tenant's reference.
    pub id: DebtorId,
    /// Who it is and how to reach them.
    pub profile: Profile,
    /// Where it stands among companies that belong together.
    pub membership: Membership,
    /// What it is granted; what its group is, where it is the parent.
    pub credit: CreditTerms,
    /// The currencies in which it owes more than its own limit.
    pub exceeded: BTreeSet<Currency>,
    /// State for each creditor and currency.
    pub accounts: BTreeMap<AccountKey, Account>,
    /// Every live invoice, and those closed ones that were loaded for a change.
    pub invoices: BTreeMap<InvoiceId, Invoice>,
    /// What stops chasing, set by itself.
    pub holds: BTreeMap<HoldId, Hold>,
    /// Moratoria that are over: nothing is charged for their days.
    pub moratoria: Vec<PastMoratorium>,
    /// What was agreed and stands.
    pub agreements: BTreeMap<AgreementId, Agreement>,
    /// The latest contacts, newest last, whoever made them: one budget for all that is owed. Kept for as long as any rule
    /// looks back.
    pub contacts: Vec<RecordedContact>,
}

impl Debtor {
    /// Someone who owes nothing yet.
    #[must_use]
    pub fn new(tenant: TenantId, id: DebtorId, profile: Profile) -> Self {
        Self {
            tenant,
            id,
            profile,
            membership: Membership::Alone,
            credit: CreditTerms::default(),
            exceeded: BTreeSet::new(),
            accounts: BTreeMap::new(),
            invoices: BTreeMap::new(),
            holds: BTreeMap::new(),
            moratoria: Vec::new(),
            agreements: BTreeMap::new(),
            contacts: Vec::new(),
        }
    }

    /// The date on the debtor's own calendar.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        self.profile.zone.date(now)
    }

    /// The invoices of one account, oldest due first.
    #[must_use]
    pub fn invoices_of(&self, key: &AccountKey) -> Vec<&Invoice> {
        let mut invoices: Vec<&Invoice> = self.invoices.values().filter(|invoice| invoice.account() == *key).collect();
        invoices.sort_by(|a, b| (a.due_date, &a.id).cmp(&(b.due_date, &b.id)));
        invoices
    }

    /// What is open on one account.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn balance(&self, key: &AccountKey) -> Result<Money, MoneyError> {
        Money::sum(key.currency, self.invoices_of(key).into_iter().map(Invoice::balance))
    }

    /// Whether a payment is being allocated to invoices, or taken back from them.
    #[must_use]
    pub fn is_allocating(&self) -> bool {
        self.accounts.values().any(|account| !account.allocating.is_empty())
    }

    fn account_mut(&mut self, key: &AccountKey) -> &mut Account {
        self.accounts.entry(key.clone()).or_insert_with(|| Account::new(key.currency))
    }
}
