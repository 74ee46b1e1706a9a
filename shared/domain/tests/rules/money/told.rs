//! What a listener that only adds up what it is told comes to.

use std::collections::BTreeMap;

use dunlin_domain::event::{Event, EventKind};
use dunlin_domain::ledger::EntryKind;

use super::{CURRENCIES, REMITTANCES, World, currency, id};

impl World {
    /// The sums of events come to what the books say: each is a difference, told once, and none is missing.
    pub(super) fn recompute_told(&self) {
        for n in 0..REMITTANCES {
            let name = id(n).to_string();
            let mine = |event: &&Event| event.reference.as_deref() == Some(name.as_str());
            let told = self
                .sum(mine, &[EventKind::PaymentReceived, EventKind::PaymentRegained, EventKind::CreditNoteIssued])
                - self.sum(mine, &[EventKind::PaymentReversed, EventKind::CreditNoteVoided]);
            let effect = self.known.get(&n).and_then(|known| known.effect().unwrap());
            let is = effect.map_or(0, |is| is.received.minor() - is.refunded.minor() - is.charged_back.minor());
            assert_eq!(told, is, "{name} as it was told");
        }
        for c in 0..CURRENCIES.len() {
            let here = |event: &&Event| event.amount.is_some_and(|amount| amount.currency() == currency(c));
            let booked = |kind| {
                let entries = self.book.entries.iter().filter(|entry| entry.kind == kind);
                entries
                    .filter(|entry| entry.amount.currency() == currency(c))
                    .map(|entry| entry.amount.minor())
                    .sum::<i64>()
            };
            for (kind, up, down) in [
                (EntryKind::Fee, EventKind::FeeCharged, EventKind::FeeTakenBack),
                (EntryKind::Interest, EventKind::InterestCharged, EventKind::InterestTakenBack),
                (EntryKind::WriteOff, EventKind::Recovered, EventKind::WrittenOff),
            ] {
                assert_eq!(self.sum(here, &[up]) - self.sum(here, &[down]), booked(kind), "{kind:?} as it was told");
            }
            let paid_back: i64 = self.paid_back.iter().filter(|(of, _)| *of == c).map(|(_, minor)| minor).sum();
            assert_eq!(self.sum(here, &[EventKind::CreditRefunded]), paid_back, "credit that was paid back");
        }
        let mut paid: BTreeMap<_, u32> = BTreeMap::new();
        for event in self.book.events.iter().filter(|event| event.kind == EventKind::InstalmentPaid) {
            *paid.entry((&event.agreement, &event.detail)).or_default() += 1;
        }
        assert!(paid.values().all(|times| *times == 1), "an instalment is paid once: {paid:?}");
    }

    fn sum(&self, of: impl Fn(&&Event) -> bool, kinds: &[EventKind]) -> i64 {
        let events = self.book.events.iter().filter(|event| kinds.contains(&event.kind)).filter(of);
        events.filter_map(|event| event.amount).map(|amount| amount.minor()).sum()
    }
}
