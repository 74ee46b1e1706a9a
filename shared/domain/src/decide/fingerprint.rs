//! A hash over everything that a decision looks at. It costs as much as the decision, so it is taken of those alone that
//! are put on record.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::agreement::{Agreement, Cover, Terms};
use crate::allocation::Reversal;
use crate::collector::CollectorRole;
use crate::contact::Channel;
use crate::debtor::{Account, Debtor};
use crate::decision::Fingerprint;
use crate::gate::{ContactPolicy, ContactRules, Facts, History, Mode};
use crate::hold::{Hold, HoldScope};
use crate::ids::InvoiceId;
use crate::invoice::{Invoice, Stop};
use crate::message::{CycleRef, Pending, PendingState, hex};
use crate::money::Money;
use crate::policy::{Policies, Policy, Stage, Subject};
use crate::reach::Way;
use crate::remittance::{InFlight, RemittanceId};

/// What [`decide`](super::decide) looks at; equal for equal inputs. Addresses do not enter, only whether they can be used.
#[must_use]
pub fn fingerprint(debtor: &Debtor, policies: &Policies, now: Timestamp) -> Fingerprint {
    let mut inputs = Inputs(Vec::with_capacity(512));
    let profile = &debtor.profile;
    inputs.text(debtor.tenant.as_str()).text(debtor.id.as_str()).time(now);
    for policy in [Subject::Debt, Subject::Recovery].map(|subject| policies.current(subject).id()) {
        inputs.text(policy.name.as_str()).number(policy.version);
    }
    inputs.contact(debtor, policies.contact(), now);
    if policies.all().any(|policy| !policy.charges().is_empty()) {
        inputs.charging(debtor, policies);
    }
    inputs.text(profile.zone.name());
    for channel in [Channel::Email, Channel::Sms] {
        for stage in [Stage::Early, Stage::Late] {
            match profile.way(channel, stage, now) {
                Way::Closed => inputs.number(0),
                Way::To(_) => inputs.number(1),
                Way::Rests(_, until) => inputs.number(2).time(until),
            };
        }
    }
    for (key, account) in &debtor.accounts {
        inputs.text(key.portfolio.as_str()).text(key.currency.code());
        inputs.account(account);
    }
    for hold in debtor.holds.values() {
        inputs.hold(hold);
    }
    for agreement in debtor.agreements.values() {
        inputs.agreement(agreement);
    }
    for invoice in debtor.invoices.values().filter(|invoice| invoice.is_live()) {
        inputs.invoice(invoice, now);
    }
    Fingerprint(hex(&Sha256::digest(&inputs.0), 16))
}

/// What was looked at, as bytes: texts and lists begin with their length, so that no two inputs look the same.
struct Inputs(Vec<u8>);

impl Inputs {
    fn number(&mut self, number: impl Into<i64>) -> &mut Self {
        self.0.extend_from_slice(&number.into().to_le_bytes());
        self
    }

    fn count(&mut self, count: usize) -> &mut Self {
        self.number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn time(&mut self, time: Timestamp) -> &mut Self {
        self.number(time.as_second()).number(time.subsec_nanosecond())
    }

    fn date(&mut self, date: Date) -> &mut Self {
        self.number(date.year()).number(date.month()).number(date.day())
    }

    fn remittance(&mut self, id: &RemittanceId) -> &mut Self {
        self.text(id.kind.as_str()).text(id.source.as_str()).text(id.outside_id.as_str())
    }

    fn in_flight<'a>(&mut self, all: impl ExactSizeIterator<Item = (&'a RemittanceId, &'a InFlight)>) {
        self.count(all.len());
        for (id, payment) in all {
            self.remittance(id).number(payment.amount.minor()).time(payment.until);
        }
    }

    fn perhaps(&mut self, time: Option<Timestamp>) -> &mut Self {
        self.number(time.is_some());
        self.time(time.unwrap_or_default())
    }

    fn hold(&mut self, hold: &Hold) {
        self.text(hold.id.as_str()).text(hold.reason.as_str()).perhaps(hold.until);
        match &hold.scope {
            HoldScope::Debtor => self.number(0),
            HoldScope::Account(account) => {
                self.number(1).text(account.portfolio.as_str()).text(account.currency.code())
            }
            HoldScope::Invoice(invoice) => self.number(2).invoice_id(invoice),
            HoldScope::Amount(invoice, amount) => self.number(3).invoice_id(invoice).number(amount.minor()),
        };
    }

    fn agreement(&mut self, agreement: &Agreement) {
        self.text(agreement.id.as_str()).number(agreement.received.minor());
        self.text(agreement.account.portfolio.as_str()).text(agreement.account.currency.code());
        if let Cover::Invoices(invoices) = &agreement.cover {
            self.count(invoices.len());
            for invoice in invoices {
                self.invoice_id(invoice);
            }
        }
        self.text(agreement.terms.kind());
        match &agreement.terms {
            Terms::Promise(one) => self.number(one.amount().minor()).date(one.by()).number(one.grace_days()),
            Terms::Settlement(one) => self.number(one.accepts().minor()).date(one.by()),
            Terms::Dispute(one) => self.number(one.amount().map_or(-1, Money::minor)),
            Terms::Plan(plan) => {
                self.count(plan.instalments().len());
                for one in plan.instalments() {
                    self.date(one.due).number(one.amount.minor());
                }
                self.number(plan.grace_days()).number(plan.misses_allowed())
            }
        };
    }

    /// What only the gate looks at.
    fn contact(&mut self, debtor: &Debtor, rules: &ContactRules, now: Timestamp) {
        if rules.book.packs.is_empty() {
            return;
        }
        for pack in rules.book.packs.iter() {
            self.text(pack.name.as_str()).number(pack.version);
        }
        let ContactPolicy { mode, loosened, attorney_silence_days, gap_minutes, calls_a_day, .. } = &rules.policy;
        self.number(rules.collector == CollectorRole::ThirdParty).number(*mode == Mode::StatuteOnly);
        self.number(*attorney_silence_days).number(gap_minutes.unwrap_or(-1));
        self.number(calls_a_day.map_or(-1, i64::from)).number(rules.policy.margin_minutes);
        self.number(rules.policy.pause_on_any_dispute).count(loosened.len());
        for one in loosened {
            self.text(one.rule().as_str()).time(one.expires());
        }
        // In words, which name every field, and no address.
        self.text(&format!("{:?}", Facts::of(debtor, &BTreeSet::new(), &rules.book.atlas, now)));
        self.text(&format!("{:?}", History::of(debtor)));
    }

    fn invoice_id(&mut self, invoice: &InvoiceId) -> &mut Self {
        self.text(invoice.portfolio.as_str()).text(invoice.number.as_str())
    }

    fn account(&mut self, account: &Account) {
        self.number(account.credit.minor()).count(account.allocating.len());
        for one in &account.allocating {
            self.remittance(&one.remittance).number(one.remaining.minor()).date(one.on);
            let Reversal { withdrawn, refunded, charged_back } = &one.reversal;
            self.number(withdrawn.minor()).number(refunded.minor()).number(charged_back.minor()).number(one.decided);
        }
        self.in_flight(account.in_flight.iter());
        self.number(account.cycles).number(account.cycle.is_some());
        if let Some(cycle) = &account.cycle {
            self.number(cycle.resumed_after);
            self.number(cycle.number).date(cycle.began).text(cycle.policy.name.as_str()).number(cycle.policy.version);
            self.count(cycle.done.len());
            self.number(cycle.about == Subject::Recovery);
            for ((about, step), done) in &cycle.done {
                self.number(*about == Subject::Recovery).text(step.as_str()).number(done.offset_days).time(done.at);
            }
        }
        self.count(account.noted.len());
        for (due, offset_days) in &account.noted {
            self.date(*due).number(*offset_days);
        }
        self.count(account.tries.len());
        for ((cycle, step), tries) in &account.tries {
            self.text(&cycle.to_string()).text(step.as_str()).number(tries.failed).number(tries.retaken);
        }
        self.number(account.pending.is_some());
        if let Some(pending) = &account.pending {
            self.pending(pending);
        }
    }

    fn pending(&mut self, pending: &Pending) {
        self.text(pending.plan.id.as_str()).time(pending.planned_at);
        match &pending.plan.cycle {
            CycleRef::Overdue(number) | CycleRef::Recovery(number) => self.number(*number),
            CycleRef::Upcoming(due) => self.date(*due),
        };
        match &pending.state {
            PendingState::Planned => self.text(""),
            PendingState::Sending { attempt, lease_until, .. } => self.text(attempt).time(*lease_until),
        };
    }

    /// What only rules that charge look at.
    fn charging(&mut self, debtor: &Debtor, policies: &Policies) {
        let profile = &debtor.profile;
        let country = profile.country.as_deref().unwrap_or_default();
        self.text(profile.kind.as_str()).text(country).text(policies.components(profile.country.as_deref()).as_str());
        let laws = policies.all().flat_map(Policy::charges).filter_map(|rule| rule.laws()?.of(country));
        for regime in laws {
            self.text(regime.name.as_str()).number(regime.version);
        }
        for invoice in debtor.invoices.values().filter(|invoice| invoice.is_live()) {
            self.invoice_id(&invoice.id).number(invoice.sums.total.minor()).number(invoice.sums.interest.minor());
            self.count(invoice.charges.len());
            for key in &invoice.charges {
                self.text(key.as_str());
            }
            self.count(invoice.dated.len());
            for (on, moved) in &invoice.dated {
                self.date(*on)
                    .number(moved.received)
                    .number(moved.fees)
                    .number(moved.interest)
                    .number(moved.written_off);
            }
            let moratoria = debtor.moratoria(&invoice.id);
            self.count(moratoria.len());
            for free in moratoria {
                self.date(free.first()).date(free.last());
            }
        }
    }

    fn invoice(&mut self, invoice: &Invoice, now: Timestamp) {
        self.invoice_id(&invoice.id).date(invoice.issue_date).date(invoice.due_date).number(invoice.balance().minor());
        match invoice.stop(now) {
            None => self.number(0),
            Some(Stop::InFlight(until)) => self.number(1).time(until),
            Some(Stop::Chargeback) => self.number(2),
            Some(Stop::Refunded) => self.number(3),
            Some(Stop::ProviderRetry(until)) => self.number(4).time(until),
        };
        let collection = &invoice.collection;
        self.number(collection.is_automatic()).perhaps(collection.retry(now)).perhaps(collection.debtors_turn());
    }
}
