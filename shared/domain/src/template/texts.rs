//! Subject, text and page: as a template has them, and as they leave.

use sha2::{Digest, Sha256};

use super::Form;
use crate::message::hex;

/// An e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as a page.
    pub html: String,
}

/// The texts of a message, or of the template that it is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Texts {
    /// Of an e-mail.
    Email(Letter),
    /// Of a text message.
    Sms(String),
    /// Of a letter on paper.
    Paper(String),
}

/// What is wrong with the texts of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextsError {
    /// A text that the form cannot be without.
    #[error("is required for {form}", form = .form.as_str())]
    Missing {
        /// Which text.
        field: &'static str,
        /// What for.
        form: Form,
    },
    /// A text that the form has no place for.
    #[error("has no place in {form}: leave it out", form = .form.as_str())]
    OutOfPlace {
        /// Which text.
        field: &'static str,
        /// In what.
        form: Form,
    },
    /// A text that is too long.
    #[error("must be at most {max} characters")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// What is allowed.
        max: usize,
    },
}

impl TextsError {
    /// The text at fault: `subject`, `text` or `html`.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Missing { field, .. } | Self::OutOfPlace { field, .. } | Self::TooLong { field, .. } => field,
        }
    }
}

/// The longest texts of a template, in characters.
const LONGEST: [(&str, usize); 3] = [("subject", 300), ("text", 10_000), ("html", 60_000)];

impl Texts {
    /// The texts of a template for a form.
    ///
    /// # Errors
    /// Every [`TextsError`], each with its field.
    pub fn new(
        form: Form,
        subject: Option<String>,
        text: Option<String>,
        html: Option<String>,
    ) -> Result<Self, Vec<TextsError>> {
        let mut wrong = Vec::new();
        let given = [subject.as_deref(), text.as_deref(), html.as_deref()];
        for ((field, max), given) in LONGEST.into_iter().zip(given) {
            match given {
                None if form == Form::Email || field == "text" => wrong.push(TextsError::Missing { field, form }),
                Some(_) if form != Form::Email && field != "text" => wrong.push(TextsError::OutOfPlace { field, form }),
                Some(given) if given.chars().count() > max => wrong.push(TextsError::TooLong { field, max }),
                Some(_) | None => {}
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let [subject, text, html] = [subject, text, html].map(Option::unwrap_or_default);
        Ok(match form {
            Form::Email => Self::Email(Letter { subject, text, html }),
            Form::Sms => Self::Sms(text),
            Form::Letter => Self::Paper(text),
        })
    }

    /// What they are for.
    #[must_use]
    pub fn form(&self) -> Form {
        match self {
            Self::Email(_) => Form::Email,
            Self::Sms(_) => Form::Sms,
            Self::Paper(_) => Form::Letter,
        }
    }

    /// The plain text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Email(letter) => &letter.text,
            Self::Sms(text) | Self::Paper(text) => text,
        }
    }

    /// Subject and page, where there are such.
    #[must_use]
    pub fn subject_and_html(&self) -> Option<(&str, &str)> {
        match self {
            Self::Email(letter) => Some((&letter.subject, &letter.html)),
            Self::Sms(_) | Self::Paper(_) => None,
        }
    }

    /// A hash of every byte, as 32 hexadecimal digits: equal texts, equal hash.
    #[must_use]
    pub fn digest(&self) -> String {
        let (subject, html) = self.subject_and_html().unwrap_or_default();
        let mut all = Sha256::new();
        for text in [self.form().as_str(), subject, self.text(), html] {
            // Each begins with its length, so that no two look the same.
            all.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            all.update(text);
        }
        hex(&all.finalize(), 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(form: Form, given: [Option<&str>; 3]) -> Result<Texts, Vec<TextsError>> {
        let [subject, text, html] = given.map(|given| given.map(str::to_owned));
        Texts::new(form, subject, text, html)
    }

    #[test]
    fn each_form_has_its_own_texts() {
        let fields = |form, given| texts(form, given).unwrap_err().iter().map(TextsError::field).collect::<Vec<_>>();
        assert_eq!(fields(Form::Email, [None, None, None]), ["subject", "text", "html"]);
        assert_eq!(fields(Form::Sms, [Some("s"), None, Some("h")]), ["subject", "text", "html"]);
        assert_eq!(fields(Form::Letter, [None, Some(&"x".repeat(10_001)), None]), ["text"]);
        assert_eq!(texts(Form::Sms, [None, Some("t"), None]), Ok(Texts::Sms("t".to_owned())));
    }

    #[test]
    fn other_texts_have_another_digest() {
        let digest = |form, given| texts(form, given).unwrap().digest();
        let all = [
            digest(Form::Sms, [None, Some("ab"), None]),
            digest(Form::Letter, [None, Some("ab"), None]),
            digest(Form::Email, [Some("a"), Some("b"), Some("")]),
            digest(Form::Email, [Some(""), Some("ab"), Some("")]),
        ];
        assert!(all.iter().enumerate().all(|(at, one)| one.len() == 32 && !all[..at].contains(one)));
    }
}
