//! Messages by e-mail: what they say, and handing them to SES.

mod render;
mod send;
mod tags;

pub use render::{Letter, RenderError, Renderer, Sender};
pub use send::{Addressing, Mailer};
pub use tags::{message_of, tags_of};

/// Why a message was not handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The provider did not take it and says why; the same message may be taken later.
    #[error("not taken for now: {0}")]
    NotNow(String),
    /// The provider will never take it.
    #[error("refused: {0}")]
    Refused(String),
    /// There was no answer: it may have gone out.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

/// Whether an answer that is an error says that the message was not taken. A success that cannot be read, a gateway that
/// gave up waiting and a server that broke down on the way may each hide one that was.
pub(crate) fn surely_not_taken(status: u16) -> bool {
    matches!(status, 400..=499 | 503)
}
