//! # policy-backtest
//!
//! Woken by the queue of backtests, one part at a time: goes through the debtors of one partition of the tenant's directory,
//! lives the months of each again under the policy in use and under the candidate, and adds up what both would have done. It
//! reads debtors and writes nothing but its own part.
//!
//! Retries: a part is written when it is done or its time is over, with the row that was looked at last, on condition that
//! nobody else wrote it meanwhile. What is delivered twice, or dies anywhere, goes on from there and ends in the same sums.

mod error;
mod handler;

pub use error::BacktestError;
pub use handler::Handler;
