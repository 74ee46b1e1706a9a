//! What is wrong with a template or a message.

use dunlin_domain::duty::lint::{Finding, Part};
use dunlin_domain::duty::outreach::Block;
use dunlin_domain::duty::provision::Bar;
use dunlin_domain::template::Language;
use dunlin_domain::template::segments::SEGMENTS_MAX;
use dunlin_packs::PackError;

/// What is wrong with a template or a message, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The law cannot be read.
    #[error("the law cannot be read: {0}")]
    Law(PackError),
    /// Nobody can tell what a text in this language says.
    #[error("texts in {0} cannot be checked yet: use en")]
    Language(Language),
    /// The template is not for anything.
    #[error("is neither a stage (upcoming, early, mid, late), nor recovery, nor a step of a policy that writes")]
    NoUse,
    /// Something stands against sending any message.
    #[error("{0}")]
    Barred(Bar),
    /// A demanded block cannot be filled in.
    #[error("the block {block} needs {}: fill it in, or have a person send it", .fields.join(", "))]
    Unfilled {
        /// The block.
        block: Block,
        /// What is not known.
        fields: Vec<String>,
    },
    /// What a template may not use.
    #[error("line {line}: {what}")]
    Syntax {
        /// Where.
        part: Part,
        /// The line, from 1.
        line: usize,
        /// What, and what may be used.
        what: String,
    },
    /// A page has something that does not belong in mail.
    #[error("{0:?} has no place in mail: leave it out")]
    Unsafe(&'static str),
    /// A text that comes out empty.
    #[error("comes out empty")]
    Empty(Part),
    /// A text message that is too long.
    #[error("comes to {0} segments, and at most {SEGMENTS_MAX} are sent: make it shorter")]
    TooLong(usize),
    /// It says too little or too much.
    #[error("{0}")]
    Wrong(Finding),
}

impl Fault {
    /// The field of a template that is at fault.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Language(_) => "language",
            Self::NoUse => "name",
            Self::Unsafe(_) => "html",
            Self::Law(_) | Self::Barred(_) | Self::Unfilled { .. } | Self::TooLong(_) => "text",
            Self::Syntax { part, .. } | Self::Empty(part) => field(*part),
            Self::Wrong(finding) => field(finding.part),
        }
    }

    /// The rule of law, where it is one.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Wrong(finding) => Some(finding.rule.as_str()),
            Self::Barred(bar) => Some(bar.rule.as_str()),
            Self::Law(_)
            | Self::Language(_)
            | Self::NoUse
            | Self::Unfilled { .. }
            | Self::Syntax { .. }
            | Self::Unsafe(_)
            | Self::Empty(_)
            | Self::TooLong(_) => None,
        }
    }
}

fn field(part: Part) -> &'static str {
    match part {
        Part::Subject => "subject",
        Part::Html => "html",
        Part::Medium | Part::Envelope | Part::Text => "text",
    }
}
