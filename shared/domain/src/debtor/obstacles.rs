//! What stands against charging on an invoice: holds, agreements, payments under way; and the days of moratoria.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::Debtor;
use super::claims::Reach;
use crate::charge::moratorium::Moratorium;
use crate::hold::{Hold, HoldReason, PastMoratorium};
use crate::ids::InvoiceId;
use crate::invoice::{Invoice, Stop};
use crate::money::Money;

/// What stands against charging or chasing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A hold, or an agreement that holds for the same reason.
    Hold(HoldReason),
    /// A payment plan in good standing.
    Plan,
    /// A payment is under way.
    InFlight,
    /// The debtor contests a payment through the bank.
    Chargeback,
    /// Money was paid back; what that means is for a person to say.
    Refunded,
}

impl Obstacle {
    /// Its name: the reason of the hold, or `payment_plan`, `payment_in_flight`, `chargeback`, `refunded`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold(reason) => reason.as_str(),
            Self::Plan => "payment_plan",
            Self::InFlight => "payment_in_flight",
            Self::Chargeback => "chargeback",
            Self::Refunded => "refunded",
        }
    }

    /// Whether the creditor may charge all the same. In a moratorium and an insolvency the law says no.
    #[must_use]
    pub fn is_for_creditor_to_say(self) -> bool {
        !matches!(self, Self::Hold(HoldReason::Moratorium | HoldReason::Insolvent))
    }

    /// Whether it is an agreement that stands.
    #[must_use]
    pub fn is_agreement(self) -> bool {
        matches!(self, Self::Plan | Self::Hold(HoldReason::Promise | HoldReason::Settlement))
    }
}

/// Something that stands against charging on an invoice, or chasing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Barred {
    /// What.
    pub by: Obstacle,
    /// Against how much of the invoice, where it is not all.
    pub part: Option<Money>,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
}

impl Debtor {
    /// All that stands against charging on an invoice at `now`.
    #[must_use]
    pub fn obstacles(&self, invoice: &Invoice, now: Timestamp) -> Vec<Barred> {
        let mut barred = self.against(invoice, now, HoldReason::stops_charges);
        if self.plans(&invoice.account()).any(|(agreement, _)| agreement.cover.includes(&invoice.id)) {
            barred.push(Barred { by: Obstacle::Plan, part: None, until: None });
        }
        barred
    }

    /// All that stands against chasing an invoice at `now`. A payment plan does not: it moves the days on which it is due.
    #[must_use]
    pub fn not_chased(&self, invoice: &Invoice, now: Timestamp) -> Vec<Barred> {
        self.against(invoice, now, |_| true)
    }

    fn against(&self, invoice: &Invoice, now: Timestamp, counts: impl Fn(HoldReason) -> bool) -> Vec<Barred> {
        let key = invoice.account();
        let mut barred = Vec::new();
        let mut bar = |by, part, until| barred.push(Barred { by, part, until });
        for (reach, why) in self.standstills(&key, now).filter(|(_, why)| counts(why.reason)) {
            let whole = match reach {
                Reach::Account => true,
                Reach::Invoices(invoices) => invoices.contains(&invoice.id),
                Reach::Invoice(id) => *id == invoice.id,
                Reach::Amount(id, part) => {
                    if *id == invoice.id {
                        let part = Some(part).filter(|part| part.minor() < invoice.balance().minor());
                        bar(Obstacle::Hold(why.reason), part, why.until);
                    }
                    false
                }
            };
            if whole {
                bar(Obstacle::Hold(why.reason), None, why.until);
            }
        }
        match invoice.stop(now) {
            Some(Stop::InFlight(until)) => bar(Obstacle::InFlight, None, Some(until)),
            Some(Stop::ProviderRetry(until)) => bar(Obstacle::Hold(HoldReason::ProviderRetry), None, Some(until)),
            Some(Stop::Chargeback) => bar(Obstacle::Chargeback, None, None),
            Some(Stop::Refunded) => bar(Obstacle::Refunded, None, None),
            None => {}
        }
        let under_way = self.accounts.get(&key).into_iter().flat_map(|account| account.in_flight.values());
        if let Some(until) = under_way.map(|payment| payment.until).filter(|until| *until > now).max() {
            bar(Obstacle::InFlight, None, Some(until));
        }
        barred
    }

    /// The days for which nothing is charged on an invoice: moratoria that stand and those that are over.
    #[must_use]
    pub fn moratoria(&self, invoice: &InvoiceId) -> Vec<Moratorium> {
        let Some(invoice) = self.invoices.get(invoice) else { return Vec::new() };
        let standing = self.holds.values().filter(|hold| hold.scope.reaches(invoice));
        let standing = standing.filter_map(|hold| self.moratorium(hold, hold.until));
        let over = self.moratoria.iter().filter(|past| past.scope.reaches(invoice)).map(|past| past.days);
        standing.chain(over).collect()
    }

    /// Keeps the days of a moratorium that ends now, or has ended.
    pub(super) fn remember_moratorium(&mut self, hold: &Hold, now: Timestamp) {
        let ended = hold.until.map_or(now, |until| until.min(now));
        if let Some(days) = self.moratorium(hold, Some(ended)) {
            self.moratoria.push(PastMoratorium { scope: hold.scope.clone(), days });
        }
    }

    /// The days of a hold that is a moratorium, on the debtor's calendar. The day on which it ends counts, but for its
    /// first moment.
    fn moratorium(&self, hold: &Hold, until: Option<Timestamp>) -> Option<Moratorium> {
        let zone = &self.profile.zone;
        let last = until
            .map_or(Date::MAX, |until| zone.date(until.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(until)));
        let days = || Moratorium::new(zone.date(hold.since), last).ok();
        if hold.reason == HoldReason::Moratorium { days() } else { None }
    }
}
