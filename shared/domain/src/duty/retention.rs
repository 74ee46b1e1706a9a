//! How long records must be kept, and when they may go.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::because::Because;
use super::period::Period;
use super::provision::{Bar, Lifts, Provision};
use crate::calendar::holidays::HolidayCalendar;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// Evidence of how a debt was collected: messages, call logs, notices, decisions.
    Evidence,
    /// The recording of a call.
    CallRecording,
    /// Invoices and books, which the law of taxes wants.
    Books,
}

/// A floor: how long one kind of record must be kept at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionFloor {
    /// The law.
    pub provision: Provision,
    /// Of which records.
    pub kind: RecordKind,
    /// From the record's event.
    pub keep: Period,
}

/// A record that somebody wants to purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub kind: RecordKind,
    /// What its time is counted from: the last activity to collect the debt, the call, the day that was booked.
    pub event: Date,
    /// Whether the debt is still being collected.
    pub debt_open: bool,
}

/// The last day on which the record must be kept, by whichever floor reaches furthest.
#[must_use]
pub fn keep_through(floors: &[RetentionFloor], record: &Record) -> Option<(Date, Provision)> {
    // Years know no working days.
    let none = HolidayCalendar::default();
    let own = floors.iter().filter(|floor| floor.kind == record.kind);
    let ends = own.map(|floor| (floor.keep.last_day(record.event, &none), floor.provision.clone()));
    ends.max_by_key(|(last, _)| *last)
}

/// Whether a record may be purged on a day.
///
/// # Errors
/// A [`Bar`] while a law wants it kept, or, but for recordings, while the debt is collected: evidence counts from the last
/// activity, and one more may come.
pub fn may_purge(floors: &[RetentionFloor], record: &Record, on: Date) -> Result<(), Bar> {
    let Some((last, provision)) = keep_through(floors, record) else { return Ok(()) };
    if on <= last {
        return Err(provision.bar(Because::Retained(last), Lifts::On(last.saturating_add(1.day()))));
    }
    if record.debt_open && record.kind != RecordKind::CallRecording {
        return Err(provision.bar(Because::InUse, Lifts::WhenMended));
    }
    Ok(())
}

/// When a record goes: after the last floor, and not before its purpose ends. In between it is kept and not used.
#[must_use]
pub fn erase_on(keep_through: Option<Date>, purpose_ends: Date) -> Date {
    keep_through.map_or(purpose_ends, |last| last.saturating_add(1.day()).max(purpose_ends))
}
