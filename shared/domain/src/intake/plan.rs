//! A payment plan, as a row of a sheet.

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::fields::{Fields, date, numbers, short};
use super::{FieldError, Intake};
use crate::agreement::{
    Count, Every, GRACE_DAYS, GRACE_DAYS_MAX, Instalment, MISSES_MAX, PaymentPlan, Schedule, ScheduleError, Terms,
};
use crate::debtor::Proposal;
use crate::hold::SetBy;
use crate::ids::{AccountKey, AgreementId, DebtorId, InvoiceId, InvoiceNumber, OutsideId, PortfolioId};
use crate::message::hex;
use crate::money::{Currency, Money};

const NOTE_MAX: usize = 1_000;

/// The fields of a plan as text, as read. Blank counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawPlan {
    /// What makes it count once.
    pub plan_ref: Option<String>,
    /// Who pays.
    pub debtor_ref: Option<String>,
    /// Slug of the creditor's portfolio; the tenant's own where absent.
    pub portfolio: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// What is to be paid in all, in major units with a point: what is open on the invoices.
    pub amount: Option<String>,
    /// The invoices that it is about, separated by `;`; all that are open where absent.
    pub invoice_numbers: Option<String>,
    /// The instalments one by one: day and amount, separated by `;`, such as `2026-03-31 25.00; 2026-04-30 25.00`.
    pub instalments: Option<String>,
    /// Else, the day of the first instalment.
    pub first: Option<String>,
    /// How far they are apart: `14 days`, `2 weeks`, `1 month`, `1 quarter`, `1 year`; or `twice a month`.
    pub every: Option<String>,
    /// `last` where each is due on the last day of a month.
    pub day: Option<String>,
    /// How many there are.
    pub count: Option<String>,
    /// Or how much each is; the last is what remains.
    pub instalment_amount: Option<String>,
    /// What is paid first.
    pub down_payment: Option<String>,
    /// And when.
    pub down_payment_on: Option<String>,
    /// After how many days an instalment counts as missed.
    pub grace_days: Option<String>,
    /// How many may be missed at a time.
    pub misses_allowed: Option<String>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// A plan that can be agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDraft {
    /// Who pays.
    pub debtor: DebtorId,
    /// What makes it count once.
    pub reference: OutsideId,
    /// What is to be agreed.
    pub proposal: Proposal,
}

impl PlanDraft {
    /// A hash over everything that it says: another plan under the same reference is a contradiction.
    #[must_use]
    pub fn digest(&self) -> String {
        let Proposal { account, invoices, terms, note, .. } = &self.proposal;
        let invoices: Vec<String> = invoices.iter().map(ToString::to_string).collect();
        let what = match terms {
            Terms::Plan(plan) => {
                let one = |one: &Instalment| format!("{} {}", one.due, one.amount);
                let instalments: Vec<String> = plan.instalments().iter().map(one).collect();
                format!("{}\u{1f}{}\u{1f}{}", instalments.join(";"), plan.grace_days(), plan.misses_allowed())
            }
            Terms::Promise(_) | Terms::Settlement(_) | Terms::Dispute(_) => String::new(),
        };
        let who = format!("{}\u{1f}{}\u{1f}{}", self.debtor, account.portfolio, account.currency);
        let note = note.as_deref().unwrap_or_default();
        hex(&Sha256::digest(format!("{who}\u{1f}{}\u{1f}{what}\u{1f}{note}", invoices.join(";"))), 16)
    }
}

impl RawPlan {
    /// The names of the fields without which there is no plan.
    pub const REQUIRED: [&'static str; 4] = ["plan_ref", "debtor_ref", "amount", "currency"];

    /// Takes each field from where the caller has it.
    #[must_use]
    pub fn from_fields(field: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            plan_ref: field("plan_ref"),
            debtor_ref: field("debtor_ref"),
            portfolio: field("portfolio"),
            currency: field("currency"),
            amount: field("amount"),
            invoice_numbers: field("invoice_numbers"),
            instalments: field("instalments"),
            first: field("first"),
            every: field("every"),
            day: field("day"),
            count: field("count"),
            instalment_amount: field("instalment_amount"),
            down_payment: field("down_payment"),
            down_payment_on: field("down_payment_on"),
            grace_days: field("grace_days"),
            misses_allowed: field("misses_allowed"),
            note: field("note"),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// One [`FieldError`] for each field that is wrong.
    pub fn parse(&self, intake: &Intake) -> Result<PlanDraft, Vec<FieldError>> {
        let mut fields = Fields(Vec::new());
        let reference = fields.require("plan_ref", self.plan_ref.as_ref(), OutsideId::parse);
        let debtor = fields.require("debtor_ref", self.debtor_ref.as_ref(), DebtorId::parse);
        let portfolio = fields.read("portfolio", self.portfolio.as_ref(), PortfolioId::parse);
        let amount = fields.amount(self.amount.as_ref(), self.currency.as_ref());
        let invoices = fields.read("invoice_numbers", self.invoice_numbers.as_ref(), numbers);
        let plan = amount.and_then(|amount| self.plan(&mut fields, amount));
        let note = fields.read("note", self.note.as_ref(), short(NOTE_MAX));
        let (Some(reference), Some(debtor), Some(amount), Some(plan), true) =
            (reference, debtor, amount, plan, fields.0.is_empty())
        else {
            return Err(fields.0);
        };
        let portfolio = portfolio.unwrap_or_else(|| intake.default_portfolio.clone());
        let id = AgreementId::parse(&hex(&Sha256::digest(format!("plan\u{1f}{reference}")), 12));
        let id = id.map_err(|error| vec![FieldError { field: "plan_ref".into(), reason: error.to_string() }])?;
        let named = |number: InvoiceNumber| InvoiceId { portfolio: portfolio.clone(), number };
        let proposal = Proposal {
            id,
            invoices: invoices.unwrap_or_default().into_iter().map(named).collect(),
            account: AccountKey { portfolio: portfolio.clone(), currency: amount.currency() },
            made_by: SetBy::Import,
            terms: Terms::Plan(plan),
            note,
        };
        Ok(PlanDraft { debtor, reference, proposal })
    }

    fn plan(&self, fields: &mut Fields, total: Money) -> Option<PaymentPlan> {
        let currency = total.currency();
        let (instalments, field) = if is_told(self.instalments.as_ref()) {
            self.no_schedule(fields);
            let read = |text: &str| instalments(text, currency);
            (fields.read("instalments", self.instalments.as_ref(), read), "instalments")
        } else {
            (self.scheduled(fields, total), "count")
        };
        let days = u16::from(GRACE_DAYS_MAX);
        let grace_days = fields.read("grace_days", self.grace_days.as_ref(), |text| number(text, days));
        let misses = u16::from(MISSES_MAX);
        let misses = fields.read("misses_allowed", self.misses_allowed.as_ref(), |text| number(text, misses));
        let byte = |value: u16| u8::try_from(value).unwrap_or(u8::MAX);
        let grace_days = grace_days.map_or(GRACE_DAYS, byte);
        let plan = PaymentPlan::new(instalments?, grace_days, misses.map_or(0, byte));
        let plan = plan.map_err(|error| fields.complain(field, error.to_string())).ok()?;
        match plan.total() {
            Ok(told) if told == total => Some(plan),
            Ok(told) => {
                fields.complain(field, format!("the instalments come to {told}, the amount is {total}"));
                None
            }
            Err(error) => {
                fields.complain(field, error.to_string());
                None
            }
        }
    }

    fn scheduled(&self, fields: &mut Fields, total: Money) -> Option<Vec<Instalment>> {
        let amount = |text: &str| Money::parse(text, total.currency());
        let first = fields.require("first", self.first.as_ref(), date);
        let every = fields.require("every", self.every.as_ref(), Every::parse);
        let last = |text: &str| if text == "last" { Ok(()) } else { Err("must be last, or blank") };
        let on_last_day = fields.read("day", self.day.as_ref(), last).is_some();
        let each = fields.read("instalment_amount", self.instalment_amount.as_ref(), amount);
        let count = match each {
            Some(each) => Some(Count::Each(each)),
            None => fields.require("count", self.count.as_ref(), |text| number(text, u16::MAX)).map(Count::Of),
        };
        let down_payment = fields.read("down_payment", self.down_payment.as_ref(), amount);
        let down_payment_on = match down_payment {
            Some(_) => fields.require("down_payment_on", self.down_payment_on.as_ref(), date),
            None => None,
        };
        let down_payment = down_payment.zip(down_payment_on).map(|(amount, due)| Instalment { due, amount });
        let (first, every, count) = (first?, every?, count?);
        let every = if on_last_day { every.on_last_day() } else { Ok(every) };
        let made = every.and_then(|every| Schedule { total, down_payment, first, every, count }.instalments());
        made.map_err(|error| fields.complain(column(&error), error.to_string())).ok()
    }

    /// Instalments that are told one by one need no schedule, and one that contradicts them would be passed over.
    fn no_schedule(&self, fields: &mut Fields) {
        for (name, value) in [
            ("first", &self.first),
            ("every", &self.every),
            ("day", &self.day),
            ("count", &self.count),
            ("instalment_amount", &self.instalment_amount),
            ("down_payment", &self.down_payment),
            ("down_payment_on", &self.down_payment_on),
        ] {
            if is_told(value.as_ref()) {
                fields.complain(name, "must be blank where instalments are told one by one".to_owned());
            }
        }
    }
}

/// The column of a part of a schedule.
fn column(error: &ScheduleError) -> &'static str {
    match error.field() {
        "total" => "amount",
        "amount" => "instalment_amount",
        field => field,
    }
}

fn is_told(value: Option<&String>) -> bool {
    value.is_some_and(|value| !value.trim().is_empty())
}

fn number(text: &str, max: u16) -> Result<u16, String> {
    text.parse().ok().filter(|number| *number <= max).ok_or_else(|| format!("must be a whole number of at most {max}"))
}

fn instalments(text: &str, currency: Currency) -> Result<Vec<Instalment>, String> {
    let one = |part: &str| {
        let wrong = || format!("{part:?} is not a day and an amount such as 2026-03-31 25.00");
        let (day, amount) = part.trim().split_once(' ').ok_or_else(wrong)?;
        let due: Date = date(day)?;
        let amount = Money::parse(amount.trim(), currency).map_err(|error| error.to_string())?;
        Ok(Instalment { due, amount })
    };
    text.split(';').filter(|part| !part.trim().is_empty()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::ids::SourceName;

    fn parse(changes: &[(&str, &str)]) -> Result<PlanDraft, Vec<String>> {
        let base = [("plan_ref", "P-1"), ("debtor_ref", "C1"), ("amount", "100.00"), ("currency", "EUR")];
        let field = |name: &str| {
            let told = changes.iter().chain(&base).find(|(field, _)| *field == name);
            told.map(|(_, value)| (*value).to_owned())
        };
        let intake = Intake {
            default_portfolio: PortfolioId::parse("main").unwrap(),
            source: SourceName::parse("csv").unwrap(),
            now: Timestamp::UNIX_EPOCH,
        };
        let parsed = RawPlan::from_fields(field).parse(&intake);
        parsed.map_err(|errors| errors.into_iter().map(|error| error.field.into_owned()).collect())
    }

    fn told(changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let Terms::Plan(plan) = parse(changes).unwrap().proposal.terms else { return Vec::new() };
        plan.instalments().iter().map(|one| (one.due.to_string(), one.amount.to_string())).collect()
    }

    const MONTHLY: [(&str, &str); 3] = [("first", "2026-01-31"), ("every", "1 month"), ("count", "3")];

    #[test]
    fn a_schedule_and_its_instalments_one_by_one_are_the_same_plan() {
        let one_by_one = [("instalments", "2026-01-31 33.33;2026-02-28 33.33; 2026-03-31 33.34;")];
        assert_eq!(told(&MONTHLY), told(&one_by_one));
        assert_eq!(told(&MONTHLY).last().unwrap().1, "33.34");
        let id = |changes: &[(&str, &str)]| parse(changes).unwrap().proposal.id;
        assert_eq!(id(&MONTHLY), id(&one_by_one), "the reference makes the id");
    }

    #[test]
    fn a_down_payment_an_amount_each_and_invoices_are_read() {
        let told_so = [
            ("down_payment", "40.00"),
            ("down_payment_on", "2026-01-02"),
            ("first", "2026-02-01"),
            ("every", "2 weeks"),
            ("instalment_amount", "25.00"),
            ("invoice_numbers", "I2; I1"),
        ];
        let amounts: Vec<String> = told(&told_so).into_iter().map(|(_, amount)| amount).collect();
        assert_eq!(amounts, ["40.00", "25.00", "25.00", "10.00"]);
        let invoices = parse(&told_so).unwrap().proposal.invoices;
        assert_eq!(invoices.iter().map(ToString::to_string).collect::<Vec<_>>(), ["main/I1", "main/I2"]);
    }

    #[test]
    fn another_plan_has_another_digest() {
        let digest = |more: &[(&'static str, &'static str)]| parse(&[more, &MONTHLY].concat()).unwrap().digest();
        let one_by_one = [("instalments", "2026-01-31 33.33;2026-02-28 33.33; 2026-03-31 33.34;")];
        assert_eq!(digest(&[]), parse(&one_by_one).unwrap().digest());
        let others: &[&[(&str, &str)]] = &[
            &[("debtor_ref", "C2")],
            &[("portfolio", "other")],
            &[("currency", "USD")],
            &[("amount", "99.00")],
            &[("invoice_numbers", "I1")],
            &[("first", "2026-02-01")],
            &[("grace_days", "0")],
            &[("misses_allowed", "1")],
            &[("note", "by phone")],
        ];
        for other in others {
            assert_ne!(digest(other), digest(&[]), "{other:?}");
        }
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        let with = |more: &[(&'static str, &'static str)]| parse(&[more, &MONTHLY].concat()).unwrap_err();
        assert_eq!(parse(&[]).unwrap_err(), ["first", "every", "count"]);
        assert_eq!(with(&[("amount", "0")]), ["amount"]);
        assert_eq!(with(&[("every", "fortnight")]), ["every"]);
        assert_eq!(with(&[("count", "0")]), ["count"]);
        assert_eq!(with(&[("grace_days", "31")]), ["grace_days"]);
        assert_eq!(with(&[("down_payment", "5.00")]), ["down_payment_on"]);
        assert_eq!(with(&[("instalments", "2026-01-31 100.00")]), ["first", "every", "count"]);
        assert_eq!(parse(&[("instalments", "31.1.26 100")]).unwrap_err(), ["instalments"]);
        assert_eq!(parse(&[("instalments", "2026-01-31 99.00")]).unwrap_err(), ["instalments"]);
        assert_eq!(with(&[("invoice_numbers", "I1;;I2")]), ["invoice_numbers"]);
    }
}
