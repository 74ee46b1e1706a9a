//! Words of a body that the gate has values for.

use dunlin_domain::calendar::Zone;
use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::medium::Family;
use dunlin_domain::gate::target::Line;
use dunlin_domain::gate::{Medium, Purpose};
use dunlin_domain::ids::ParticularDebt;
use dunlin_domain::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::body::{self, Body};

/// A word of a list.
pub(super) fn word<T: Copy, const N: usize>(known: &[(&str, T); N]) -> impl Fn(&str) -> Result<T, String> {
    let known = known.map(|(name, value)| (name.to_owned(), value));
    move |text| {
        let found = known.iter().find(|(name, _)| name == text).map(|(_, value)| *value);
        found.ok_or_else(|| one_of(known.iter().map(|(name, _)| name.as_str())))
    }
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("must be one of {}", names.collect::<Vec<_>>().join(", "))
}

/// A name of one of the domain's enums.
pub(crate) fn named<T>(
    parse: impl Fn(&str) -> Option<T>,
    known: impl IntoIterator<Item = &'static str>,
) -> impl FnOnce(&str) -> Result<T, String> {
    move |text| parse(text).ok_or_else(|| one_of(known.into_iter()))
}

pub(super) fn purpose(text: &str) -> Result<Purpose, String> {
    named(Purpose::parse, Purpose::ALL.map(Purpose::as_str))(text)
}

pub(super) fn line(text: &str) -> Result<Line, String> {
    named(Line::parse, Line::ALL.iter().map(|line| line.as_str()))(text)
}

pub(super) fn medium(text: &str) -> Result<Medium, String> {
    named(Medium::parse, Medium::ALL.map(Medium::as_str))(text)
}

pub(crate) fn outcome(text: &str) -> Result<Outcome, String> {
    named(Outcome::parse, Outcome::ALL.iter().map(|outcome| outcome.as_str()))(text)
}

pub(crate) fn begun_by(text: &str) -> Result<Initiator, String> {
    named(Initiator::parse, Initiator::ALL.iter().map(|who| who.as_str()))(text)
}

pub(crate) fn moment(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().map_err(|_| "must be a time such as 2026-03-31T09:00:00Z")
}

/// `15:00`; `24:00` is the midnight that follows.
pub(super) fn clock(text: &str) -> Result<Time, &'static str> {
    let text = if text == "24:00" { "00:00" } else { text };
    text.parse().map_err(|_| "must be a time of day such as 15:00")
}

pub(super) fn family(text: &str) -> Result<Family, String> {
    named(Family::parse, Family::ALL.map(Family::as_str))(text)
}

/// A date that may be left out.
pub(super) fn day(body: &mut Body, field: &str) -> Option<Date> {
    body.parsed(field, body::date)
}

pub(super) fn zone(body: &mut Body, field: &str) -> Option<Zone> {
    body.parsed(field, Zone::parse)
}

/// `{"amount", "currency"}`, which may be left out.
pub(super) fn money(body: &mut Body, field: &str) -> Option<Money> {
    body.object(field, |one| {
        let currency = one.required("currency", Currency::parse);
        one.amount("amount", currency)
    })
}

pub(super) fn debts(body: &mut Body, field: &str) -> Vec<ParticularDebt> {
    let texts = body.texts(field);
    let debts = texts.iter().map(|text| ParticularDebt::parse(text)).collect::<Result<Vec<_>, _>>();
    debts.unwrap_or_else(|error| {
        body.complain(field, error);
        Vec::new()
    })
}
