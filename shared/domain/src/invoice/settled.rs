//! A debt that was settled for less: what was given up stands for as long as what was paid for it does.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Invoice, Sums};
use crate::ids::{AgreementId, InvoiceId};
use crate::money::{Money, MoneyError};

/// A settlement that was kept, on each of its invoices. When more of the money goes back than was paid beyond what had
/// been accepted, the whole is owed again; when that comes back, so does the settlement. What is paid anew in between is
/// paid for the whole debt: the offer's time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The settlement.
    pub agreement: AgreementId,
    /// What is given up of this invoice while it stands, as far as it is open.
    pub given_up: Money,
    /// How much may still go back, on all of its invoices together; below nothing, it does not stand.
    pub spare: Money,
    /// The other invoices that it was about.
    pub with: BTreeSet<InvoiceId>,
}

impl Settled {
    /// Whether what is given up is.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.spare.minor() >= 0
    }
}

/// What of the money received on an invoice moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved {
    paid: Money,
    gone: Money,
}

impl Moved {
    /// All that ever moved on an invoice. Credit notes are no money.
    pub(crate) fn on(invoice: &Invoice) -> Result<Self, MoneyError> {
        Ok(Self { paid: invoice.paid()?, gone: invoice.sums.refunded.plus(invoice.sums.charged_back)? })
    }

    /// What moved since it was so much.
    pub(crate) fn since(self, before: Self) -> Result<Self, MoneyError> {
        Ok(Self { paid: self.paid.minus(before.paid)?, gone: self.gone.minus(before.gone)? })
    }

    /// Whether nothing moved.
    pub(crate) fn is_none(self) -> bool {
        self.paid.is_zero() && self.gone.is_zero()
    }
}

impl Invoice {
    /// Marks an invoice as settled for less, with `given_up` of it given up from a day on.
    pub(crate) fn settle_for_less(&mut self, settled: Settled, on: Date) -> Result<(), MoneyError> {
        let more = settled.given_up;
        let earlier = self.settled.take().filter(Settled::stands);
        self.change(on, |sums| {
            sums.written_off = sums.written_off.plus(more)?;
            Ok(())
        })?;
        // Two that stand on one invoice stand and fall together.
        self.settled = Some(match earlier {
            Some(earlier) => Settled {
                given_up: settled.given_up.plus(earlier.given_up)?,
                with: &settled.with | &earlier.with,
                ..settled
            },
            None => settled,
        });
        Ok(())
    }

    /// Keeps what is given up true to its settlement, from a day on, where money moved that is in no sum of its own: on
    /// another of its invoices, or by its source's word that it is settled.
    pub(crate) fn follow(&mut self, moved: Moved, on: Date) -> Result<(), MoneyError> {
        let mut settled = self.settled.take();
        let held = self.change(on, |sums| hold(&mut settled, sums, moved));
        self.settled = settled;
        held
    }
}

/// Keeps what is given up true to the settlement after money moved.
pub(super) fn hold(settled: &mut Option<Settled>, sums: &mut Sums, moved: Moved) -> Result<(), MoneyError> {
    let Some(settled) = settled else { return Ok(()) };
    let stood = settled.stands();
    // What was said to be paid and is not is gone as well.
    let paid = if stood { moved.paid } else { moved.paid.minus(moved.paid.or_zero())? };
    settled.spare = settled.spare.plus(paid)?.minus(moved.gone)?;
    match (stood, settled.stands()) {
        (true, false) => {
            // A part of it may have been made good before something else was charged.
            settled.given_up = settled.given_up.min(sums.written_off)?;
            sums.written_off = sums.written_off.minus(settled.given_up)?;
        }
        (false, true) => sums.written_off = sums.written_off.plus(settled.given_up)?,
        (true, true) | (false, false) => {}
    }
    Ok(())
}
