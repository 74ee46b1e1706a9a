//! The directory of a tenant's debtors: by name, with as much of each as tells whether it is looked for.
//!
//! What stands in it changes when a debtor is named, and when the oldest thing that it owes is another one. Whether that is
//! late follows from the day, so that time passing writes nothing.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::debtor::Debtor;
use crate::ids::{AccountKey, PortfolioId};

/// So many characters of a name count for its place.
const PLACE_CHARS: usize = 60;

/// Where a name stands in the directory: small letters, single blanks, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamePlace(String);

impl NamePlace {
    /// The place of a name, or what the places of all names have in common that begin so.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let words: Vec<&str> = name.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let cut: String = words.join(" ").to_lowercase().chars().take(PLACE_CHARS).collect();
        // A place that ends where a word does is the place of its own text.
        Self(cut.trim_end().to_owned())
    }

    /// The place as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a debtor stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It owes nothing.
    Clear,
    /// It owes something, and nothing of it is late.
    Open,
    /// Something is late.
    Overdue,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clear, Self::Open, Self::Overdue];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Open => "open",
            Self::Overdue => "overdue",
        }
    }

    /// The standing of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == text)
    }

    /// By the due date of the oldest debt, on a day.
    fn of(oldest_due: Option<Date>, today: Date) -> Self {
        match oldest_due {
            None => Self::Clear,
            Some(due) if due < today => Self::Overdue,
            Some(_) => Self::Open,
        }
    }
}

/// What the directory says of a debtor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The name to write to.
    pub name: String,
    /// Each account, with the due date of its oldest open invoice; none where nothing is open.
    pub oldest_due: BTreeMap<AccountKey, Option<Date>>,
}

impl Debtor {
    /// What the directory says of it.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let mut oldest_due: BTreeMap<AccountKey, Option<Date>> =
            self.accounts.keys().map(|account| (account.clone(), None)).collect();
        for invoice in self.invoices.values().filter(|invoice| invoice.balance().is_positive()) {
            let oldest = oldest_due.entry(invoice.account()).or_default();
            *oldest = Some(oldest.map_or(invoice.due_date, |known| known.min(invoice.due_date)));
        }
        Listing { name: self.profile.name.clone(), oldest_due }
    }
}

impl Listing {
    /// Where it stands in the directory.
    #[must_use]
    pub fn place(&self) -> NamePlace {
        NamePlace::of(&self.name)
    }

    /// How it stands with a creditor, or with all of them; `None` where it has no dealings with that one.
    #[must_use]
    pub fn standing(&self, portfolio: Option<&PortfolioId>, today: Date) -> Option<Standing> {
        let asked = |account: &AccountKey| portfolio.is_none_or(|portfolio| account.portfolio == *portfolio);
        let standings = self.oldest_due.iter().filter(|(account, _)| asked(account));
        let worst = standings.map(|(_, oldest)| Standing::of(*oldest, today)).max();
        worst.or_else(|| portfolio.is_none().then_some(Standing::Clear))
    }
}

/// Which debtors are looked for, but for their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only those who have dealings with this creditor; how they stand is asked of it alone.
    pub portfolio: Option<PortfolioId>,
    /// Only those who stand so.
    pub standing: Option<Standing>,
}

impl Wanted {
    /// Whether a debtor is looked for, on a day.
    #[must_use]
    pub fn takes(&self, listing: &Listing, today: Date) -> bool {
        let standing = listing.standing(self.portfolio.as_ref(), today);
        standing.is_some_and(|standing| self.standing.is_none_or(|wanted| wanted == standing))
    }
}
