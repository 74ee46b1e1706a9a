//! A debtor's statement of account: what was owed when a period began, every entry in it, what was owed when it ended, and
//! what is open now.
//!
//! What is owed is net: what is open on invoices less unapplied credit, so that a debtor in credit is below nothing. An entry
//! belongs to the day that it counts from, not to the day on which it was told.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::debtor::{Debtor, Owed};
use crate::ids::{AccountKey, InvoiceId};
use crate::ledger::Entry;
use crate::money::{Currency, Money, MoneyError};

/// The days that a statement is about, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: Date,
    to: Date,
}

/// The period ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the period ends on {to}, before it begins, on {from}")]
pub struct Backwards {
    from: Date,
    to: Date,
}

impl Period {
    /// From one day to another.
    ///
    /// # Errors
    /// [`Backwards`].
    pub fn new(from: Date, to: Date) -> Result<Self, Backwards> {
        if from <= to { Ok(Self { from, to }) } else { Err(Backwards { from, to }) }
    }

    /// The first day.
    #[must_use]
    pub fn from(&self) -> Date {
        self.from
    }

    /// The last day.
    #[must_use]
    pub fn to(&self) -> Date {
        self.to
    }
}

/// Why there is no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// More than anyone reads.
    #[error("{entries} entries lie in the period, more than the {max} of one statement; ask for a shorter one", max = Statement::LINES_MAX)]
    TooLong {
        /// How many.
        entries: usize,
    },
    /// The entries are not those of the balances.
    #[error("the entries in {currency} come to {entries}, the balances to {balances}")]
    Unbalanced {
        /// The currency.
        currency: Currency,
        /// The sum of all entries.
        entries: Money,
        /// What is open less unapplied credit.
        balances: Money,
    },
    /// Amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// An entry, and what is owed after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// The entry.
    pub entry: Entry,
    /// What is owed after it.
    pub balance: Money,
}

/// An invoice that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenItem {
    /// The invoice.
    pub invoice: InvoiceId,
    /// The day it was issued.
    pub issued: Date,
    /// The last day to pay in time.
    pub due: Date,
    /// What was invoiced.
    pub total: Money,
    /// What is open of it.
    pub open: Money,
    /// How many days late it is; nothing where it is not.
    pub days_overdue: i32,
}

/// What is owed in one currency, in a period and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balances {
    /// What was owed before the period.
    pub opening: Money,
    /// What was owed after it.
    pub closing: Money,
    /// What is owed now.
    pub owed: Owed,
    /// What of it is late.
    pub overdue: Money,
}

impl Balances {
    /// Both together.
    ///
    /// # Errors
    /// [`MoneyError`] for two currencies, or where sums overflow.
    pub fn plus(&self, other: &Self) -> Result<Self, MoneyError> {
        Ok(Self {
            opening: self.opening.plus(other.opening)?,
            closing: self.closing.plus(other.closing)?,
            owed: self.owed.plus(&other.owed)?,
            overdue: self.overdue.plus(other.overdue)?,
        })
    }
}

/// A statement in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What was and is owed.
    pub balances: Balances,
    /// The entries of the period, by the day they count from.
    pub lines: Vec<StatementLine>,
    /// What is open now, oldest due first.
    pub open_items: Vec<OpenItem>,
}

impl Statement {
    /// How many entries a statement may list.
    pub const LINES_MAX: usize = 5_000;

    /// The statement of a debtor with these entries, all that there are, in the order in which they were booked. What is open
    /// is shown as of `today`.
    ///
    /// # Errors
    /// [`StatementError`]; [`StatementError::Unbalanced`] where the entries are not all there are.
    pub fn of(
        debtor: &Debtor,
        entries: &[Entry],
        currency: Currency,
        period: Period,
        today: Date,
    ) -> Result<Self, StatementError> {
        let mut entries: Vec<&Entry> = entries.iter().filter(|entry| entry.account.currency == currency).collect();
        let owed = debtor.owed_by_currency()?.get(&currency).copied().unwrap_or_else(|| Owed::nothing(currency));
        let (sum, net) = (sum(&entries, currency)?, owed.open.minus(owed.unapplied)?);
        if sum != net {
            return Err(StatementError::Unbalanced { currency, entries: sum, balances: net });
        }
        entries.sort_by_key(|entry| entry.on);
        let begins = entries.partition_point(|entry| entry.on < period.from);
        let ends = entries.partition_point(|entry| entry.on <= period.to);
        let listed = entries.get(begins..ends).unwrap_or_default();
        if listed.len() > Self::LINES_MAX {
            return Err(StatementError::TooLong { entries: listed.len() });
        }
        let opening = self::sum(entries.get(..begins).unwrap_or_default(), currency)?;
        let mut closing = opening;
        let mut lines = Vec::with_capacity(listed.len());
        for entry in listed {
            closing = closing.plus(entry.amount)?;
            lines.push(StatementLine { entry: Entry::clone(entry), balance: closing });
        }
        let balances = Balances { opening, closing, owed, overdue: debtor.overdue(currency, today)? };
        Ok(Self { balances, lines, open_items: open_items(debtor, currency, today) })
    }

    /// The currencies that a debtor has dealings in.
    #[must_use]
    pub fn currencies(debtor: &Debtor) -> BTreeSet<Currency> {
        debtor.accounts.keys().map(|account: &AccountKey| account.currency).collect()
    }
}

fn sum(entries: &[&Entry], currency: Currency) -> Result<Money, MoneyError> {
    Money::sum(currency, entries.iter().map(|entry| entry.amount))
}

fn open_items(debtor: &Debtor, currency: Currency, today: Date) -> Vec<OpenItem> {
    let open = debtor.invoices.values().filter(|one| one.currency() == currency && one.balance().is_positive());
    let mut items: Vec<OpenItem> = open
        .map(|one| OpenItem {
            invoice: one.id.clone(),
            issued: one.issue_date,
            due: one.due_date,
            total: one.sums.total,
            open: one.balance(),
            days_overdue: one.due_date.until(today).map_or(0, |span| span.get_days()).max(0),
        })
        .collect();
    items.sort_by(|a, b| (a.due, &a.invoice).cmp(&(b.due, &b.invoice)));
    items
}
