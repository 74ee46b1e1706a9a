//! Ask again, claim, send, record.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use dunlin_aws::books::{Books, Races};
use dunlin_aws::clock::Clock;
use dunlin_aws::mail::SendError;
use dunlin_aws::metrics::{self, Metric};
use dunlin_aws::store::{Loaded, Tenancy, Writes};
use dunlin_aws::telemetry::{TRACE_ATTRIBUTE, in_trace};
use dunlin_aws::tenancies::Tenancies;
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::decide::{Recheck, recheck};
use dunlin_domain::ids::AccountKey;
use dunlin_domain::message::{MessageId, Outcome, PendingState, Plan};
use dunlin_domain::reason::{Reason, Rule};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};

use crate::audit::{Finding, audit};
use crate::post::{Parcel, Post};
use crate::{DispatchError, PlannedMessage};

/// How long an attempt may take to say how it ended: more than the function's time, so that it can only be silent
/// because it is dead.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// Messages handled at the same time.
const CONCURRENCY: usize = 5;

/// Handles batches of planned messages.
#[derive(Debug)]
pub struct Handler {
    books: Books,
    tenancies: Tenancies,
    post: Post,
    clock: Clock,
}

/// A message that this attempt may send.
pub(crate) struct Claim {
    pub(crate) account: AccountKey,
    pub(crate) plan: Plan,
    debtor: Debtor,
    parcel: Parcel,
    /// The debtor's version once the claim is committed.
    pub(crate) version: u64,
}

impl Handler {
    /// Sends what these books say, through `post`.
    #[must_use]
    pub fn new(books: Books, post: Post, clock: Clock) -> Self {
        let tenancies = Tenancies::new(books.store().clone());
        Self { books, tenancies, post, clock }
    }

    /// Handles a batch; what could not be handled is named and comes back.
    ///
    /// # Errors
    /// None: every message fails for itself.
    pub async fn handle(
        &self,
        event: SqsEvent,
        request_id: String,
    ) -> Result<SqsBatchResponse, std::convert::Infallible> {
        let handled = stream::iter(&event.records).map(|record| {
            let trace = record.attributes.get(TRACE_ATTRIBUTE).map(String::as_str);
            in_trace(trace, self.handle_one(record, &request_id))
        });
        let failed: Vec<Option<String>> = handled.buffer_unordered(CONCURRENCY).collect().await;
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failed.into_iter().flatten().map(failure).collect();
        tracing::info!(messages = event.records.len(), failed = response.batch_item_failures.len(), "dispatched");
        Ok(response)
    }

    /// The id of a record that could not be handled.
    async fn handle_one(&self, record: &SqsMessage, request_id: &str) -> Option<String> {
        let error = match PlannedMessage::read(record.body.as_deref().unwrap_or_default()) {
            Ok(planned) => {
                let attempt = format!("{request_id}/{}", planned.message);
                let error = self.dispatch(&planned, &attempt).await.err()?;
                tracing::warn!(tenant = %planned.tenant, message_id = %planned.message, %error, "message not dispatched");
                error
            }
            Err(error) => {
                metrics::count_for_nobody(Metric::Unreadable);
                error
            }
        };
        tracing::warn!(%error, "message goes back to the queue");
        Some(record.message_id.clone().unwrap_or_default())
    }

    async fn dispatch(&self, planned: &PlannedMessage, attempt: &str) -> Result<(), DispatchError> {
        let now = self.clock.now(Some(planned.occurred_at));
        let tenancy = self.tenancies.get(&planned.tenant).await?;
        let tenancy = tenancy.ok_or_else(|| DispatchError::UnknownTenant(planned.tenant.to_string()))?;
        let Some(claim) = self.claim(&tenancy, planned, attempt, now).await? else { return Ok(()) };
        let sent = self.post.send(&claim.parcel, &claim.plan, &claim.debtor).await;
        let (status, result) = match sent {
            Ok(provider_id) => ("sent", self.record_sent(&tenancy, planned, attempt, (&claim, provider_id), now).await),
            Err(SendError::Refused(why)) => ("failed", self.record_failed(&tenancy, planned, attempt, why, now).await),
            Err(SendError::NotNow(why)) => {
                self.release(&tenancy, planned, attempt, now).await?;
                return Err(DispatchError::NotNow(why));
            }
            // It may have gone out. The claim stands until its lease is over, and then it is unknown.
            Err(SendError::NoAnswer(why)) => {
                tracing::error!(message_id = %planned.message, %why, "no answer from the provider");
                return Ok(());
            }
        };
        tracing::info!(tenant = %planned.tenant, message_id = %planned.message, step = %claim.plan.step, account = %claim.account, status, "message settled");
        result
    }

    /// Asks again whether the message is right, and marks it as being sent; `None` where there is nothing to send.
    async fn claim(
        &self,
        tenancy: &Tenancy,
        planned: &PlannedMessage,
        attempt: &str,
        now: Timestamp,
    ) -> Result<Option<Claim>, DispatchError> {
        let mut races = Races::default();
        loop {
            let Some(mut loaded) = self.load(planned).await? else { return Ok(None) };
            let mut journal = Journal::default();
            loaded.debtor.roll(&tenancy.policies, now, &mut journal);
            let asked = recheck(&loaded.debtor, &planned.message, &tenancy.policies, &tenancy.calendar, now);
            let claim = match asked {
                Recheck::Over => return Ok(None),
                Recheck::Withhold(account, outcome) => {
                    loaded.debtor.settle(&account, outcome, now, &mut journal);
                    None
                }
                Recheck::Send(plan) => self.prepare(tenancy, &mut loaded, plan, attempt, now, &mut journal).await?,
            };
            let done = self.books.commit(tenancy, &mut loaded, journal, &Writes::default(), now).await;
            if races.pass(done).await? {
                return Ok(claim);
            }
        }
    }

    async fn prepare(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        plan: Plan,
        attempt: &str,
        now: Timestamp,
        journal: &mut Journal,
    ) -> Result<Option<Claim>, DispatchError> {
        let account = plan.account.clone();
        let Some(parcel) = self.post.pack(&plan, &loaded.debtor, tenancy, now).await? else {
            let reason = Reason::against(Rule::NoChannel, "the address is gone");
            loaded.debtor.settle(&account, Outcome::Withheld(vec![reason]), now, journal);
            return Ok(None);
        };
        loaded.debtor.claim(&account, attempt, now, LEASE);
        let version = loaded.version().saturating_add(1);
        Ok(Some(Claim { account, plan, debtor: loaded.debtor.clone(), parcel, version }))
    }

    /// Writes down that the provider took the message, and asks the table whether that was right.
    async fn record_sent(
        &self,
        tenancy: &Tenancy,
        planned: &PlannedMessage,
        attempt: &str,
        (claim, provider_id): (&Claim, String),
        now: Timestamp,
    ) -> Result<(), DispatchError> {
        let outcome = Outcome::Sent(provider_id);
        let recorded = self.change_own(tenancy, planned, attempt, now, |loaded, account, journal| {
            let finding = audit(loaded, claim, tenancy, now);
            loaded.debtor.settle(account, outcome.clone(), now, journal);
            finding
        });
        // One that is no longer this attempt's was not to be sent by it.
        recorded.await?.unwrap_or(Finding::Wrong).count(&tenancy.tenant, &planned.message);
        Ok(())
    }

    /// Writes down that the provider will not take the message.
    async fn record_failed(
        &self,
        tenancy: &Tenancy,
        planned: &PlannedMessage,
        attempt: &str,
        why: String,
        now: Timestamp,
    ) -> Result<(), DispatchError> {
        let recorded = self.change_own(tenancy, planned, attempt, now, |loaded, account, journal| {
            loaded.debtor.settle(account, Outcome::Failed(why.clone()), now, journal);
        });
        recorded.await.map(drop)
    }

    /// Puts the message back to `planned`.
    async fn release(
        &self,
        tenancy: &Tenancy,
        planned: &PlannedMessage,
        attempt: &str,
        now: Timestamp,
    ) -> Result<(), DispatchError> {
        let released =
            self.change_own(tenancy, planned, attempt, now, |loaded, account, _| loaded.debtor.release(account));
        released.await.map(drop)
    }

    /// Changes a message that this attempt holds; `None` if it holds it no more: its lease was over and others have
    /// decided.
    async fn change_own<T>(
        &self,
        tenancy: &Tenancy,
        planned: &PlannedMessage,
        attempt: &str,
        now: Timestamp,
        change: impl Fn(&mut Loaded, &AccountKey, &mut Journal) -> T,
    ) -> Result<Option<T>, DispatchError> {
        let mut races = Races::default();
        let mut changed = None;
        loop {
            let Some(mut loaded) = self.load(planned).await? else { return Ok(changed) };
            let Some(account) = held_by(&loaded.debtor, &planned.message, attempt) else {
                // After a race that seemed lost, the commit that the message is gone by may be this attempt's own.
                if changed.is_none() {
                    tracing::error!(message_id = %planned.message, "the outcome came after the lease was over");
                }
                return Ok(changed);
            };
            let mut journal = Journal::default();
            changed = Some(change(&mut loaded, &account, &mut journal));
            let done = self.books.commit(tenancy, &mut loaded, journal, &Writes::default(), now).await;
            if races.pass(done).await? {
                return Ok(changed);
            }
        }
    }

    async fn load(&self, planned: &PlannedMessage) -> Result<Option<Loaded>, DispatchError> {
        Ok(self.books.store().load(&planned.tenant, &planned.debtor).await?)
    }
}

fn held_by(debtor: &Debtor, message: &MessageId, attempt: &str) -> Option<AccountKey> {
    let (account, pending) = debtor.pending(message)?;
    let own = matches!(&pending.state, PendingState::Sending { attempt: holder, .. } if holder == attempt);
    own.then(|| account.clone())
}

fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
