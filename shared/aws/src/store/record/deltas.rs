//! What a commit did to the counters.

use dunlin_domain::debtor::{Agreed, Deltas, GroupDelta, MessageCount, OpenDelta, Tally, Turn};
use dunlin_domain::ids::{AccountKey, DebtorId, PortfolioId};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::money::Currency;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{known, read};
use crate::store::error::StoreError;

/// What a commit did to the counters, as lists that stay small.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeltasRecord {
    /// Portfolio, currency, due date, minor units, invoices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) open: Vec<(String, String, Date, i64, i64)>,
    /// Portfolio, currency, day, kind of entry, minor units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) booked: Vec<(String, String, Date, String, i64)>,
    /// Portfolio, currency, day, state, messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) messages: Vec<(String, String, Date, String, i64)>,
    /// Parent, currency; open, disputed, unapplied, in flight, limit, whether there is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<(String, String, [i64; 6])>,
    /// Parent, currency, due date, minor units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups_open: Vec<(String, String, Date, i64)>,
    /// Portfolio, currency, what; how many, minor units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    standing: Vec<(String, String, String, i64, i64)>,
    /// Portfolio, currency, day, what, what became of it; how many, minor units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    turns: Vec<(String, String, Date, String, String, i64, i64)>,
}

impl DeltasRecord {
    pub(crate) fn of(deltas: &Deltas) -> Self {
        let names = |key: &AccountKey| (key.portfolio.to_string(), key.currency.code().to_owned());
        let open = deltas.open.iter().map(|((key, due), delta)| {
            let (portfolio, currency) = names(key);
            (portfolio, currency, *due, delta.minor, delta.invoices)
        });
        let booked = deltas.booked.iter().map(|((key, on, kind), minor)| {
            let (portfolio, currency) = names(key);
            (portfolio, currency, *on, kind.as_str().to_owned(), *minor)
        });
        let messages = deltas.messages.iter().map(|((key, day, state), count)| {
            let (portfolio, currency) = names(key);
            (portfolio, currency, *day, state.as_str().to_owned(), *count)
        });
        let groups = deltas.groups.iter().map(|((group, currency), delta)| {
            let GroupDelta { open, disputed, unapplied, in_flight, limit, limited } = *delta;
            let sums = [open, disputed, unapplied, in_flight, limit, limited];
            (group.to_string(), currency.code().to_owned(), sums)
        });
        let groups_open = deltas.groups_open.iter();
        let groups_open = groups_open
            .map(|((group, currency, due), minor)| (group.to_string(), currency.code().to_owned(), *due, *minor));
        let standing = deltas.standing.iter().map(|((key, what), tally)| {
            let (portfolio, currency) = names(key);
            (portfolio, currency, what.as_str().to_owned(), tally.count, tally.minor)
        });
        let turns = deltas.turns.iter().map(|((key, on, what, turn), tally)| {
            let (portfolio, currency) = names(key);
            (portfolio, currency, *on, what.as_str().to_owned(), turn.as_str().to_owned(), tally.count, tally.minor)
        });
        Self {
            standing: standing.collect(),
            turns: turns.collect(),
            open: open.collect(),
            booked: booked.collect(),
            messages: messages.collect(),
            groups: groups.collect(),
            groups_open: groups_open.collect(),
        }
    }

    pub(crate) fn read(&self) -> Result<Deltas, StoreError> {
        let account = |portfolio: &str, currency: &str| {
            let portfolio = read("portfolio", PortfolioId::parse(portfolio))?;
            Ok::<_, StoreError>(AccountKey { portfolio, currency: read("currency", Currency::parse(currency))? })
        };
        let mut deltas = Deltas::default();
        for (portfolio, currency, due, minor, invoices) in &self.open {
            let delta = OpenDelta { minor: *minor, invoices: *invoices };
            deltas.open.insert((account(portfolio, currency)?, *due), delta);
        }
        for (portfolio, currency, on, kind, minor) in &self.booked {
            let kind = known("kind", kind, EntryKind::parse(kind))?;
            deltas.booked.insert((account(portfolio, currency)?, *on, kind), *minor);
        }
        for (portfolio, currency, day, state, count) in &self.messages {
            // Schema 1 also counted what was planned; nobody asked.
            if state == "planned" {
                continue;
            }
            let state = known("state", state, MessageCount::parse(state))?;
            deltas.messages.insert((account(portfolio, currency)?, *day, state), *count);
        }
        for (portfolio, currency, what, count, minor) in &self.standing {
            let what = known("standing", what, Agreed::parse(what))?;
            let tally = Tally { count: *count, minor: *minor };
            deltas.standing.insert((account(portfolio, currency)?, what), tally);
        }
        for (portfolio, currency, on, what, turn, count, minor) in &self.turns {
            let (what, turn) = (known("what", what, Agreed::parse(what))?, known("turn", turn, Turn::parse(turn))?);
            let tally = Tally { count: *count, minor: *minor };
            deltas.turns.insert((account(portfolio, currency)?, *on, what, turn), tally);
        }
        let group = |group: &str, currency: &str| {
            let currency = read("currency", Currency::parse(currency))?;
            Ok::<_, StoreError>((read("group", DebtorId::parse(group))?, currency))
        };
        for (of, currency, [open, disputed, unapplied, in_flight, limit, limited]) in self.groups.iter().cloned() {
            let delta = GroupDelta { open, disputed, unapplied, in_flight, limit, limited };
            deltas.groups.insert(group(&of, &currency)?, delta);
        }
        for (of, currency, due, minor) in &self.groups_open {
            let (of, currency) = group(of, currency)?;
            deltas.groups_open.insert((of, currency, *due), *minor);
        }
        Ok(deltas)
    }
}
