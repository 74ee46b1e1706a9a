//! Charging a late invoice: what the law or the contract gives, beyond what was charged before.

use super::{BookingError, Charge, ChargeKind, Charged, Debtor, Journal};
use crate::allocation::ComponentOrder;
use crate::charge::fee::LateFee;
use crate::charge::{self, Claim, OpenBalance, Quote, QuoteError, Regime};
use crate::ids::{InvoiceId, OutsideId, RuleName};
use crate::invoice::Invoice;
use crate::money::{Money, MoneyError};
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
    /// Nothing has run up, or it was charged before.
    #[error("nothing is left to charge on invoice {0} for that time")]
    Nothing(InvoiceId),
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
    /// The principal that was open each day, as interest is computed from it.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn open_balance(&self, order: ComponentOrder) -> Result<OpenBalance, MoneyError> {
        let mut days = self.principal_by_day(order)?.into_iter();
        let zero = Money::zero(self.currency());
        let mut last = days.next().map_or(zero, |(_, opening)| opening);
        let mut balance = OpenBalance::new(last);
        for (day, open) in days {
            balance = balance.moved(day, open.minus(last)?)?;
            last = open;
        }
        Ok(balance)
    }
}

impl Debtor {
    /// Charges the interest that has run up on an invoice by the day of the claim and was not charged before, and once the
    /// fixed sum. The balance of the claim is the invoice's own. The answer is the quote that it follows from.
    ///
    /// # Errors
    /// [`LateError`]; the debtor must not be committed then, because a part may have been booked.
    pub fn charge_late(
        &mut self,
        invoice: &InvoiceId,
        regime: &Regime,
        claim: Claim,
        order: ComponentOrder,
        journal: &mut Journal,
    ) -> Result<Quote, LateError> {
        let known = self.invoices.get(invoice).ok_or_else(|| BookingError::UnknownInvoice(invoice.clone()))?;
        let charged = known.sums.interest;
        let claim = Claim { balance: known.open_balance(order).map_err(BookingError::from)?, ..claim };
        let quote = regime.quote(&claim)?;
        let due = quote.interest.total.minus(charged).map_err(BookingError::from)?.or_zero();
        let interest = charge::Charge { amount: due, authority: quote.interest.authority.clone() };
        let rule = format!("{}-{}", regime.name, regime.version);
        let mut booked = false;
        for (kind, what, charge) in [
            (ChargeKind::Interest, format!("interest/{rule}/{}", claim.as_of), Some(&interest)),
            (ChargeKind::Fee, format!("fixed-sum/{rule}"), quote.fixed_sum.as_ref()),
        ] {
            if let Some(charge) = charge.filter(|charge| charge.amount.is_positive()) {
                booked |= self.post_charge(invoice, kind, &what, charge, claim.as_of, journal)?;
            }
        }
        if booked { Ok(quote) } else { Err(LateError::Nothing(invoice.clone())) }
    }

    /// Charges a late fee on what is open of an invoice.
    ///
    /// # Errors
    /// [`LateError`]; the debtor is unchanged then.
    pub fn charge_fee(
        &mut self,
        invoice: &InvoiceId,
        rule: &FeeRule,
        on: Date,
        journal: &mut Journal,
    ) -> Result<Money, LateError> {
        let known = self.invoices.get(invoice).ok_or_else(|| BookingError::UnknownInvoice(invoice.clone()))?;
        let overdue = if known.is_overdue(on) { known.balance() } else { Money::zero(known.currency()) };
        let charge = rule.fee.on(overdue).map_err(BookingError::from)?;
        let key = format!("late-fee/{}/{}", rule.name, rule.period);
        let booked =
            charge.amount.is_positive() && self.post_charge(invoice, ChargeKind::Fee, &key, &charge, on, journal)?;
        if booked { Ok(charge.amount) } else { Err(LateError::Nothing(invoice.clone())) }
    }

    fn post_charge(
        &mut self,
        invoice: &InvoiceId,
        kind: ChargeKind,
        key: &str,
        charge: &charge::Charge,
        on: Date,
        journal: &mut Journal,
    ) -> Result<bool, LateError> {
        let Ok(key) = OutsideId::parse(key) else { return Err(LateError::Nothing(invoice.clone())) };
        let authority = charge.authority.to_string();
        let charge = Charge { kind, amount: charge.amount, authority: &authority, key: &key, on };
        Ok(self.charge(invoice, charge, journal)? == Charged::Booked)
    }
}
