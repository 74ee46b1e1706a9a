//! # delivery-feedback
//!
//! Woken by its queue, which EventBridge feeds with what SES and AWS End User Messaging say of messages, and an SNS topic
//! with what debtors answer by text.
//!
//! - A word about a message is joined with what was said before, beside the message's own record. In the same commit
//!   follows what it means: an address is stopped for the whole tenant, or rests; a step whose message did not arrive is
//!   open again, for the next channel in its order; a message of which nobody knew whether it went out is settled.
//! - A text that revokes stops the number for every tenant who wrote to it, because all texts leave from the same numbers.
//!   It is confirmed once, and `HELP` is answered once, at most: such an answer may be lost, never repeated.
//!
//! Retries: words are joined, and a reply leaves a receipt, so what is delivered again changes nothing. A word that comes
//! before the attempt has said how it ended goes back to the queue until it has.

mod answer;
mod error;
mod event;
mod handler;
mod replies;

pub use error::FeedbackError;
pub use event::{Feedback, MailWord, TextReply, TextWord};
pub use handler::Handler;
