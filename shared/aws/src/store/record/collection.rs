use dunlin_domain::collection::{Attempts, Collection, LastTry, PaymentPage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::read;
use crate::store::error::StoreError;

/// What a provider that collects an invoice has said of that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CollectionRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempts: Option<AttemptsRecord>,
    /// Its number, and when it was first told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_try: Option<(u32, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AttemptsRecord {
    made: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<String>,
}

impl CollectionRecord {
    /// `None` where nothing was said.
    pub(crate) fn of(collection: &Collection) -> Option<Self> {
        let attempts = |attempts: &Attempts| AttemptsRecord {
            made: attempts.made,
            next: attempts.next,
            page: attempts.page.as_ref().map(ToString::to_string),
        };
        let record = Self {
            attempts: collection.attempts.as_ref().map(attempts),
            last_try: collection.last_try.map(|one| (one.number, one.told)),
        };
        (*collection != Collection::default()).then_some(record)
    }

    pub(crate) fn read(&self) -> Result<Collection, StoreError> {
        let attempts = self.attempts.as_ref().map(|attempts| {
            let page = attempts.page.as_deref().map(|page| read("page", PaymentPage::parse(page)));
            Ok::<_, StoreError>(Attempts { made: attempts.made, next: attempts.next, page: page.transpose()? })
        });
        Ok(Collection {
            attempts: attempts.transpose()?,
            last_try: self.last_try.map(|(number, told)| LastTry { number, told }),
        })
    }
}
