//! How much is written at once. A table that is busy gets half as much at a time, and each write that it refused waits
//! longer before it is tried again; a table that is not gets a little more with each success.

use std::collections::VecDeque;
use std::time::Duration;

use dunlin_aws::books::BooksError;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

/// Jobs at the same time, to begin with and at most.
const WIDTH_FIRST: usize = 8;
const WIDTH_MAX: usize = 16;
/// A job that is refused this often is given up. With the default pauses that is after some 25 seconds.
const TRIES_MAX: u32 = 10;

/// How long a job waits that was refused: twice as long each time.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// The first time.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { first: Duration::from_millis(100), longest: Duration::from_secs(5) }
    }
}

impl Pauses {
    fn after(self, tries: u32) -> Duration {
        self.first.saturating_mul(2_u32.saturating_pow(tries)).min(self.longest)
    }
}

/// Runs jobs, as many at once as the table bears.
#[derive(Debug)]
pub(crate) struct Pace {
    width: usize,
    pauses: Pauses,
}

impl Pace {
    pub(crate) fn new(pauses: Pauses) -> Self {
        Self { width: WIDTH_FIRST, pauses }
    }

    /// Does `work` to every job, and hands all of them back, in no order. A job keeps what it has done when the table was
    /// busy, and goes on from there.
    ///
    /// # Errors
    /// The first error that trying again does not mend. Jobs that had begun are finished before.
    pub(crate) async fn run<J, F, W>(&mut self, jobs: Vec<J>, work: W) -> Result<Vec<J>, BooksError>
    where
        F: Future<Output = (J, Result<(), BooksError>)>,
        W: Fn(J) -> F,
    {
        let mut waiting: VecDeque<(J, u32)> = jobs.into_iter().map(|job| (job, 0)).collect();
        let (mut running, mut done, mut failed) = (FuturesUnordered::new(), Vec::with_capacity(waiting.len()), None);
        loop {
            while failed.is_none() && running.len() < self.width {
                let Some((job, tries)) = waiting.pop_front() else { break };
                let pause = (tries > 0).then(|| self.pauses.after(tries.saturating_sub(1)));
                let working = &work;
                running.push(async move {
                    if let Some(pause) = pause {
                        tokio::time::sleep(pause).await;
                    }
                    (tries, working(job).await)
                });
            }
            let Some((tries, (job, worked))) = running.next().await else { break };
            match worked {
                Ok(()) => {
                    self.width = self.width.saturating_add(1).min(WIDTH_MAX);
                    done.push(job);
                }
                Err(error) if error.is_transient() && tries < TRIES_MAX => {
                    self.width = (self.width / 2).max(1);
                    tracing::debug!(%error, tries, width = self.width, "the table is busy");
                    waiting.push_back((job, tries.saturating_add(1)));
                }
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(done), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use dunlin_aws::store::StoreError;

    use super::*;

    const TINY: Pauses = Pauses { first: Duration::from_micros(10), longest: Duration::from_micros(40) };

    fn busy() -> BooksError {
        StoreError::Busy("throttled".to_owned()).into()
    }

    #[tokio::test]
    async fn every_job_is_done_however_often_the_table_is_busy() {
        let refusals = Cell::new(30);
        let mut pace = Pace::new(TINY);
        let done = pace
            .run((0..50).collect(), |job: u32| {
                let refused = refusals.get() > 0;
                refusals.set(refusals.get().max(1) - 1);
                async move { (job, if refused { Err(busy()) } else { Ok(()) }) }
            })
            .await
            .unwrap();
        assert_eq!(done.len(), 50);
    }

    #[tokio::test]
    async fn a_busy_table_gets_less_at_once_and_then_more_again() {
        let mut pace = Pace::new(TINY);
        let widths = RefCell::new(Vec::new());
        let at_once = Cell::new(0_usize);
        let tries = Cell::new(0);
        let work = |job: u32| {
            at_once.set(at_once.get() + 1);
            widths.borrow_mut().push(at_once.get());
            tries.set(tries.get() + 1);
            let refused = (9..20).contains(&tries.get());
            let at_once = &at_once;
            async move {
                tokio::task::yield_now().await;
                at_once.set(at_once.get() - 1);
                (job, if refused { Err(busy()) } else { Ok(()) })
            }
        };
        pace.run((0..200).collect(), work).await.unwrap();
        assert_eq!(pace.width, WIDTH_MAX);
        assert!(widths.borrow().iter().all(|width| *width <= WIDTH_MAX));
    }

    #[tokio::test]
    async fn a_table_that_stays_busy_is_given_up_in_the_end() {
        let tries = Cell::new(0);
        let mut pace = Pace::new(TINY);
        let work = |job: u32| {
            tries.set(tries.get() + 1);
            async move { (job, Err(busy())) }
        };
        assert!(pace.run(vec![1], work).await.unwrap_err().is_transient());
        assert_eq!((tries.get(), pace.width), (TRIES_MAX + 1, 1));
    }

    #[tokio::test]
    async fn what_no_waiting_mends_is_told_at_once() {
        let mut pace = Pace::new(TINY);
        let work = |job: u32| async move { (job, Err(StoreError::Refused("forbidden".to_owned()).into())) };
        assert!(!pace.run(vec![1, 2], work).await.unwrap_err().is_transient());
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses = Pauses { first: Duration::from_millis(100), longest: Duration::from_secs(1) };
        let told: Vec<u128> = (0..6).map(|tries| pauses.after(tries).as_millis()).collect();
        assert_eq!(told, [100, 200, 400, 800, 1000, 1000]);
    }
}
