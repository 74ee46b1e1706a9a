//! A debtor's clock, which remembers the season it was last asked about: clocks change twice a year, questions come often.

use std::cell::Cell;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::calendar::{Season, Zone};

/// The clock of a zone.
#[derive(Debug)]
pub(super) struct Clock {
    pub(super) zone: Zone,
    season: Cell<Option<Season>>,
}

impl Clock {
    pub(super) fn new(zone: Zone) -> Self {
        Self { zone, season: Cell::new(None) }
    }

    /// What calendar and clock show.
    pub(super) fn local(&self, now: Timestamp) -> DateTime {
        let season = self.season.get().filter(|season| season.has(now)).unwrap_or_else(|| self.zone.season(now));
        self.season.set(Some(season));
        season.local(now)
    }

    pub(super) fn date(&self, now: Timestamp) -> Date {
        self.local(now).date()
    }

    pub(super) fn midnight(&self, date: Date) -> Timestamp {
        self.zone.midnight(date)
    }
}
