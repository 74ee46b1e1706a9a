//! Invoices that were paid while something stood against charging: interest that had run up is charged when that is over.

use jiff::Timestamp;

use super::charging::Charging;
use super::rules::Rules;
use super::{Debtor, Journal};
use crate::agreement::{AgreementEnd, Terms};
use crate::ids::{AccountKey, InvoiceId};
use crate::invoice::Invoice;
use crate::policy::Policies;

impl Debtor {
    /// Lets go of invoices of an account that wait, where no interest is left to wait for: it was charged or forgiven, or
    /// nothing charges it any more.
    pub(super) fn stop_waiting(&mut self, key: &AccountKey, policies: &Policies, now: Timestamp, journal: &Journal) {
        let waiting: Vec<&Invoice> =
            self.invoices.values().filter(|one| one.interest_waits && one.account() == *key).collect();
        let allocating = self.accounts.get(key).is_some_and(|account| !account.allocating.is_empty());
        if waiting.is_empty() || allocating {
            return;
        }
        let rules = Rules::of(self, key, policies, now);
        let waits = |invoice: &Invoice| {
            let mut asked = Charging::default();
            if let Some(rules) = &rules {
                rules.ask_for_interest(invoice, &mut asked);
            }
            !asked.charges.is_empty() || asked.is_barred()
        };
        let over = |invoice: &&Invoice| invoice.status() != "paid" || forgiven(invoice, journal) || !waits(invoice);
        let over: Vec<InvoiceId> = waiting.into_iter().filter(over).map(|invoice| invoice.id.clone()).collect();
        for id in over {
            self.invoices.entry(id).and_modify(|invoice| invoice.interest_waits = false);
        }
    }
}

/// Whether less was accepted for it, and has been paid in this change.
pub(super) fn forgiven(invoice: &Invoice, journal: &Journal) -> bool {
    let settlements = journal
        .agreements
        .iter()
        .filter(|(one, end)| matches!(one.terms, Terms::Settlement(_)) && *end == AgreementEnd::Kept);
    settlements.into_iter().any(|(one, _)| one.covers(&invoice.account(), &invoice.id))
}
