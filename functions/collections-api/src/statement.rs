//! Statements of account: of one debtor, or of a group, addressed to its parent.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::books::Ledger;
use dunlin_aws::http::{Problem, header, json_response, query_parameter, response, told_time};
use dunlin_aws::shown;
use dunlin_aws::store::Tenancy;
use dunlin_domain::contact::EmailAddress;
use dunlin_domain::debtor::Debtor;
use dunlin_domain::ids::DebtorId;
use dunlin_domain::ledger::Entry;
use dunlin_domain::money::{Currency, MoneyError};
use dunlin_domain::statement::{Balances, OpenItem, Period, Statement, StatementError, StatementLine};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::Handler;
use crate::body::date;
use crate::debtor::debtor_id;
use crate::handler::{Answer, failed};
use crate::statement_sheet::{self, Section, Sheet};

/// As many entries of ledgers are read for one statement.
const ENTRIES_MAX: usize = 50_000;
/// As many members of a group stand on one statement.
const MEMBERS_MAX: i32 = 50;

impl Handler {
    /// A statement, as JSON or, where it is asked for so, as CSV.
    pub(crate) async fn statement(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let id = debtor_id(request)?;
        let whole_group = flag(request, "group")?;
        let addressee =
            if whole_group { self.parent_of(&tenancy, &id).await? } else { self.known(&tenancy, &id).await? };
        let today = addressee.today(self.clock.now(told_time(request)));
        let period = period(request, today)?;
        let currency = query_parameter(request, "currency").map(|code| Currency::parse(&code)).transpose();
        let currency = currency.map_err(|error| wrong("currency", error.to_string()))?;
        let members = self.members(&tenancy, &addressee.id, whole_group).await?;
        let (mut sections, mut left) = (Vec::new(), ENTRIES_MAX);
        for member in members {
            let (debtor, entries) = self.ledger(&tenancy, &member, left).await?;
            left = left.saturating_sub(entries.len());
            sections.push(section(debtor, &entries, currency, period, today)?);
        }
        let consolidated = whole_group.then(|| consolidated(&sections)).transpose();
        let consolidated = consolidated.map_err(|_| Problem::internal())?;
        let sheet = Sheet { addressee, period, today, sections, consolidated };
        if header(request, "accept").is_some_and(|accept| accept.contains("text/csv")) {
            let text = statement_sheet::csv(&sheet).map_err(|error| {
                tracing::error!(%error, "a statement cannot be written");
                Problem::internal()
            })?;
            return Ok(response(200, "text/csv; charset=utf-8", text));
        }
        Ok(json_response(200, &sheet.view()))
    }

    /// Whom a statement has a section for: the debtor, or the parent and its children.
    async fn members(&self, tenancy: &Tenancy, id: &DebtorId, whole_group: bool) -> Result<Vec<DebtorId>, Problem> {
        let mut members = vec![id.clone()];
        if whole_group {
            let page = self.books.store().children(&tenancy.tenant, id, MEMBERS_MAX, None).await;
            let page = page.map_err(|error| failed(&error))?;
            if page.next.is_some() {
                let reason = format!("{id} has more than {MEMBERS_MAX} children; ask for each by itself");
                return Err(too_large(reason.clone()).field("group", reason));
            }
            members.extend(page.children);
        }
        Ok(members)
    }

    async fn ledger(&self, tenancy: &Tenancy, id: &DebtorId, max: usize) -> Result<(Debtor, Vec<Entry>), Problem> {
        match self.books.ledger(&tenancy.tenant, id, max).await.map_err(|error| failed(&error))? {
            Ledger::Whole(debtor, entries) => Ok((*debtor, entries)),
            Ledger::TooLong => {
                Err(too_large(format!("the ledgers have more than the {ENTRIES_MAX} entries of one statement")))
            }
            Ledger::NoDebtor => Err(Problem::not_found(format!("there is no debtor {id}"))),
        }
    }
}

fn wrong(field: &str, reason: impl Into<String>) -> Problem {
    Problem::bad_request("a parameter is wrong").field(field, reason)
}

fn too_large(reason: String) -> Problem {
    Problem::new(422, "The statement is too long", reason)
}

fn flag(request: &ApiGatewayV2httpRequest, name: &str) -> Result<bool, Problem> {
    match query_parameter(request, name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong(name, "must be true or false")),
    }
}

/// The period that is asked for: until today, and from the first of its month, where nothing else is said.
fn period(request: &ApiGatewayV2httpRequest, today: Date) -> Result<Period, Problem> {
    let day = |name: &str, otherwise: Date| {
        let day = query_parameter(request, name).map_or(Ok(otherwise), |text| date(&text));
        day.map_err(|reason| wrong(name, reason))
    };
    let to = day("to", today)?;
    Period::new(day("from", to.first_of_month())?, to).map_err(|error| wrong("from", error.to_string()))
}

fn section(
    debtor: Debtor,
    entries: &[Entry],
    currency: Option<Currency>,
    period: Period,
    today: Date,
) -> Result<Section, Problem> {
    let currencies = currency.map_or_else(|| Statement::currencies(&debtor), |currency| BTreeSet::from([currency]));
    let of = |currency| Ok((currency, Statement::of(&debtor, entries, currency, period, today)?));
    let statements = currencies.into_iter().map(of).collect::<Result<_, StatementError>>();
    let statements = statements.map_err(|error| match error {
        StatementError::TooLong { .. } => too_large(error.to_string()).field("from", error.to_string()),
        StatementError::Unbalanced { .. } | StatementError::Money(_) => {
            tracing::error!(%error, debtor = %debtor.id, "a ledger and its balances differ");
            Problem::internal()
        }
    })?;
    Ok(Section { debtor, statements })
}

/// What all sections come to; two currencies are never added.
fn consolidated(sections: &[Section]) -> Result<BTreeMap<Currency, Balances>, MoneyError> {
    let mut all: BTreeMap<Currency, Balances> = BTreeMap::new();
    for (currency, statement) in sections.iter().flat_map(|section| &section.statements) {
        let balances = statement.balances;
        let sum = all.get(currency).map_or(Ok(balances), |sum| sum.plus(&balances))?;
        all.insert(*currency, sum);
    }
    Ok(all)
}

impl Sheet {
    fn view(&self) -> Value {
        let Self { addressee, period, today, sections, consolidated } = self;
        let profile = &addressee.profile;
        let consolidated = consolidated.as_ref();
        json!({
            "addressed_to": {
                "debtor_ref": addressee.id.as_str(),
                "name": profile.name,
                "email": profile.contacts.email().map(EmailAddress::as_str),
                "country": profile.country,
                "language": profile.language,
            },
            "from": period.from().to_string(),
            "to": period.to().to_string(),
            "as_of": today.to_string(),
            "sections": sections.iter().map(Section::view).collect::<Vec<_>>(),
            "consolidated": consolidated.map(|all| all.iter().map(balances_view).collect::<Vec<_>>()),
        })
    }
}

impl Section {
    fn view(&self) -> Value {
        let statement = |(currency, statement): (&Currency, &Statement)| {
            let mut view = balances_view((currency, &statement.balances));
            view["entries"] = statement.lines.iter().map(line_view).collect();
            view["open_items"] = statement.open_items.iter().map(item_view).collect();
            view
        };
        json!({
            "debtor_ref": self.debtor.id.as_str(),
            "name": self.debtor.profile.name,
            "statements": self.statements.iter().map(statement).collect::<Vec<_>>(),
        })
    }
}

fn balances_view((currency, balances): (&Currency, &Balances)) -> Value {
    let Balances { opening, closing, owed, overdue } = balances;
    json!({
        "currency": currency.code(),
        "opening_balance": opening.to_string(),
        "closing_balance": closing.to_string(),
        "open": owed.open.to_string(),
        "overdue": overdue.to_string(),
        "disputed": owed.disputed.to_string(),
        "unapplied": owed.unapplied.to_string(),
        "in_flight": owed.in_flight.to_string(),
    })
}

fn line_view(line: &StatementLine) -> Value {
    let mut shown = shown::entry(&line.entry);
    shown["balance"] = json!(line.balance.to_string());
    shown
}

fn item_view(item: &OpenItem) -> Value {
    json!({
        "portfolio": item.invoice.portfolio.as_str(),
        "invoice_number": item.invoice.number.as_str(),
        "issue_date": item.issued.to_string(),
        "due_date": item.due.to_string(),
        "amount": item.total.to_string(),
        "balance": item.open.to_string(),
        "days_overdue": item.days_overdue,
    })
}
