//! The tenant's debtors, by name: a page of the directory, with what each owes.

use std::convert::Infallible;
use std::fmt::Display;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, query_parameter, told_time};
use dunlin_aws::store::{Search, Tenancy};
use dunlin_domain::debtor::{Account, Debtor};
use dunlin_domain::directory::{Listing, NamePlace, Standing, Wanted};
use dunlin_domain::ids::{AccountKey, DebtorId, PortfolioId};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::Handler;
use crate::debtor::limit;
use crate::handler::{Answer, failed};

/// Each debtor of a page is read by itself.
const DEBTORS_MAX: i32 = 50;

impl Handler {
    /// A page of the debtors that are looked for. Where few are, it may hold fewer than asked for and name a next.
    pub(crate) async fn debtors(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let search = self.search(&tenancy, request).await?;
        let store = self.books.store();
        let page = store.directory(&tenancy.tenant, &search).await.map_err(|error| failed(&error))?;
        let mut debtors = Vec::with_capacity(page.listings.len());
        for (id, listing) in &page.listings {
            let debtor = self.known(&tenancy, id).await?;
            debtors.push(shown(&debtor, listing, search.today));
        }
        let next = page.next.as_ref().map(DebtorId::as_str);
        Ok(json_response(200, &json!({ "as_of": search.today.to_string(), "debtors": debtors, "next": next })))
    }

    async fn search(&self, tenancy: &Tenancy, request: &ApiGatewayV2httpRequest) -> Result<Search, Problem> {
        let limit = limit(request)?.min(DEBTORS_MAX);
        let portfolio = parameter(request, "portfolio", PortfolioId::parse)?;
        let standing = |text: &str| Standing::parse(text).ok_or("must be clear, open or overdue");
        let standing = parameter(request, "state", standing)?;
        let names = parameter(request, "name", |text| Ok::<_, Infallible>(NamePlace::of(text)))?;
        let after = parameter(request, "after", DebtorId::parse)?;
        let after = match after {
            None => None,
            Some(debtor) => Some(self.behind(tenancy, debtor, names.as_ref()).await?),
        };
        Ok(Search {
            names,
            wanted: Wanted { portfolio, standing },
            today: tenancy.zone.date(self.clock.now(told_time(request))),
            after,
            limit: u16::try_from(limit).unwrap_or(1),
        })
    }

    /// The place of the last debtor of a page. Its name may have changed since: the next page then begins where it stands now.
    async fn behind(
        &self,
        tenancy: &Tenancy,
        debtor: DebtorId,
        names: Option<&NamePlace>,
    ) -> Result<(NamePlace, DebtorId), Problem> {
        let place = self.books.store().name_place(&tenancy.tenant, &debtor).await.map_err(|error| failed(&error))?;
        let within = |place: &NamePlace| names.is_none_or(|names| place.as_str().starts_with(names.as_str()));
        let place =
            place.filter(within).ok_or_else(|| wrong("after", &"must be the next of a page of the same names"))?;
        Ok((place, debtor))
    }
}

fn parameter<T, E: Display>(
    request: &ApiGatewayV2httpRequest,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Problem> {
    query_parameter(request, name).map(|text| parse(&text)).transpose().map_err(|error| wrong(name, &error))
}

fn wrong(name: &str, reason: &impl Display) -> Problem {
    Problem::bad_request("a parameter is wrong").field(name, reason.to_string())
}

fn shown(debtor: &Debtor, listing: &Listing, today: Date) -> Value {
    let account = |(key, account): (&AccountKey, &Account)| {
        json!({
            "portfolio": key.portfolio.as_str(),
            "currency": key.currency.code(),
            "balance": debtor.balance(key).map(|balance| balance.to_string()).ok(),
            "credit": account.credit.to_string(),
            "oldest_due": listing.oldest_due.get(key).copied().flatten().map(|due| due.to_string()),
            "step": last_step(account),
        })
    };
    json!({
        "debtor_ref": debtor.id.as_str(),
        "name": listing.name,
        "kind": debtor.profile.kind.as_str(),
        "country": debtor.profile.country,
        "state": listing.standing(None, today).map(Standing::as_str),
        "accounts": debtor.accounts.iter().map(account).collect::<Vec<_>>(),
    })
}

/// The step of the running cycle that was taken last.
fn last_step(account: &Account) -> Option<&str> {
    let taken = account.cycle.iter().flat_map(|cycle| &cycle.done);
    taken.max_by_key(|(_, step)| (step.at, step.offset_days)).map(|((_, name), _)| name.as_str())
}
