//! # reminder-dispatch
//!
//! Woken by its queue, which an EventBridge rule feeds with planned messages. For each one it reads the debtor anew,
//! asks the rules again as if nothing had been planned, and only if exactly the same message is still right, sends it:
//!
//! 1. commit `sending` with this attempt's id; any commit in between makes it fail, and everything is asked again;
//! 2. hand the message to SES or SNS, once, without the client's own retries;
//! 3. write down how it ended, then commit it, and ask the table whether sending was right: what was not is counted as
//!    a wrong send.
//!
//! Retries: a message that is `sending` is never sent again. It stays in the queue until it is over: if its attempt has
//! left no word when its lease is over, it is `unknown`. What the provider turned away for now goes back to `planned`
//! and to the queue.

mod audit;
mod error;
mod event;
mod handler;
mod post;

pub use error::DispatchError;
pub use event::PlannedMessage;
pub use handler::Handler;
pub use post::Post;
