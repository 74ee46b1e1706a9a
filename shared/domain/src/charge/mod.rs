//! What may be charged on top of a debt: interest, fixed sums, fees. No charge without an [`Authority`].
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`authority`] | what a charge rests on |
//! | [`rates`], [`terms`] | reference rates by half-year, and the terms that interest is charged on |
//! | [`balance`], [`mod@interest`] | what was open each day, and the interest on it |
//! | [`fixed_sum`], [`fee`], [`itemization`] | lump sums for late payment, fees, and the sum of a debt's parts |
//! | [`start`], [`moratorium`] | when interest begins, and the days on which nothing may be charged |
//! | [`regime`] | the law of one jurisdiction: from the facts of an invoice to a quote |

pub mod authority;
pub mod balance;
pub mod fee;
pub mod fixed_sum;
pub mod interest;
pub mod itemization;
pub mod moratorium;
pub mod rates;
pub mod regime;
pub mod start;
pub mod terms;

pub use authority::{Authority, Charge};
pub use balance::OpenBalance;
pub use interest::{InterestError, InterestQuote, Segment, interest};
pub use regime::{Claim, Quote, QuoteError, Regime, Start};
