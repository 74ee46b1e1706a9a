//! Ask again, claim, send, record.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use dunlin_aws::books::{Books, Races};
use dunlin_aws::clock::Clock;
use dunlin_aws::mail::SendError;
use dunlin_aws::metrics::{self, Metric};
use dunlin_aws::store::{Loaded, MessageRef, StoreError, Tenancy, Writes};
use dunlin_aws::telemetry::{TRACE_ATTRIBUTE, in_trace};
use dunlin_aws::templates::Templates;
use dunlin_aws::tenancies::Tenancies;
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::decide::{Recheck, decide, recheck};
use dunlin_domain::ids::AccountKey;
use dunlin_domain::message::{MessageId, Outcome, PendingState, Plan};
use dunlin_domain::reach::Way;
use dunlin_domain::reason::{Reason, Rule};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};

use crate::audit::{Finding, audit};
use crate::post::{Packed, Parcel, Post};
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
    templates: Templates,
    post: Post,
    clock: Clock,
}

/// A message that this attempt may send.
pub(crate) struct Claim {
    pub(crate) account: AccountKey,
    pub(crate) plan: Plan,
    /// What leads back to the message.
    whose: MessageRef,
    parcel: Box<Parcel>,
    /// The debtor's version once the claim is committed.
    pub(crate) version: u64,
}

/// What one invocation is about to do with one message.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    planned: &'a PlannedMessage,
    tenancy: &'a Tenancy,
    /// Never twice the same.
    id: &'a str,
    now: Timestamp,
}

impl Handler {
    /// Sends what these books say, through `post`.
    #[must_use]
    pub fn new(books: Books, post: Post, clock: Clock) -> Self {
        let (tenancies, templates) = (Tenancies::new(books.store().clone()), Templates::new(books.store().clone()));
        Self { books, tenancies, templates, post, clock }
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
        let numbered = event.records.iter().enumerate();
        let attempts: Vec<_> = numbered.map(|(index, record)| (format!("{request_id}.{index}"), record)).collect();
        let handled = stream::iter(&attempts).map(|(attempt, record)| {
            let trace = record.attributes.get(TRACE_ATTRIBUTE).map(String::as_str);
            in_trace(trace, self.handle_one(record, attempt))
        });
        let failed: Vec<Option<String>> = handled.buffer_unordered(CONCURRENCY).collect().await;
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failed.into_iter().flatten().map(failure).collect();
        tracing::info!(messages = event.records.len(), failed = response.batch_item_failures.len(), "dispatched");
        Ok(response)
    }

    /// The id of a record that could not be handled.
    async fn handle_one(&self, record: &SqsMessage, attempt: &str) -> Option<String> {
        let error = match PlannedMessage::read(record.body.as_deref().unwrap_or_default()) {
            Ok(planned) => {
                let error = self.dispatch(&planned, attempt).await.err()?;
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
        let attempt = Attempt { planned, tenancy: &tenancy, id: attempt, now };
        let Some(claim) = self.claim(attempt).await? else { return Ok(()) };
        let outcome = match self.post.send(&claim.parcel, &claim.whose).await {
            Ok(provider_id) => Outcome::Sent(provider_id),
            Err(SendError::Refused(why)) => Outcome::Failed(why),
            Err(SendError::NotNow(why)) => {
                self.change_own(attempt, |loaded, account, _| loaded.debtor.release(account)).await?;
                return Err(DispatchError::NotNow(why));
            }
            // It may have gone out, so it is never sent again.
            Err(SendError::NoAnswer(why)) => {
                tracing::error!(message_id = %planned.message, %why, "no answer from the provider");
                Outcome::Unknown
            }
        };
        tracing::info!(tenant = %planned.tenant, message_id = %planned.message, step = %claim.plan.step, account = %claim.account, status = outcome.status(), "message settled");
        self.record(attempt, &claim, &outcome).await?;
        if let Outcome::Sent(provider_id) = &outcome
            && claim.parcel.is_text()
        {
            // Without it nothing that carriers say of the text is heard. That is no reason to handle it again.
            if let Err(error) = self.books.store().texted_as(provider_id, &claim.whose, now).await {
                tracing::warn!(message_id = %planned.message, %error, "the look-up of a text was not kept");
            }
        }
        Ok(())
    }

    /// Asks again whether the message is right, and marks it as being sent; `None` where there is nothing to send.
    async fn claim(&self, attempt: Attempt<'_>) -> Result<Option<Claim>, DispatchError> {
        let Attempt { planned, tenancy, id, now } = attempt;
        let (mut races, mut claimed) = (Races::default(), false);
        loop {
            let Some(mut loaded) = self.load(planned).await? else { return Ok(None) };
            let mut journal = Journal::default();
            if let Some(account) = held_by(&loaded.debtor, &planned.message, id).filter(|_| claimed) {
                // The claim was made, and its answer lost. It is made again, on what is known by now.
                loaded.debtor.release(&account);
            }
            self.books.roll(tenancy, &mut loaded, &mut journal, now).await?;
            let claim = match recheck(&loaded.debtor, &planned.message, &tenancy.policies, &tenancy.calendar, now) {
                Recheck::Over if !loaded.is_changed() => return Ok(None),
                Recheck::Over => None,
                Recheck::UnderWay => return Err(DispatchError::UnderWay),
                Recheck::Withhold(account, outcome) => {
                    withhold(&mut loaded.debtor, &account, outcome, (tenancy, now), &mut journal);
                    None
                }
                Recheck::Send(plan) => self.prepare(attempt, &mut loaded, plan, &mut journal).await?,
            };
            let done = match self.books.commit(tenancy, &mut loaded, journal, &Writes::default(), now).await {
                // Nobody knows whether it was made: looking again tells.
                Err(StoreError::Busy(_)) if !claimed => Err(StoreError::Conflict),
                done => done,
            };
            claimed = true;
            if races.pass(done).await? {
                return Ok(claim);
            }
        }
    }

    async fn prepare(
        &self,
        Attempt { tenancy, id, now, .. }: Attempt<'_>,
        loaded: &mut Loaded,
        plan: Plan,
        journal: &mut Journal,
    ) -> Result<Option<Claim>, DispatchError> {
        let account = plan.account.clone();
        let to = match loaded.debtor.profile.way(plan.channel, plan.stage, now) {
            Way::To(to) => Some(to.clone()),
            Way::Rests(..) | Way::Closed => None,
        };
        let stopped = match &to {
            Some(to) => self.books.is_suppressed(&mut loaded.debtor, to, journal).await?,
            None => true,
        };
        let Some(to) = to.filter(|_| !stopped) else {
            let reason = Reason::against(Rule::NoChannel, "the address may not be used any more");
            let outcome = Outcome::Withheld(vec![reason]);
            withhold(&mut loaded.debtor, &account, outcome, (tenancy, now), journal);
            return Ok(None);
        };
        let Some((_, pending)) = loaded.debtor.pending(&plan.id) else { return Ok(None) };
        let parcel = match self.post.pack(pending, (&loaded.debtor, &to), tenancy, &self.templates, now).await? {
            Packed::Ready(parcel) => parcel,
            Packed::Refused(reasons) => {
                tracing::warn!(tenant = %tenancy.tenant, message_id = %plan.id, faults = reasons.len(), "message refused");
                loaded.debtor.refuse(&account, reasons.clone(), now, journal);
                put_on_record(&loaded.debtor, reasons, (tenancy, now), journal);
                return Ok(None);
            }
        };
        let Debtor { tenant, id: debtor, .. } = &loaded.debtor;
        if parcel.is_text() {
            self.books.store().will_text(&to.id(), (tenant, debtor), now).await?;
        }
        let planned_at = loaded.debtor.pending(&plan.id).map_or(now, |(_, pending)| pending.planned_at);
        let (tenant, debtor, message) = (tenant.clone(), debtor.clone(), plan.id.clone());
        let whose = MessageRef { tenant, debtor, message, attempt: id.to_owned(), planned_at };
        loaded.debtor.claim(&account, id, now, LEASE);
        loaded.debtor.keep_written(&account, parcel.written.clone());
        let version = loaded.version().saturating_add(1);
        Ok(Some(Claim { account, plan, whose, parcel, version }))
    }

    /// Writes down how the attempt ended, and asks the table whether it was right to send.
    async fn record(&self, attempt: Attempt<'_>, claim: &Claim, outcome: &Outcome) -> Result<(), DispatchError> {
        let Attempt { planned, tenancy, now, .. } = attempt;
        let recorded = self.change_own(attempt, |loaded, account, journal| {
            let finding = audit(loaded, claim, tenancy, now);
            loaded.debtor.settle(account, outcome.clone(), now, journal);
            journal.attest(&planned.message, claim.parcel.facts.clone());
            finding
        });
        // One that is no longer this attempt's was not to be sent by it.
        let finding = recorded.await?.unwrap_or(Finding::Wrong);
        if matches!(outcome, Outcome::Sent(_)) {
            finding.count(&tenancy.tenant, &planned.message);
        }
        Ok(())
    }

    /// Changes a message that this attempt holds; `None` if it holds it no more: its lease was over and others have
    /// decided.
    async fn change_own<T>(
        &self,
        Attempt { planned, tenancy, id, now }: Attempt<'_>,
        change: impl Fn(&mut Loaded, &AccountKey, &mut Journal) -> T,
    ) -> Result<Option<T>, DispatchError> {
        let mut races = Races::default();
        let mut changed = None;
        loop {
            let Some(mut loaded) = self.load(planned).await? else { return Ok(changed) };
            let Some(account) = held_by(&loaded.debtor, &planned.message, id) else {
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

/// Takes back what was planned, and puts that on record.
fn withhold(
    debtor: &mut Debtor,
    account: &AccountKey,
    outcome: Outcome,
    (tenancy, now): (&Tenancy, Timestamp),
    journal: &mut Journal,
) {
    let why = match &outcome {
        Outcome::Withheld(why) => why.clone(),
        Outcome::Sent(_) | Outcome::Failed(_) | Outcome::Unknown => Vec::new(),
    };
    debtor.settle(account, outcome, now, journal);
    put_on_record(debtor, why, (tenancy, now), journal);
}

/// Puts on record why what was planned did not leave, and what is right in its place.
fn put_on_record(debtor: &Debtor, why: Vec<Reason>, (tenancy, now): (&Tenancy, Timestamp), journal: &mut Journal) {
    let decision = decide(debtor, &tenancy.policies, &tenancy.calendar, now);
    debtor.put_on_record(decision, why, journal);
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
