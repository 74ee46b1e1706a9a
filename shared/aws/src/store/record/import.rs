use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Record;
use crate::store::import::{Import, ImportPart};

/// How long an import is known. Its results lie in the bucket for a year.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// An import, listed in the index by the time of its latest upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ImportRecord {
    version: u64,
    import: Import,
    due_shard: String,
    due_at: String,
    expires_at: i64,
}

impl Record for ImportRecord {
    const SCHEMA: u32 = 1;
}

impl ImportRecord {
    pub(crate) fn of(import: &Import, version: u64, (due_shard, due_at): (String, String)) -> Self {
        let expires_at = expires_at(import.created_at);
        Self { version, import: import.clone(), due_shard, due_at, expires_at }
    }

    pub(crate) fn read(self) -> Import {
        Import { version: self.version, ..self.import }
    }
}

/// How far a part of an import has been booked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ImportPartRecord {
    version: u64,
    part: ImportPart,
    expires_at: i64,
}

impl Record for ImportPartRecord {
    const SCHEMA: u32 = 1;
}

impl ImportPartRecord {
    pub(crate) fn of(part: &ImportPart, version: u64, created_at: Timestamp) -> Self {
        Self { version, part: part.clone(), expires_at: expires_at(created_at) }
    }

    pub(crate) fn read(self) -> ImportPart {
        ImportPart { version: self.version, ..self.part }
    }
}

fn expires_at(created_at: Timestamp) -> i64 {
    created_at.saturating_add(KEPT).unwrap_or(Timestamp::MAX).as_second()
}
