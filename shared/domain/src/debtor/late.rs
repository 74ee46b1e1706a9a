//! Charging a late invoice: what the law or the contract gives, beyond what was charged before.

use std::fmt::Display;

use super::{Barred, BookingError, Charge, ChargeKind, Charged, Debtor, Journal, Obstacle};
use crate::allocation::ComponentOrder;
use crate::by_day::ByDay;
use crate::charge::fee::LateFee;
use crate::charge::{self, Claim, OpenBalance, Quote, QuoteError, Regime};
use crate::hold::HoldReason;
use crate::ids::{IdError, InvoiceId, OutsideId, RuleName};
use crate::invoice::Invoice;
use crate::money::{Money, MoneyError};
use jiff::Timestamp;
use jiff::civil::Date;

/// Why nothing is charged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LateError {
    /// It cannot be worked out.
    #[error(transparent)]
    Quote(#[from] QuoteError),
    /// It cannot be booked.
    #[error(transparent)]
    Booking(#[from] BookingError),
    /// Something stands against it.
    #[error("nothing is charged on invoice {invoice}: {}{}", .barred.by.as_str(), until(.barred.until))]
    Barred {
        /// The invoice.
        invoice: InvoiceId,
        /// What.
        barred: Barred,
    },
    /// Nothing has run up, or it was charged before.
    #[error("nothing is left to charge on invoice {0} for that time")]
    Nothing(InvoiceId),
}

fn until(until: Option<Timestamp>) -> String {
    until.map_or(String::new(), |until| format!(", until {until}"))
}

/// How a charge is ordered.
#[derive(Debug, Clone, Copy)]
pub struct Ordered<'a> {
    /// When.
    pub now: Timestamp,
    /// Why it is charged although something stands against it that is for the creditor to say; it is kept with the entry.
    pub despite: Option<&'a str>,
}

/// A late fee, once for each invoice, rule and period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRule {
    /// The rule's name.
    pub name: RuleName,
    /// What it comes to, and what provides for it.
    pub fee: LateFee,
    /// Which of its periods; a rule that charges once has one.
    pub period: RuleName,
}

impl Invoice {
    /// The principal that was open each day and [not covered](Debtor::covered) by unapplied credit, as interest is computed
    /// from it.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn open_balance(&self, order: ComponentOrder, cover: &ByDay) -> Result<OpenBalance, MoneyError> {
        let mut days = self.principal_by_day(order, cover)?.into_iter();
        let zero = Money::zero(self.currency());
        let mut last = days.next().map_or(zero, |(_, opening)| opening);
        let mut balance = OpenBalance::new(last);
        for (day, open) in days {
            balance = balance.moved(day, open.minus(last)?)?;
            last = open;
        }
        Ok(balance)
    }

    /// Whether the law's fixed sum was charged on it, whoever ordered it: it is due once.
    #[must_use]
    pub fn has_fixed_sum(&self) -> bool {
        self.charges.iter().any(|key| key.as_str().starts_with(FIXED_SUM))
    }
}

const FIXED_SUM: &str = "fixed-sum/";
const INTEREST: &str = "interest/";

/// The key of a late fee: once for each rule and period.
pub(super) fn fee_key(rule: &RuleName, period: &RuleName) -> Result<OutsideId, IdError> {
    OutsideId::parse(&format!("late-fee/{rule}/{period}"))
}

/// The key of a fixed sum.
pub(super) fn fixed_sum_key(regime: &Regime) -> Result<OutsideId, IdError> {
    OutsideId::parse(&format!("{FIXED_SUM}{}", regime.name))
}

/// The key of interest up to a day.
pub(super) fn interest_key(rule: &impl Display, as_of: Date) -> Result<OutsideId, IdError> {
    OutsideId::parse(&format!("{INTEREST}{rule}/{as_of}"))
}

/// By which rule interest was booked, where a key is one of interest.
pub(super) fn interest_rule(key: &OutsideId) -> Option<&str> {
    key.as_str().strip_prefix(INTEREST)?.split('/').next()
}

impl Debtor {
    /// Charges the interest that has run up on an invoice by the day of the claim and was not charged before, and once the
    /// fixed sum. The balance of the claim is the invoice's own, less what is contested of it and what unapplied credit
    /// covers; moratoria of the debtor come to those of the claim. The answer is the quote that it follows from.
    ///
    /// # Errors
    /// [`LateError`]; the debtor must not be committed then, because a part may have been booked.
    pub fn charge_late(
        &mut self,
        invoice: &InvoiceId,
        regime: &Regime,
        claim: Claim,
        order: ComponentOrder,
        ordered: Ordered<'_>,
        journal: &mut Journal,
    ) -> Result<Quote, LateError> {
        let known = self.known(invoice)?;
        let (held, despite) = self.may_charge(known, ordered)?;
        let charged = known.sums.interest;
        let whole = held.is_zero() && !known.has_fixed_sum();
        let balance = known.open_balance(order, &self.covered(known)).and_then(|balance| balance.without(held));
        let moratoria = [claim.moratoria, self.moratoria(invoice)].concat();
        let claim = Claim { balance: balance.map_err(BookingError::from)?, moratoria, ..claim };
        let quote = regime.quote(&claim)?;
        let due = quote.interest.total.minus(charged).map_err(BookingError::from)?.or_zero();
        let interest = charge::Charge { amount: due, authority: quote.interest.authority.clone() };
        let rule = format!("{}-{}", regime.name, regime.version);
        let mut booked = false;
        for (kind, key, charge) in [
            (ChargeKind::Interest, interest_key(&rule, claim.as_of), Some(&interest)),
            (ChargeKind::Fee, fixed_sum_key(regime), quote.fixed_sum.as_ref().filter(|_| whole)),
        ] {
            if let Some(charge) = charge.filter(|charge| charge.amount.is_positive()) {
                booked |= self.post_charge(invoice, kind, key, (charge, &despite), claim.as_of, journal)?;
            }
        }
        if booked { Ok(quote) } else { Err(LateError::Nothing(invoice.clone())) }
    }

    /// Charges a late fee on what is open of an invoice, not contested and not covered by unapplied credit.
    ///
    /// # Errors
    /// [`LateError`]; the debtor is unchanged then.
    pub fn charge_fee(
        &mut self,
        invoice: &InvoiceId,
        rule: &FeeRule,
        on: Date,
        ordered: Ordered<'_>,
        journal: &mut Journal,
    ) -> Result<Money, LateError> {
        let known = self.known(invoice)?;
        let (held, despite) = self.may_charge(known, ordered)?;
        if self.moratoria(invoice).iter().any(|free| free.covers(on)) {
            let barred = Barred { by: Obstacle::Hold(HoldReason::Moratorium), part: None, until: None };
            return Err(LateError::Barred { invoice: invoice.clone(), barred });
        }
        let overdue = if known.is_overdue(on) { known.balance() } else { Money::zero(known.currency()) };
        let covered = Money::from_minor(self.covered(known).on(on), known.currency());
        let charge = overdue
            .minus(held)
            .and_then(|open| open.minus(covered))
            .and_then(|overdue| rule.fee.on(overdue))
            .map_err(BookingError::from)?;
        let key = fee_key(&rule.name, &rule.period);
        let booked = charge.amount.is_positive()
            && self.post_charge(invoice, ChargeKind::Fee, key, (&charge, &despite), on, journal)?;
        if booked { Ok(charge.amount) } else { Err(LateError::Nothing(invoice.clone())) }
    }

    fn known(&self, invoice: &InvoiceId) -> Result<&Invoice, BookingError> {
        self.invoices.get(invoice).ok_or_else(|| BookingError::UnknownInvoice(invoice.clone()))
    }

    /// How much of an invoice an order may not charge on, and what else is to be kept with the entry. Nothing may be where
    /// the law forbids it, or the order does not say why it is made all the same.
    fn may_charge(&self, invoice: &Invoice, ordered: Ordered<'_>) -> Result<(Money, String), LateError> {
        let barred = self.obstacles(invoice, ordered.now);
        let forbidden = barred.iter().find(|barred| !barred.by.is_for_creditor_to_say());
        let whole = barred.iter().find(|barred| barred.part.is_none());
        let refused = |barred: &Barred| LateError::Barred { invoice: invoice.id.clone(), barred: *barred };
        match (forbidden, whole.or(barred.first()), ordered.despite) {
            (Some(barred), _, _) => Err(refused(barred)),
            (None, Some(barred), Some(why)) => {
                Ok((Money::zero(invoice.currency()), format!("; despite {}: {why}", barred.by.as_str())))
            }
            (None, _, _) => match whole {
                Some(barred) => Err(refused(barred)),
                None => {
                    let parts = barred.iter().filter_map(|barred| barred.part);
                    Ok((Money::sum(invoice.currency(), parts).map_err(BookingError::from)?, String::new()))
                }
            },
        }
    }

    fn post_charge(
        &mut self,
        invoice: &InvoiceId,
        kind: ChargeKind,
        key: Result<OutsideId, IdError>,
        (charge, despite): (&charge::Charge, &str),
        on: Date,
        journal: &mut Journal,
    ) -> Result<bool, LateError> {
        let Ok(key) = key else { return Err(LateError::Nothing(invoice.clone())) };
        let authority = format!("{}{despite}", charge.authority);
        let charge = Charge { kind, amount: charge.amount, authority: &authority, key: &key, on };
        Ok(self.charge(invoice, charge, journal)? == Charged::Booked)
    }
}
