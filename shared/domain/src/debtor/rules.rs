//! Asking the rules of a policy about one invoice.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::charging::{Charging, DueCharge, Occasion, by_rule};
use super::late::{fee_key, fixed_sum_key, interest_key, interest_rule};
use super::{Barred, ChargeKind, Debtor, Obstacle};
use crate::allocation::ComponentOrder;
use crate::by_day::ByDay;
use crate::charge::regime::DebtKind;
use crate::charge::rule::{Basis, Booked, LateFees, Levy, WhileAgreed};
use crate::charge::start::PaymentTerms;
use crate::charge::terms::Terms;
use crate::charge::{Charge, ChargeRule, Claim, InterestError, Laws, OpenBalance, QuoteError, Regime, Start, interest};
use crate::hold::HoldReason;
use crate::ids::{AccountKey, IdError, InvoiceId, OutsideId};
use crate::invoice::Invoice;
use crate::money::{Money, MoneyError};
use crate::policy::{Policies, Policy};
use crate::reason::{Detail, Reason, Rule};

/// The rules of the policy that an account is pursued under, at a moment.
pub(super) struct Rules<'a> {
    debtor: &'a Debtor,
    policies: &'a Policies,
    policy: &'a Policy,
    now: Timestamp,
    today: Date,
    /// What unapplied credit covers.
    covers: BTreeMap<InvoiceId, ByDay>,
}

/// Why a rule has nothing to charge by.
#[derive(Debug, thiserror::Error)]
enum Silent {
    #[error("the debtor's country is not known, so that its law is not")]
    NoCountry,
    #[error("the law of {0} is not known")]
    NoLaw(String),
    #[error("the rule names no amount in {0}")]
    NoAmount(crate::money::Currency),
    #[error("the law gives no fixed sum against this debtor")]
    NoFixedSum,
    #[error(transparent)]
    Quote(#[from] QuoteError),
    #[error(transparent)]
    Interest(#[from] InterestError),
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Name(#[from] IdError),
}

/// What a rule charges on an invoice, under which key.
type Due = Option<(ChargeKind, Charge, OutsideId)>;

impl<'a> Rules<'a> {
    /// None where the policy charges nothing.
    pub(super) fn of(debtor: &'a Debtor, key: &AccountKey, policies: &'a Policies, now: Timestamp) -> Option<Self> {
        let (_, policy) = debtor.accounts.get(key)?.pursued_under(policies);
        if policy.charges().is_empty() {
            return None;
        }
        Some(Self { debtor, policies, policy, now, today: debtor.today(now), covers: debtor.covers(key, None) })
    }

    /// Asks every rule.
    pub(super) fn ask(&self, invoice: &Invoice, occasion: Occasion, charging: &mut Charging) {
        for rule in self.policy.charges() {
            let due = match &rule.levy {
                Levy::LateFees(fees) => self.late_fee(rule, fees, invoice, charging),
                Levy::FixedSum(laws) => self.fixed_sum(rule, laws, invoice, charging),
                Levy::Interest { basis, booked } => self.interest(rule, (basis, *booked), invoice, occasion, charging),
            };
            self.say(rule, invoice, due, charging);
        }
    }

    /// Asks the rules about interest alone.
    pub(super) fn ask_for_interest(&self, invoice: &Invoice, charging: &mut Charging) {
        for rule in self.policy.charges() {
            if let Levy::Interest { basis, booked } = &rule.levy {
                let due = self.interest(rule, (basis, *booked), invoice, Occasion::Day, charging);
                self.say(rule, invoice, due, charging);
            }
        }
    }

    fn say(&self, rule: &ChargeRule, invoice: &Invoice, due: Result<Due, Silent>, charging: &mut Charging) {
        let number = &invoice.id.number;
        match due {
            Ok(None) => {}
            Ok(Some((kind, Charge { amount, authority }, key))) => {
                let policy = self.policy.id();
                let detail = Detail::Charge(amount, number.clone(), rule.name.clone(), policy.clone());
                charging.reasons.push(Reason::in_favour(Rule::ChargeDue, detail));
                let why = by_rule(&authority, policy, &rule.name);
                let (invoice, rule) = (invoice.id.clone(), rule.name.clone());
                charging.charges.push(DueCharge { invoice, kind, amount, rule, key, why, on: self.today });
            }
            // Before it is late, it is not asked.
            Err(_) if self.debtor.due(invoice, self.now) >= self.today => {}
            Err(why) => {
                let detail = Detail::Written(format!("{} on {number}: {why}", rule.name));
                charging.reasons.push(Reason::against(Rule::NotChargeable, detail));
            }
        }
    }

    fn late_fee(
        &self,
        rule: &ChargeRule,
        fees: &LateFees,
        invoice: &Invoice,
        charging: &mut Charging,
    ) -> Result<Due, Silent> {
        let due = self.debtor.due(invoice, self.now);
        charging.wakes.extend(fees.next(due, self.today).map(|day| self.midnight(day)));
        let Some((time, day)) = fees.reached(due, self.today) else { return Ok(None) };
        let key = fee_key(&rule.name, &fees.period(time)?)?;
        if invoice.charges.contains(&key) {
            return Ok(None);
        }
        let fee = fees.fee(invoice.currency()).ok_or(Silent::NoAmount(invoice.currency()))?;
        if self.debtor.moratoria(&invoice.id).iter().any(|free| free.covers(day)) {
            let moratorium = Barred { by: Obstacle::Hold(HoldReason::Moratorium), part: None, until: None };
            self.bar(rule, invoice, &moratorium, charging);
            return Ok(None);
        }
        let Some(part) = self.part_held(rule, invoice, charging)? else { return Ok(None) };
        let covered = Money::from_minor(self.covered(invoice).on(self.today), invoice.currency());
        let charge = fee.on(invoice.balance().minus(part)?.minus(covered)?)?;
        if covered.is_positive() && !charge.amount.is_positive() {
            self.say_covered(invoice, charging);
        }
        Ok(charge.amount.is_positive().then_some((ChargeKind::Fee, charge, key)))
    }

    fn fixed_sum(
        &self,
        rule: &ChargeRule,
        laws: &Laws,
        invoice: &Invoice,
        charging: &mut Charging,
    ) -> Result<Due, Silent> {
        if invoice.has_fixed_sum() {
            return Ok(None);
        }
        let regime = self.law(laws)?;
        let claim = self.claim(invoice)?;
        let first = regime.first_day(&claim)?;
        if first > self.today {
            charging.wakes.push(self.midnight(first));
            return Ok(None);
        }
        // It is for the whole debt: it waits until nobody contests a part.
        let barred = self.barred(rule, invoice);
        if !barred.is_empty() {
            barred.iter().for_each(|barred| self.bar(rule, invoice, barred, charging));
            return Ok(None);
        }
        let covered = self.covered(invoice).on(first);
        if covered > 0 && !claim.balance.on(first)?.is_positive() {
            self.say_covered(invoice, charging);
            return Ok(None);
        }
        let charge = regime.fixed_sum(&claim)?.ok_or(Silent::NoFixedSum)?;
        Ok(Some((ChargeKind::Fee, charge, fixed_sum_key(regime)?)))
    }

    fn interest(
        &self,
        rule: &ChargeRule,
        (basis, booked): (&Basis, Booked),
        invoice: &Invoice,
        occasion: Occasion,
        charging: &mut Charging,
    ) -> Result<Due, Silent> {
        let claim = self.claim(invoice)?;
        let (terms, first) = self.terms(basis, &claim)?;
        // What credit covers is not paid before the credit is applied.
        let ends = !invoice.components(self.order())?.principal.is_positive();
        if booked == Booked::Monthly && !ends {
            charging.wakes.push(self.midnight(next_month(first.max(self.today))));
        }
        if first > self.today {
            return Ok(None);
        }
        let key = free_key(interest_key(&rule.name, self.today)?, invoice)?;
        let beyond = |balance: &OpenBalance| {
            let quote = interest(terms, balance, first, self.today, &claim.moratoria)?;
            Ok::<_, Silent>(quote.total.minus(invoice.sums.interest)?)
        };
        let authority = terms.authority.clone();
        let amount = beyond(&claim.balance)?;
        let own = |key: &OutsideId| interest_rule(key).is_none_or(|by| by == rule.name.as_str());
        // What someone ordered is not taken back.
        if amount.minor() < 0 && invoice.charges.iter().all(own) {
            return Ok(Some((ChargeKind::Interest, Charge { amount, authority }, key)));
        }
        let comes = match booked {
            Booked::Monthly => next_month(first) <= self.today && !booked_in(rule, invoice, self.today),
            Booked::WithMessages => occasion == Occasion::Message,
            Booked::AtEnd => false,
        };
        if !amount.is_positive() || !(ends || comes) {
            return Ok(None);
        }
        let Some(part) = self.part_held(rule, invoice, charging)? else { return Ok(None) };
        let amount = beyond(&claim.balance.clone().without(part)?)?;
        Ok(amount.is_positive().then_some((ChargeKind::Interest, Charge { amount, authority }, key)))
    }

    /// The terms of interest, and the first day that bears it.
    fn terms<'b>(&self, basis: &'b Basis, claim: &Claim) -> Result<(&'b Terms, Date), Silent> {
        match basis {
            Basis::Contract(terms) => {
                let due = match &claim.start {
                    Start::From(terms) => terms.agreed_day.unwrap_or(self.today),
                    Start::On(day) => *day,
                };
                Ok((terms, due.saturating_add(1.day())))
            }
            Basis::Statute(laws) => {
                let regime = self.law(laws)?;
                Ok((regime.statutory(claim)?, regime.first_day(claim)?))
            }
        }
    }

    /// The claim that an invoice is, as of today.
    fn claim(&self, invoice: &Invoice) -> Result<Claim, Silent> {
        let agreed_day = Some(self.debtor.due(invoice, self.now));
        Ok(Claim {
            debtor: self.debtor.profile.kind,
            debt: DebtKind::Trade,
            balance: invoice.open_balance(self.order(), &self.covered(invoice))?,
            start: Start::From(PaymentTerms { agreed_day, ..PaymentTerms::default() }),
            as_of: self.today,
            moratoria: self.debtor.moratoria(&invoice.id),
            agreed: self.policy.contract().cloned(),
        })
    }

    fn order(&self) -> ComponentOrder {
        self.policies.components(self.debtor.profile.country.as_deref())
    }

    /// What unapplied credit covers of an invoice.
    fn covered(&self, invoice: &Invoice) -> Cow<'_, ByDay> {
        self.covers.get(&invoice.id).map_or_else(Cow::default, Cow::Borrowed)
    }

    fn say_covered(&self, invoice: &Invoice, charging: &mut Charging) {
        charging.reasons.push(Reason::against(Rule::CoveredByCredit, Detail::Invoice(invoice.id.number.clone())));
    }

    fn law<'b>(&self, laws: &'b Laws) -> Result<&'b Regime, Silent> {
        let country = self.debtor.profile.country.as_deref().ok_or(Silent::NoCountry)?;
        laws.of(country).ok_or_else(|| Silent::NoLaw(country.to_owned()))
    }

    /// What stands against a rule on an invoice.
    fn barred(&self, rule: &ChargeRule, invoice: &Invoice) -> Vec<Barred> {
        let mut barred = self.debtor.obstacles(invoice, self.now);
        barred.retain(|barred| rule.while_agreed == WhileAgreed::Wait || !barred.by.is_agreement());
        barred
    }

    /// How much of an invoice is not charged on; `None` where nothing is charged on it at all.
    fn part_held(
        &self,
        rule: &ChargeRule,
        invoice: &Invoice,
        charging: &mut Charging,
    ) -> Result<Option<Money>, MoneyError> {
        let barred = self.barred(rule, invoice);
        barred.iter().for_each(|barred| self.bar(rule, invoice, barred, charging));
        if barred.iter().any(|barred| barred.part.is_none()) {
            return Ok(None);
        }
        let held = Money::sum(invoice.currency(), barred.iter().filter_map(|barred| barred.part))?;
        Ok(Some(held).filter(|held| held.is_zero() || held.minor() < invoice.balance().minor()))
    }

    fn bar(&self, rule: &ChargeRule, invoice: &Invoice, barred: &Barred, charging: &mut Charging) {
        let number = invoice.id.number.clone();
        let detail = Detail::Barred(rule.name.clone(), number, barred.by.as_str(), barred.until);
        charging.reasons.push(Reason::against(Rule::ChargeBarred, detail));
        charging.wakes.extend(barred.until.filter(|until| *until > self.now));
    }

    fn midnight(&self, day: Date) -> Timestamp {
        self.debtor.profile.zone.midnight(day).max(self.now)
    }
}

/// The first day of the month after the one that `day` lies in.
fn next_month(day: Date) -> Date {
    day.first_of_month().saturating_add(1.month())
}

/// The key itself, or numbered where it is taken. What is booked is only ever the difference to what was, so that it is
/// not the key that keeps interest from being booked twice.
fn free_key(key: OutsideId, invoice: &Invoice) -> Result<OutsideId, IdError> {
    let mut free = key.clone();
    for number in 2..=invoice.charges.len().saturating_add(1) {
        if !invoice.charges.contains(&free) {
            break;
        }
        free = OutsideId::parse(&format!("{key}/{number}"))?;
    }
    Ok(free)
}

/// Whether a rule has booked interest in the month that `day` lies in.
fn booked_in(rule: &ChargeRule, invoice: &Invoice, day: Date) -> bool {
    let days = day.first_of_month().series(1.day()).take_while(|one| *one <= day);
    days.filter_map(|one| interest_key(&rule.name, one).ok()).any(|key| invoice.charges.contains(&key))
}
