//! What is said of a debtor by itself. A parent is made one in a commit of its own, which is harmless alone; what then joins
//! it is conditional on that.

use dunlin_domain::debtor::{Around, DebtorPatch, GroupError, Journal, Membership, Patch};
use dunlin_domain::ids::DebtorId;
use jiff::Timestamp;

use super::{Books, BooksError, Changed, Races};
use crate::store::{Loaded, Receipt, StoreError, Tenancy, Writes};

/// Whether a debtor that is not known is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It is not found.
    Missing,
    /// It is made.
    Made,
}

impl Books {
    /// Takes over what is said of a debtor, once. The answer is whether the debtor is new.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; the same call goes on from there.
    pub async fn amend(
        &self,
        tenancy: &Tenancy,
        (id, unknown): (&DebtorId, Unknown),
        patch: &DebtorPatch,
        receipt: Option<&Receipt>,
        now: Timestamp,
    ) -> Result<Changed<bool, GroupError>, BooksError> {
        let mut races = Races::default();
        loop {
            let mut loaded = match unknown {
                Unknown::Made => self.load_or_new(tenancy, id).await?,
                Unknown::Missing => match self.store.load(&tenancy.tenant, id).await? {
                    Some(loaded) => loaded,
                    None => return Ok(Changed::NoDebtor),
                },
            };
            if let Some(before) = self.done_before(tenancy, &loaded, receipt).await? {
                return Ok(before);
            }
            let new = loaded.version() == 0;
            match self.amend_once(tenancy, &mut loaded, patch, receipt, now).await {
                Ok(Ok(journal)) => {
                    let (debtor, journal) = (Box::new(loaded.debtor), Box::new(journal));
                    return Ok(Changed::Made { answer: new, debtor, journal });
                }
                Ok(Err(error)) => return Ok(Changed::Refused(error)),
                Err(error) => races.lost(error).await?,
            }
        }
    }

    async fn amend_once(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        patch: &DebtorPatch,
        receipt: Option<&Receipt>,
        now: Timestamp,
    ) -> Result<Result<Journal, GroupError>, StoreError> {
        let mut parent = self.parent_named(tenancy, loaded, patch).await?;
        let leads = loaded.debtor.membership == Membership::Leads;
        let children = match &parent {
            Some(_) if leads => self.store.count_children(&tenancy.tenant, &loaded.debtor.id).await?,
            Some(_) | None => 0,
        };
        let mut journal = Journal::default();
        self.roll(tenancy, loaded, &mut journal, now).await?;
        let parent_of = parent.as_ref().map(|parent| &parent.debtor);
        let around = Around { parent: parent_of, children, zone: &tenancy.zone, now };
        if let Err(error) = loaded.debtor.amend(patch, around, &mut journal) {
            return Ok(Err(error));
        }
        if let Some(parent) = &mut parent {
            match parent.debtor.lead() {
                Ok(true) => drop(self.commit(tenancy, parent, Journal::default(), &Writes::default(), now).await?),
                Ok(false) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        if !loaded.is_changed() {
            return Ok(Ok(journal));
        }
        let writes = Writes { receipt: receipt.cloned(), ..Writes::default() };
        self.commit(tenancy, loaded, journal, &writes, now).await.map(Ok)
    }

    /// The parent that a patch newly names, if there is such a debtor.
    async fn parent_named(
        &self,
        tenancy: &Tenancy,
        loaded: &Loaded,
        patch: &DebtorPatch,
    ) -> Result<Option<Loaded>, StoreError> {
        match &patch.parent {
            Patch::Set(parent) if *parent != loaded.debtor.id && loaded.debtor.membership.parent() != Some(parent) => {
                self.store.load(&tenancy.tenant, parent).await
            }
            Patch::Set(_) | Patch::Keep | Patch::Clear => Ok(None),
        }
    }
}
