use dunlin_domain::template::{Form, Letter, Texts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Record, read};
use crate::store::error::StoreError;

/// That a version of a template was saved; it lies with the tenant's settings, and its texts elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShelfRecord {
    pub(crate) saved_at: Timestamp,
}

/// The texts of one version of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemplateRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    saved_at: Timestamp,
}

impl Record for ShelfRecord {
    const SCHEMA: u32 = 1;
}

impl Record for TemplateRecord {
    const SCHEMA: u32 = 1;
}

impl TemplateRecord {
    pub(crate) fn of(texts: &Texts, saved_at: Timestamp) -> Self {
        let (subject, html) = match texts {
            Texts::Email(Letter { subject, html, .. }) => (Some(subject.clone()), Some(html.clone())),
            Texts::Sms(_) | Texts::Paper(_) => (None, None),
        };
        Self { subject, text: texts.text().to_owned(), html, saved_at }
    }

    pub(crate) fn read(self, form: Form) -> Result<Texts, StoreError> {
        let texts = Texts::new(form, self.subject, Some(self.text), self.html);
        read("texts", texts.map_err(|errors| errors.iter().map(ToString::to_string).collect::<String>()))
    }
}
