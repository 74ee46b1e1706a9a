//! What comes back: a provider's word about a message, and a debtor's answer.

use dunlin_domain::debtor::{Debtor, Heard, Journal, Stop};
use dunlin_domain::message::{Outcome, PendingState};
use dunlin_domain::reach::{Address, Stopped, Word};
use jiff::Timestamp;

use super::{Books, BooksError, Races};
use crate::store::{MessageRef, StoreError, Tenancy, Versioned, Writes};

/// What a provider says of a message.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    /// What.
    pub word: Word,
    /// When.
    pub at: Timestamp,
    /// The provider's id of the message.
    pub provider_id: &'a str,
    /// Where it went, as far as the provider says.
    pub recipient: Option<&'a Address>,
}

/// What became of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// It is taken in.
    News,
    /// It was known.
    Known,
    /// No message of ours is on record.
    Unrelated,
    /// The attempt has not yet said how it ended: it comes first. Ask again later.
    TooEarly,
}

impl Books {
    /// Takes in what is said of a message, with what follows from it.
    ///
    /// # Errors
    /// [`StoreError`]; the same word may be said again.
    pub async fn hear(
        &self,
        tenancy: &Tenancy,
        whose: &MessageRef,
        said: &Said<'_>,
        now: Timestamp,
    ) -> Result<Hearing, StoreError> {
        let mut races = Races::default();
        loop {
            let Some(mut loaded) = self.store.load(&tenancy.tenant, &whose.debtor).await? else {
                return Ok(Hearing::Unrelated);
            };
            let mut journal = Journal::default();
            if let Some(lease_until) = lease(&loaded.debtor, whose) {
                if now < lease_until {
                    return Ok(Hearing::TooEarly);
                }
                // The attempt fell silent: it is over first, as far as is known without this word.
                races.pass(self.commit(tenancy, &mut loaded, journal, &Writes::default(), now).await).await?;
                continue;
            }
            let Some((message, known)) = self.store.handed_over(whose).await? else { return Ok(Hearing::Unrelated) };
            let mut after = known.value.clone();
            // That it took the message was SES's answer; to keep it twice would cost a write for each.
            let is_old = said.word == Word::Sent && matches!(message.outcome, Outcome::Sent(_));
            if is_old || !after.join(said.word, said.at) {
                return Ok(Hearing::Known);
            }
            let (provider_id, recipient) = (said.provider_id, said.recipient);
            let heard = Heard { message: &message, before: &known.value, after: &after, provider_id, recipient };
            loaded.debtor.hear(heard, &mut journal);
            let feedback = Versioned { value: after, version: known.version };
            let told = !journal.events.is_empty() || loaded.is_changed();
            let done = if told {
                let writes = Writes { feedback: Some((whose.clone(), feedback)), ..Writes::default() };
                self.commit(tenancy, &mut loaded, journal, &writes, now).await.map(drop)
            } else {
                self.store.put_feedback(whose, &feedback).await
            };
            if races.pass(done).await? {
                return Ok(Hearing::News);
            }
        }
    }

    /// Lifts what stopped an address, for the tenant and for every debtor who has it on record; `false` where nothing does.
    /// It holds until all know of its end.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; the same call goes on from there.
    pub async fn restore_address(
        &self,
        tenancy: &Tenancy,
        address: &Address,
        note: &str,
        now: Timestamp,
    ) -> Result<bool, BooksError> {
        let (tenant, id) = (&tenancy.tenant, address.id());
        let mut races = Races::default();
        loop {
            let Some((suppression, version)) = self.store.suppression(tenant, address.channel(), &id).await? else {
                return Ok(false);
            };
            for debtor in &suppression.debtors {
                let restore = |debtor: &mut Debtor, journal: &mut Journal, _: &mut Writes| {
                    debtor.restore_address(&id, note, journal);
                    Ok::<(), std::convert::Infallible>(())
                };
                self.change(tenancy, debtor, None, now, restore).await?;
            }
            if races.pass(self.store.lift_suppression(tenant, &suppression, version).await).await? {
                return Ok(true);
            }
        }
    }

    /// Whether the tenant must not use the address that a debtor is about to be written to by; the debtor has it on record
    /// then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_suppressed(
        &self,
        debtor: &mut Debtor,
        address: &Address,
        journal: &mut Journal,
    ) -> Result<bool, StoreError> {
        let found = self.store.suppression(&debtor.tenant, address.channel(), &address.id()).await?;
        let Some((suppression, _)) = found else { return Ok(false) };
        let stopped = Stopped { reason: suppression.reason, since: suppression.since };
        let stop = Stop { address: address.clone(), stopped, source: suppression.source };
        debtor.stop_address(stop, journal);
        Ok(true)
    }
}

/// Until when the attempt that a word is about may still say how it ended.
fn lease(debtor: &Debtor, whose: &MessageRef) -> Option<Timestamp> {
    match &debtor.pending(&whose.message)?.1.state {
        PendingState::Sending { attempt, lease_until, .. } if *attempt == whose.attempt => Some(*lease_until),
        PendingState::Sending { .. } | PendingState::Planned => None,
    }
}
