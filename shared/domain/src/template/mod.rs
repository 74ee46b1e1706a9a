//! The texts of messages as data: what a template is for, its versions, which one a message takes, and what a message
//! has to say and may.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`language`] | in which language |
//! | [`texts`] | subject, text and page, as a template has them and as they leave |
//! | [`shelf`] | the versions that a tenant saved, and which template a message takes |
//! | [`facts`] | what a message says beyond its plan |
//! | [`brief`] | what the law asks of a message |
//! | [`segments`] | how long a text message is |

pub mod brief;
pub mod facts;
pub mod language;
pub mod segments;
pub mod shelf;
pub mod texts;

use std::fmt;

use crate::contact::Channel;
use crate::duty::outreach::Medium;
use crate::ids::{IdError, TemplateName};

pub use brief::Brief;
pub use facts::{Facts, Sender};
pub use language::{Language, LanguageError};
pub use shelf::Shelf;
pub use texts::{Letter, Texts, TextsError};

/// What a text is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// An e-mail: subject, text and page.
    Email,
    /// A text message.
    Sms,
    /// A letter on paper: its text.
    Letter,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Letter];

    /// `email`, `sms` or `letter`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Letter => "letter",
        }
    }

    /// Reads what [`Form::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == value)
    }

    /// How the law calls it.
    #[must_use]
    pub fn medium(self) -> Medium {
        match self {
            Self::Email => Medium::Email,
            Self::Sms => Medium::Sms,
            Self::Letter => Medium::Letter,
        }
    }
}

impl From<Channel> for Form {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Email => Self::Email,
            Channel::Sms => Self::Sms,
        }
    }
}

/// What a template is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateKey {
    /// For which step or stage; `recovery` while a provider tries a payment again.
    pub name: TemplateName,
    /// For which form.
    pub form: Form,
    /// In which language.
    pub language: Language,
}

/// `early/email/en`.
impl fmt::Display for TemplateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.name, self.form.as_str(), self.language)
    }
}

/// Whose version of a template. None is ever changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// Dunlin's own, counted from 1.
    BuiltIn(u32),
    /// One that the tenant saved, counted from 1.
    Own(u32),
}

/// What marks Dunlin's own versions.
const BUILT_IN: &str = "dunlin-";

/// `3`, or `dunlin-1` for Dunlin's own.
impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(version) => write!(f, "{BUILT_IN}{version}"),
            Self::Own(version) => write!(f, "{version}"),
        }
    }
}

/// One version of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateRef {
    /// What it is for.
    pub key: TemplateKey,
    /// Which version.
    pub edition: Edition,
}

/// `early/email/en@3`.
impl fmt::Display for TemplateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.key, self.edition)
    }
}

/// What is wrong with the name of a version of a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRefError {
    /// Not of its form.
    #[error("{0:?} is not a version of a template such as early/email/en@3")]
    Form(String),
    /// The name.
    #[error(transparent)]
    Name(#[from] IdError),
    /// The language.
    #[error(transparent)]
    Language(#[from] LanguageError),
}

impl TemplateRef {
    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// [`TemplateRefError`], which says what is wrong.
    pub fn parse(value: &str) -> Result<Self, TemplateRefError> {
        let wrong = || TemplateRefError::Form(value.to_owned());
        let (key, edition) = value.split_once('@').ok_or_else(wrong)?;
        let mut parts = key.split('/');
        let (Some(name), Some(form), Some(language), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let number = |digits: &str| digits.parse().map_err(|_| wrong());
        let edition = match edition.strip_prefix(BUILT_IN) {
            Some(digits) => Edition::BuiltIn(number(digits)?),
            None => Edition::Own(number(edition)?),
        };
        let form = Form::parse(form).ok_or_else(wrong)?;
        let key = TemplateKey { name: TemplateName::parse(name)?, form, language: Language::parse(language)? };
        Ok(Self { key, edition })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_reads_what_it_writes() {
        for text in ["early/email/en@3", "reminder-7/sms/en-GB@dunlin-1", "late/letter/en@1"] {
            assert_eq!(TemplateRef::parse(text).unwrap().to_string(), text);
        }
        for bad in
            ["", "early", "early/email/en", "early/fax/en@1", "early/email/en@x", "early/email/en/x@1", "E/sms/en@1"]
        {
            assert!(TemplateRef::parse(bad).is_err(), "{bad}");
        }
    }
}
