//! How long one may sue, used to stop suits and threats and never to say that a debt can be enforced.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::because::Because;
use super::period::Period;
use super::provision::{Bar, Lifts, Provision};
use crate::calendar::holidays::HolidayCalendar;
use crate::contact::DebtorKind;

/// What the debt rests on, as far as time to sue differs by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContractKind {
    /// A written contract.
    Written,
    /// An oral contract.
    Oral,
    /// An open account: running dealings that are settled from time to time.
    OpenAccount,
    /// A sale of goods (US: UCC 2-725).
    Goods,
    /// Consumer credit.
    ConsumerCredit,
    /// A deed, or a contract under seal.
    Deed,
}

/// What the end of the time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The debt stands, and cannot be sued for.
    Barred,
    /// The debt is gone.
    Extinguished,
}

/// How long one may sue on one kind of contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitationRow {
    /// The statute. Its days are those on which a claim accrued.
    pub provision: Provision,
    /// On which contracts; any kind where it names none.
    pub contracts: Vec<ContractKind>,
    /// Against whom; anybody where it names none.
    pub debtor: Option<DebtorKind>,
    /// From the day on which the claim accrued.
    pub period: Period,
    /// From the day of a signed acknowledgment or a part payment, where these begin the time anew. They do so only while it
    /// runs.
    pub anew: Option<Period>,
}

/// The law of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitationLaw {
    /// By kind of contract.
    pub rows: Vec<LimitationRow>,
    /// What the end of the time does.
    pub effect: Effect,
}

/// What is known of a debt's age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age {
    /// When the claim accrued: the due date, where nothing else is known.
    pub accrued: Date,
    /// What it rests on. Unknown means whatever is over first.
    pub contract: Option<ContractKind>,
    /// Who owes.
    pub debtor: DebtorKind,
    /// The days on which the debtor acknowledged the debt in a signed writing, or paid a part.
    pub acknowledged: Vec<Date>,
}

/// When the time to sue is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The last day to sue: the anniversary, which is a day earlier than some courts would have it at the latest.
    pub last_day: Date,
    /// What happens then.
    pub effect: Effect,
    /// Which row of the law says so.
    pub provision: Provision,
}

impl LimitationLaw {
    /// When the time to sue is over, as things stand on a day; of all rows that may apply, the one that is over first.
    /// `None` where no row applies.
    #[must_use]
    pub fn expiry(&self, age: &Age, on: Date) -> Option<Expiry> {
        let applies = |row: &&LimitationRow| {
            let contract = age.contract.is_none_or(|kind| row.contracts.is_empty() || row.contracts.contains(&kind));
            contract && row.debtor.is_none_or(|kind| kind == age.debtor) && row.provision.in_force(age.accrued)
        };
        let ends = self.rows.iter().filter(applies).map(|row| (row.last_day(age, on), row));
        let (last_day, row) = ends.min_by_key(|(last_day, _)| *last_day)?;
        Some(Expiry { last_day, effect: self.effect, provision: row.provision.clone() })
    }

    /// What the law says against suing, or threatening to, on a day.
    #[must_use]
    pub fn bars_suit(&self, age: &Age, on: Date) -> Option<Bar> {
        self.expiry(age, on).and_then(|expiry| expiry.bar(on))
    }

    /// What the law says against asking for the debt at all on a day: that it is gone.
    #[must_use]
    pub fn bars_demand(&self, age: &Age, on: Date) -> Option<Bar> {
        self.bars_suit(age, on).filter(|_| self.effect == Effect::Extinguished)
    }
}

impl Expiry {
    /// What stands against a suit on a day.
    #[must_use]
    pub fn bar(&self, on: Date) -> Option<Bar> {
        let because = match self.effect {
            Effect::Barred => Because::TimeBarred(self.last_day),
            Effect::Extinguished => Because::Extinguished(self.last_day),
        };
        (on > self.last_day).then(|| self.provision.bar(because, Lifts::Never))
    }

    /// The first day on which it is over.
    #[must_use]
    pub fn over_from(&self) -> Date {
        self.last_day.saturating_add(1.day())
    }
}

impl LimitationRow {
    fn last_day(&self, age: &Age, on: Date) -> Date {
        // Years know no working days.
        let none = HolidayCalendar::default();
        let mut acts: Vec<Date> = age.acknowledged.iter().copied().filter(|act| *act <= on).collect();
        acts.sort_unstable();
        acts.into_iter().fold(self.period.last_day(age.accrued, &none), |last, act| match self.anew {
            Some(anew) if act >= age.accrued && act <= last => last.max(anew.last_day(act, &none)),
            Some(_) | None => last,
        })
    }
}
