//! Invoices that a provider collects by itself, from what the debtor left on file: how often it tried, when it tries
//! next, and from when on it is the debtor's turn.
//!
//! While the provider may still try, the ladder stands still, and a policy of its own asks for a card that works. Once the
//! provider gives up, or says nothing for a day after it should have tried, the invoice is asked for like any other: its
//! ladder counts from that day, because until then there was nothing for the debtor to do.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// How long after a try its outcome is waited for: providers tell of it late, and of the next date later still.
const MARGIN: SignedDuration = SignedDuration::from_hours(24);

/// A page of the provider's on which an invoice is paid, or the card for it renewed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaymentPage(String);

/// What is wrong with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment page is an address that begins with https://, of at most {max} visible characters", max = PaymentPage::LENGTH_MAX)]
pub struct BadPage;

impl PaymentPage {
    /// Longer than any provider's, and short enough for an item.
    const LENGTH_MAX: usize = 1000;

    /// Reads an address.
    ///
    /// # Errors
    /// [`BadPage`] for one that is not encrypted, too long, or holds what an address cannot.
    pub fn parse(value: &str) -> Result<Self, BadPage> {
        let rest = value.strip_prefix("https://").ok_or(BadPage)?;
        let visible = rest.chars().all(|c| c.is_ascii_graphic() && !"\"'<>\\`".contains(c));
        let has_host = rest.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        if visible && has_host && value.len() <= Self::LENGTH_MAX { Ok(Self(value.to_owned())) } else { Err(BadPage) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PaymentPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a provider has come that collects an invoice, as of one snapshot. Ordered so that of two snapshots of one
/// second the larger holds: the one that knows of more tries, and of the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempts {
    /// How often it tried.
    pub made: u32,
    /// When it tries next; `None` where it will not.
    pub next: Option<Timestamp>,
    /// Where the debtor can pay, or leave another card.
    pub page: Option<PaymentPage>,
}

/// The latest try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTry {
    /// Which it was, from 1.
    pub number: u32,
    /// When it was first told of.
    pub told: Timestamp,
}

/// All that was said of collecting an invoice. Joining is commutative, associative and idempotent (I2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collection {
    /// What the newest snapshot says; `None` where it leaves paying to the debtor.
    pub attempts: Option<Attempts>,
    /// The latest try that any snapshot knows of.
    pub last_try: Option<LastTry>,
}

impl Collection {
    /// Joins what a snapshot made at second `told` says; `newest` is the second of the newest one so far.
    pub fn join(&mut self, attempts: Option<&Attempts>, told: Option<i64>, newest: Option<i64>) {
        if told > newest {
            self.attempts = attempts.cloned();
        } else if told == newest {
            self.attempts = self.attempts.take().max(attempts.cloned());
        }
        let told = told.and_then(|second| Timestamp::from_second(second).ok());
        let Some((attempts, told)) = attempts.filter(|attempts| attempts.made > 0).zip(told) else { return };
        let outranks = |known: LastTry| (attempts.made, known.told) > (known.number, told);
        if self.last_try.is_none_or(outranks) {
            self.last_try = Some(LastTry { number: attempts.made, told });
        }
    }

    /// Whether the provider collects, so that the debtor has nothing to do.
    #[must_use]
    pub fn is_automatic(&self) -> bool {
        self.attempts.is_some()
    }

    /// From when on it is the debtor's turn: the try that is announced, or the last one made where none is. `None` where
    /// the provider neither announced nor made one.
    #[must_use]
    pub fn debtors_turn(&self) -> Option<Timestamp> {
        self.attempts.as_ref()?.next.or(self.last_try.map(|one| one.told))
    }

    /// Until when the provider is left to it, where it is at `now`.
    #[must_use]
    pub fn left_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.debtors_turn()?.saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        (until > now).then_some(until)
    }

    /// The try that is ahead after one that failed: the time to ask for a card that works.
    #[must_use]
    pub fn retry(&self, now: Timestamp) -> Option<Timestamp> {
        let attempts = self.attempts.as_ref().filter(|attempts| attempts.made > 0)?;
        attempts.next.filter(|next| *next > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_an_encrypted_address_and_nothing_else() {
        assert_eq!(PaymentPage::parse("https://invoice.stripe.com/i/x?s=ap").unwrap().as_str().len(), 35);
        let long = format!("https://a/{}", "x".repeat(1000));
        for bad in
            ["http://a.example", "javascript:alert(1)", "https://", "https:///x", "https://a\"b", "https://a b", &long]
        {
            assert_eq!(PaymentPage::parse(bad), Err(BadPage), "{bad}");
        }
    }
}
