//! What a message says beyond its plan. With the plan and the version of the template it is all that it takes to write the
//! message again, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::Language;
use crate::allocation::ComponentOrder;
use crate::collection::PaymentPage;
use crate::collector::CollectorRole;
use crate::debtor::Debtor;
use crate::duty::outreach::Block;
use crate::ids::InvoiceId;
use crate::message::{CycleRef, Line, Plan};
use crate::money::Money;

/// Who writes, for whom, and where the reader can go.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The name that messages are signed with.
    pub name: &'a str,
    /// The creditor, where that is somebody else.
    pub creditor: Option<&'a str>,
    /// Whether the sender collects its own debts.
    pub role: CollectorRole,
    /// The sender's postal address.
    pub address: Option<&'a str>,
    /// Where the sender tells what it does with personal data.
    pub privacy_url: Option<&'a str>,
    /// Where to pay, if there is a page for it.
    pub pay_url: Option<&'a str>,
    /// Where one click ends e-mail.
    pub opt_out_url: &'a str,
    /// Which part of an invoice payments settle first.
    pub components: ComponentOrder,
    /// The language of debtors whose own is not known.
    pub language: Option<&'a Language>,
}

/// What a message says beyond its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The date on the debtor's calendar.
    pub on: Date,
    /// The debtor's name.
    pub debtor: String,
    /// The sender's name.
    pub sender: String,
    /// The creditor's name: the sender's own, or that of whom it collects for, where that is known.
    pub creditor: Option<String>,
    /// The sender's postal address.
    pub address: Option<String>,
    /// Where the sender tells what it does with personal data.
    pub privacy_url: Option<String>,
    /// Where to pay.
    pub pay_url: Option<String>,
    /// Where one click ends e-mail.
    pub opt_out_url: String,
    /// When the provider tries to collect next.
    pub next_try: Option<Date>,
    /// Where an invoice that the provider collects is paid, or the card for it renewed.
    pub pages: BTreeMap<InvoiceId, PaymentPage>,
    /// What of the invoices asked for in full are interest and costs.
    pub charges: BTreeMap<InvoiceId, Money>,
    /// What the law wants said.
    pub demanded: BTreeSet<Block>,
}

impl Facts {
    /// What a plan's message says at a moment, with what the law demands of it.
    #[must_use]
    pub fn gather(plan: &Plan, debtor: &Debtor, sender: &Sender, demanded: BTreeSet<Block>, now: Timestamp) -> Self {
        let recovery = matches!(plan.cycle, CycleRef::Recovery(_));
        let text = |text: Option<&str>| text.map(str::to_owned);
        let attempts = |line: &Line| debtor.invoices.get(&line.invoice)?.collection.attempts.clone();
        let tried = plan.lines.iter().filter(|_| recovery).filter_map(|line| Some((line, attempts(line)?)));
        let page =
            |(line, attempts): (&Line, crate::collection::Attempts)| Some((line.invoice.clone(), attempts.page?));
        let own = (sender.role == CollectorRole::FirstParty).then_some(sender.name);
        let charged = |line: &Line| Some((line.invoice.clone(), charges(debtor, line, sender.components)?));
        Self {
            on: debtor.today(now),
            debtor: debtor.profile.name.clone(),
            sender: sender.name.to_owned(),
            creditor: text(sender.creditor.or(own)),
            address: text(sender.address),
            privacy_url: text(sender.privacy_url),
            // What the provider collects must not be paid elsewhere too.
            pay_url: text(sender.pay_url).filter(|_| !recovery),
            opt_out_url: sender.opt_out_url.to_owned(),
            next_try: tried.clone().filter_map(|(_, attempts)| attempts.next).min().map(|next| debtor.today(next)),
            pages: tried.filter_map(page).collect(),
            charges: plan.lines.iter().filter_map(charged).collect(),
            demanded,
        }
    }

    /// The amounts that the message may name.
    #[must_use]
    pub fn amounts(&self, plan: &Plan) -> Vec<Money> {
        let lines = plan.lines.iter().map(|line| line.balance);
        let together = plan.amount_due.plus(plan.credit).ok();
        lines.chain(together).chain([plan.credit, plan.amount_due]).chain(self.charges.values().copied()).collect()
    }

    /// The dates that the message may name. An invoice may be numbered by its date.
    #[must_use]
    pub fn dates(&self, plan: &Plan) -> Vec<Date> {
        let numbered = plan.lines.iter().filter_map(|line| line.invoice.number.as_str().parse().ok());
        plan.lines.iter().map(|line| line.due_date).chain(numbered).chain(self.next_try).chain([self.on]).collect()
    }
}

/// Interest and costs in what is asked of an invoice; told only where all of it is asked for, because of a part nobody can
/// say what it consists of.
fn charges(debtor: &Debtor, line: &Line, order: ComponentOrder) -> Option<Money> {
    let invoice = debtor.invoices.get(&line.invoice).filter(|invoice| invoice.balance() == line.balance)?;
    let open = invoice.components(order).ok()?;
    open.costs.plus(open.interest).ok().filter(|charges| charges.is_positive())
}
