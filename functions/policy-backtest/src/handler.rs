//! Go through a part of a backtest, from where it stands until it is done or time is over.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::SqsEvent;
use dunlin_aws::backtests::{BacktestQueue, BacktestWork};
use dunlin_aws::clock::time_left;
use dunlin_aws::store::{Backtest, BacktestPart, DIRECTORY_SHARDS, DirectoryRow, Store, StoreError, Tenancy};
use dunlin_aws::tenancies::Tenancies;
use dunlin_domain::backtest::{History, Life, Remembered, live};
use dunlin_domain::calendar::Calendar;
use dunlin_domain::debtor::BookingError;
use dunlin_domain::ids::{BacktestId, DebtorId, PolicyName, TenantId};
use dunlin_domain::policy::{Policies, Policy};
use futures_util::{StreamExt as _, stream};

use crate::BacktestError;

/// A part that has less time than this left sends itself on.
const RESERVE: Duration = Duration::from_secs(45);
/// Rows of the directory that are read at a time.
const ROWS: u16 = 25;
/// Debtors that are read at the same time.
const CONCURRENCY: usize = 8;

/// Goes through parts of backtests.
#[derive(Debug)]
pub struct Handler {
    store: Store,
    tenancies: Tenancies,
    queue: BacktestQueue,
}

/// A message that was read.
struct Wanted {
    tenant: TenantId,
    policy: PolicyName,
    id: BacktestId,
    shard: u32,
}

/// What debtors' months are lived again under.
struct Rules<'a> {
    backtest: &'a Backtest,
    calendar: &'a Calendar,
    in_use: Policies,
    candidate: Policies,
}

impl Handler {
    /// Reads debtors of `store`, and sends on what is left through `queue`.
    #[must_use]
    pub fn new(store: Store, queue: BacktestQueue) -> Self {
        Self { tenancies: Tenancies::new(store.clone()), store, queue }
    }

    /// Goes through the parts that a batch names. `deadline` is when Lambda ends the invocation.
    ///
    /// # Errors
    /// [`BacktestError`]; the batch, which is one message, is delivered again then.
    pub async fn handle(&self, event: SqsEvent, deadline: SystemTime) -> Result<(), BacktestError> {
        for record in event.records {
            let work: BacktestWork = serde_json::from_str(record.body.as_deref().unwrap_or_default())?;
            self.take(&work, deadline).await?;
        }
        Ok(())
    }

    async fn take(&self, work: &BacktestWork, deadline: SystemTime) -> Result<(), BacktestError> {
        let wanted = Wanted::read(work)?;
        let Wanted { tenant, policy, id, shard } = &wanted;
        let tenancy = self.tenancies.get(tenant).await?;
        let backtest = self.store.backtest(tenant, policy, id).await?;
        let Some((tenancy, backtest)) = tenancy.zip(backtest) else {
            tracing::info!(%tenant, %policy, backtest = %id, "a backtest that is no more");
            return Ok(());
        };
        let mut part = match self.store.backtest_part(tenant, policy, id, *shard).await? {
            Some(part) => part,
            None => BacktestPart::new(*shard, self.store.count_listed(tenant, *shard).await?),
        };
        if part.is_done {
            return Ok(());
        }
        self.go_on(&tenancy, &Rules::of(&tenancy, &backtest), &mut part, deadline).await?;
        match self.store.put_backtest_part(tenant, &backtest, &part).await {
            // Where someone else wrote it meanwhile, or the answer to our own write was lost, the table says what is left.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        tracing::info!(%tenant, %policy, backtest = %id, shard, debtors = part.looked_at, done = part.is_done, "gone through");
        if part.is_done { Ok(()) } else { Ok(self.queue.send(std::slice::from_ref(work)).await?) }
    }

    /// Looks at one debtor at least, so that it comes to an end.
    async fn go_on(
        &self,
        tenancy: &Tenancy,
        rules: &Rules<'_>,
        part: &mut BacktestPart,
        deadline: SystemTime,
    ) -> Result<(), BacktestError> {
        loop {
            let page = self.store.directory_shard(&tenancy.tenant, part.shard, part.after.as_ref(), ROWS).await?;
            let (rows, more) = page;
            let lives = stream::iter(rows).map(|row| self.remembered(&tenancy.tenant, rules.backtest, row));
            let mut lives = lives.buffered(CONCURRENCY);
            let mut is_over = false;
            while let Some(looked_at) = lives.next().await {
                if is_over {
                    return Ok(());
                }
                let (row, books) = looked_at?;
                rules.look(part, &row, books);
                is_over = time_left(deadline) < RESERVE;
            }
            part.is_done = !more;
            if part.is_done || is_over {
                return Ok(());
            }
        }
    }

    /// What the books hold of a debtor; nothing where it is none of the backtest's. What cannot be read is left out, because
    /// it would hold up all the others.
    async fn remembered(
        &self,
        tenant: &TenantId,
        backtest: &Backtest,
        row: DirectoryRow,
    ) -> Result<(DirectoryRow, Result<Option<Remembered>, StoreError>), BacktestError> {
        let wanted = |row: &DirectoryRow| {
            let portfolio = backtest.portfolio.as_ref();
            portfolio.is_none_or(|wanted| row.listing.oldest_due.keys().any(|account| account.portfolio == *wanted))
        };
        if !wanted(&row) {
            return Ok((row, Ok(None)));
        }
        match self.store.remembered(tenant, &row.debtor).await {
            Err(error) if error.is_transient() => Err(error.into()),
            books => Ok((row, books)),
        }
    }
}

impl Wanted {
    fn read(work: &BacktestWork) -> Result<Self, BacktestError> {
        let (tenant, policy) = (TenantId::parse(&work.tenant)?, PolicyName::parse(&work.policy)?);
        let shard = Some(work.shard).filter(|shard| *shard < DIRECTORY_SHARDS);
        let shard = shard.ok_or(BacktestError::Shard(work.shard))?;
        Ok(Self { tenant, policy, id: BacktestId::parse(&work.backtest)?, shard })
    }
}

impl<'a> Rules<'a> {
    fn of(tenancy: &'a Tenancy, backtest: &'a Backtest) -> Self {
        let using = |policy: &Policy| tenancy.policies.clone().using(backtest.subject, policy.clone());
        let (in_use, candidate) = (using(&backtest.in_use), using(&backtest.candidate));
        Self { backtest, calendar: &tenancy.calendar, in_use, candidate }
    }

    /// Adds a debtor to a part.
    fn look(&self, part: &mut BacktestPart, row: &DirectoryRow, books: Result<Option<Remembered>, StoreError>) {
        match books {
            Ok(None) => {}
            Ok(Some(books)) => match self.lives(books) {
                Ok((old, new)) => part.trial.add(&old, &new),
                Err(error) => leave_out(part, &row.debtor, &error),
            },
            Err(error) => leave_out(part, &row.debtor, &error),
        }
        part.looked_at = part.looked_at.saturating_add(1);
        part.after = Some(row.place.clone());
    }

    fn lives(&self, books: Remembered) -> Result<(Life, Life), BookingError> {
        let history = History::remembered(books);
        let life = |policies: &Policies| {
            let life = live(&history, policies, self.calendar, self.backtest.window)?;
            Ok::<_, BookingError>(match &self.backtest.portfolio {
                Some(portfolio) => life.only(portfolio),
                None => life,
            })
        };
        Ok((life(&self.in_use)?, life(&self.candidate)?))
    }
}

fn leave_out(part: &mut BacktestPart, debtor: &DebtorId, error: &dyn std::error::Error) {
    tracing::warn!(%debtor, %error, "a history that cannot be lived again");
    part.left_out = part.left_out.saturating_add(1);
}
