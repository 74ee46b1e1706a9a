//! How far the projector has counted a debtor.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use super::key::Key;
use super::record::{Item, place};
use super::{Store, StoreError, attributes};

/// Every change up to `counted` is counted, but for those that are missing: the stream has given them up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) counted: u64,
    pub(super) missing: BTreeSet<u64>,
}

impl Cursor {
    pub(super) fn of(item: &Item) -> Result<Self, StoreError> {
        let bad = |what: &str| StoreError::corrupt(place(item), what);
        let counted = item.get("version").and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok());
        let missing = match item.get("missing") {
            Some(missing) => missing.as_s().map_err(|_| bad("missing is not text"))?.as_str(),
            None => "",
        };
        let missing = missing.split_terminator(',').map(|one| one.parse().map_err(|_| bad("missing holds no numbers")));
        Ok(Self {
            counted: counted.ok_or_else(|| bad("version is not a number"))?,
            missing: missing.collect::<Result<_, _>>()?,
        })
    }

    /// `5,6,`.
    fn missing(&self) -> AttributeValue {
        AttributeValue::S(self.missing.iter().map(|one| format!("{one},")).collect())
    }
}

impl Store {
    /// Moves a cursor from exactly where it was.
    pub(super) fn move_cursor(&self, key: &Key, was: &Cursor, is: &Cursor) -> Result<TransactWriteItem, StoreError> {
        let number = |version: u64| AttributeValue::N(version.to_string());
        let update = Update::builder().table_name(&self.config.table).set_key(Some(attributes(key)));
        let mut update = update.expression_attribute_values(":counted", number(is.counted));
        let (mut set, mut condition) = ("SET version = :counted".to_owned(), "attribute_not_exists(PK)".to_owned());
        if was.counted > 0 {
            "version = :was".clone_into(&mut condition);
            update = update.expression_attribute_values(":was", number(was.counted));
        }
        if was.missing != is.missing {
            update = update.expression_attribute_names("#missing", "missing");
            if was.missing.is_empty() {
                condition.push_str(" AND attribute_not_exists(#missing)");
            } else {
                condition.push_str(" AND #missing = :were_missing");
                update = update.expression_attribute_values(":were_missing", was.missing());
            }
            if is.missing.is_empty() {
                set.push_str(" REMOVE #missing");
            } else {
                set.push_str(", #missing = :missing");
                update = update.expression_attribute_values(":missing", is.missing());
            }
        }
        let update = update.update_expression(set).condition_expression(condition).build();
        let update = update.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
