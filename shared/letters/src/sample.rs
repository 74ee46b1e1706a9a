//! The situations that a template is tried on: one invoice and many, with credit, with charges, with several due dates, and
//! where a provider tries a payment again.

use std::collections::BTreeMap;

use dunlin_domain::calendar::Zone;
use dunlin_domain::collection::{Attempts, PaymentPage};
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::Channel;
use dunlin_domain::debtor::{BookingError, Charge, ChargeKind, Cycle, Debtor, Journal, StepDone};
use dunlin_domain::ids::{
    AccountKey, DebtorId, IdError, InvoiceId, OutsideId, PolicyName, PolicyRef, PortfolioId, SourceName, StepName,
    TenantId,
};
use dunlin_domain::intake::{Due, InvoiceDraft};
use dunlin_domain::invoice::{Invoice, SnapshotStamp, Source, Standing};
use dunlin_domain::message::{CycleRef, Line, MessageId, Plan};
use dunlin_domain::money::{Currency, Money, MoneyError};
use dunlin_domain::policy::{Stage, Subject};
use dunlin_domain::profile::{Profile, ProfilePatch};
use dunlin_domain::template::shelf::Occasion;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// The day on which samples are written.
const TODAY: Date = date(2026, 3, 9);

/// A situation that is made up.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What it is, in few words.
    pub name: String,
    /// Who owes.
    pub debtor: Debtor,
    /// What the message says.
    pub plan: Plan,
    /// When it is written.
    pub now: Timestamp,
}

/// A sample cannot be made up, which a test of all of them shows before anyone else does.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SampleError {
    /// A name.
    #[error(transparent)]
    Name(#[from] IdError),
    /// An amount.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An invoice or a charge.
    #[error(transparent)]
    Booking(#[from] BookingError),
    /// A time.
    #[error(transparent)]
    Time(#[from] jiff::Error),
}

/// What is owed: number, days from today to the due date, and hundredths.
type Owed = (&'static str, i64, i64);

/// How the amounts are made up.
struct Shape {
    name: &'static str,
    owed: &'static [Owed],
    credit: i64,
    fee: i64,
    page: bool,
}

const SHAPES: [Shape; 5] = [
    Shape { name: "one invoice", owed: &[("R-1", -9, 123_456)], credit: 0, fee: 0, page: true },
    Shape {
        name: "several due dates",
        owed: &[("R-1", -40, 123_456), ("R-2", -9, 5_000), ("R-3", 3, 100)],
        credit: 0,
        fee: 0,
        page: false,
    },
    Shape {
        name: "with credit",
        owed: &[("R-1", -9, 123_456), ("R-2", -9, 5_000)],
        credit: 3_456,
        fee: 0,
        page: false,
    },
    Shape { name: "with charges", owed: &[("R-1", -9, 123_456)], credit: 0, fee: 4_000, page: false },
    Shape {
        name: "a long number",
        owed: &[("2026/ACCOUNTS-RECEIVABLE/000000017", -9, 98_765_432_100)],
        credit: 0,
        fee: 0,
        page: false,
    },
];

/// Where a debtor is, and whether it has been written to before.
struct Place {
    country: &'static str,
    first: bool,
}

const OWN: [Place; 1] = [Place { country: "GB", first: true }];
const THIRD: [Place; 4] = [
    Place { country: "US", first: true },
    Place { country: "US", first: false },
    Place { country: "DE", first: true },
    Place { country: "GB", first: false },
];

/// Every situation in which a template for an occasion may be used by who collects in a role. What the law wants said at
/// first to people in the Union is too long for a text message: none is tried on it, and none is sent.
///
/// # Errors
/// [`SampleError`]: never, which a test shows.
pub fn samples(occasion: Occasion, role: CollectorRole, channel: Channel) -> Result<Vec<Sample>, SampleError> {
    let places = match role {
        CollectorRole::FirstParty => &OWN[..],
        CollectorRole::ThirdParty => &THIRD[..],
    };
    let own = role == CollectorRole::FirstParty;
    let short = |place: &Place| own || !place.first || place.country == "US";
    // A courtesy comes before everything else.
    let in_turn = |place: &Place| place.first || occasion.1 != Stage::Upcoming;
    let fits = |place: &&Place| in_turn(place) && (channel != Channel::Sms || short(place));
    let mut all = Vec::new();
    for place in places.iter().filter(fits) {
        for shape in &SHAPES {
            all.push(sample(occasion, place, shape, channel)?);
        }
    }
    Ok(all)
}

fn sample((about, stage): Occasion, place: &Place, shape: &Shape, channel: Channel) -> Result<Sample, SampleError> {
    let now = TODAY.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().saturating_add(SignedDuration::from_hours(12))?;
    let account = AccountKey { portfolio: PortfolioId::parse("main")?, currency: Currency::parse("EUR")? };
    let mut profile = Profile::unknown("Jean O'Neill & Co".to_owned(), Zone::utc());
    profile.country = Some(place.country.to_owned());
    let mut debtor = Debtor::new(TenantId::parse("sample")?, DebtorId::parse("C-1001")?, profile);
    let mut lines = Vec::new();
    for (number, days, minor) in shape.owed {
        // A courtesy is about what is yet to come.
        let due = TODAY.saturating_add(if stage == Stage::Upcoming { 3.days() } else { days.days() });
        lines.push(owe(&mut debtor, &account, number, due, *minor, (about, shape))?);
    }
    if !place.first {
        let begun = begun(about, sample_policy()?, now);
        debtor.accounts.entry(account.clone()).and_modify(|it| it.cycle = Some(begun));
    }
    let credit = Money::from_minor(shape.credit, account.currency);
    let plan = plan((about, stage), channel, &debtor, account, lines, credit)?;
    let told = if place.first { "for the first time" } else { "not for the first time" };
    Ok(Sample { name: format!("{}, in {}, {told}", shape.name, place.country), debtor, plan, now })
}

/// All that a debtor owes on the account on which it owes most, as if a template were used for it now; `None` where it owes
/// nothing.
///
/// # Errors
/// [`SampleError`], where the amounts do not add up.
pub fn of_debtor(
    debtor: Debtor,
    occasion: Occasion,
    channel: Channel,
    now: Timestamp,
) -> Result<Option<Sample>, SampleError> {
    let owed = debtor.accounts.keys().filter_map(|key| Some((debtor.balance(key).ok()?.minor(), key)));
    let Some((_, account)) = owed.filter(|(minor, _)| *minor > 0).max() else { return Ok(None) };
    let account = account.clone();
    let open = debtor.invoices_of(&account).into_iter().filter(|invoice| invoice.balance().is_positive());
    let line = |invoice: &Invoice| Line {
        invoice: invoice.id.clone(),
        due_date: invoice.due_date,
        balance: invoice.balance(),
    };
    let lines = open.map(line).collect();
    let credit = debtor.accounts.get(&account).map_or(Money::zero(account.currency), |account| account.credit);
    let plan = plan(occasion, channel, &debtor, account, lines, credit.or_zero())?;
    Ok(Some(Sample { name: format!("debtor {}", debtor.id), debtor, plan, now }))
}

/// A message about these lines.
fn plan(
    (about, stage): Occasion,
    channel: Channel,
    debtor: &Debtor,
    account: AccountKey,
    lines: Vec<Line>,
    credit: Money,
) -> Result<Plan, SampleError> {
    let (policy, step) = (sample_policy()?, StepName::parse("sample")?);
    let cycle = match (about, stage) {
        (Subject::Recovery, _) => CycleRef::Recovery(1),
        (Subject::Debt, Stage::Upcoming) => {
            CycleRef::Upcoming(lines.first().map_or(TODAY, |line: &Line| line.due_date))
        }
        (Subject::Debt, Stage::Early | Stage::Mid | Stage::Late) => CycleRef::Overdue(1),
    };
    let total = Money::sum(account.currency, lines.iter().map(|line| line.balance))?;
    Ok(Plan {
        id: MessageId::derive(&debtor.tenant, &debtor.id, &account, &policy, &step, (&cycle, 0)),
        account,
        policy,
        step,
        tries: 0,
        stage,
        offset_days: 9,
        cycle,
        channel,
        lines,
        credit,
        amount_due: total.minus(credit)?,
        notes: BTreeMap::new(),
    })
}

fn sample_policy() -> Result<PolicyRef, IdError> {
    Ok(PolicyRef { name: PolicyName::parse("sample")?, version: 1 })
}

/// A cycle that began three days ago: the debtor may still dispute the debt, and the notice of that is not overdue.
fn begun(about: Subject, policy: PolicyRef, now: Timestamp) -> Cycle {
    let at = now.saturating_sub(SignedDuration::from_hours(24 * 3)).unwrap_or(now);
    let done = StepName::parse("earlier").map(|step| ((about, step), StepDone { offset_days: 1, at }));
    Cycle {
        number: 1,
        began: TODAY.saturating_sub(3.days()),
        about,
        policy,
        done: done.into_iter().collect(),
        resumed_after: 0,
        resumed_by: None,
    }
}

fn owe(
    debtor: &mut Debtor,
    account: &AccountKey,
    number: &str,
    due: Date,
    minor: i64,
    (about, shape): (Subject, &Shape),
) -> Result<Line, SampleError> {
    let id = InvoiceId::parse(&format!("{}/{number}", account.portfolio))?;
    let page = PaymentPage::parse(&format!("https://invoice.stripe.com/i/{}", "x".repeat(180))).ok();
    let next = TODAY.saturating_add(3.days()).to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
    let attempts = Attempts { made: 1, next: Some(next), page: page.filter(|_| shape.page) };
    let total = Money::from_minor(minor, account.currency);
    let draft = InvoiceDraft {
        debtor: debtor.id.clone(),
        profile: ProfilePatch::default(),
        id: id.clone(),
        source: Source { name: SourceName::parse("sample")?, outside_id: OutsideId::parse(number)? },
        customer: None,
        issue_date: due.saturating_sub(30.days()),
        due_date: Due::On(due),
        total,
        description: None,
        standing: Standing::Open,
        reported_paid: Money::zero(account.currency),
        stamp: (about == Subject::Recovery).then_some(SnapshotStamp { created: 0, standing: Standing::Open }),
        attempts: (about == Subject::Recovery).then_some(attempts),
    };
    let mut journal = Journal::default();
    debtor.record_invoice(&draft, &mut journal)?;
    if shape.fee > 0 {
        let amount = Money::from_minor(shape.fee, account.currency);
        let key = OutsideId::parse("fixed-sum")?;
        let charge = Charge { kind: ChargeKind::Fee, amount, authority: "a statute", key: &key, on: TODAY };
        debtor.charge(&id, charge, &mut journal)?;
    }
    let balance = debtor.invoices.get(&id).map_or(total, Invoice::balance);
    Ok(Line { invoice: id, due_date: due, balance })
}
