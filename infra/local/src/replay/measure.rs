//! How the book stands on one day: the deployed aging report, and DSO by the countback method.

use std::collections::BTreeMap;

use dunlin_domain::intake::InvoiceDraft;
use dunlin_domain::measure::dso_countback;
use dunlin_domain::money::{Currency, Money};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::ReplayError;
use super::table;
use crate::client::Client;
use crate::error::LocalError;

/// Said wherever the figure is shown.
pub(crate) const DSO_METHOD: &str = "countback: each month's credit sales (gross, by issue date) are subtracted from the closing receivables, \
     going back, until they are used up; the days are summed, the last month's in proportion";

/// One bucket of the aging report; amounts are decimal strings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    pub from_days: u32,
    pub to_days: Option<u32>,
    pub amount: String,
    pub invoices: i64,
}

/// How one account (creditor and currency) stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountStanding {
    pub portfolio: String,
    pub currency: String,
    /// What is open, not reduced by unapplied credit.
    pub receivables: String,
    pub aging: Vec<Bucket>,
    /// `None` where the sales do not reach back far enough.
    pub dso_countback_days: Option<String>,
}

/// How the book stands at the end of a day, or at the start of the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub as_of: Date,
    pub accounts: Vec<AccountStanding>,
}

#[derive(Deserialize)]
struct Report {
    portfolio: String,
    currency: String,
    total: String,
    buckets: Vec<Bucket>,
}

/// Asks for the aging report and derives DSO from it. Sales are what the platform counted, and `settled`: invoices of
/// the input that were paid before the replay began and so were never handed in.
pub(crate) fn standing(client: &Client, as_of: Date, settled: &[InvoiceDraft]) -> Result<Standing, LocalError> {
    let answer = client.api_get(&format!("/v1/reports/aging?as_of={as_of}"))?;
    let reports = answer.json.get("reports").filter(|_| answer.is_success());
    let reports = reports.ok_or_else(|| ReplayError::unexpected("the aging report", &answer.text))?;
    let reports: Vec<Report> = Vec::deserialize(reports)
        .map_err(|error| ReplayError::unexpected("the aging report", format!("{error}: {}", answer.text)))?;
    let mut accounts = Vec::new();
    for Report { portfolio, currency, total, buckets } in reports {
        let receivables = minor(&total, &currency)?;
        let mut sales: BTreeMap<Date, i64> = BTreeMap::new();
        for (day, counters) in table::days(client, &portfolio, &currency)?.range(..=as_of) {
            sales.insert(*day, counters.get("charge").copied().unwrap_or(0));
        }
        for invoice in settled.iter().filter(|invoice| belongs(invoice, &portfolio, &currency)) {
            let sum = sales.entry(invoice.issue_date).or_default();
            *sum = sum.saturating_add(invoice.total.minor());
        }
        sales.retain(|_, minor| *minor != 0);
        let days = if receivables == 0 { Some("0".to_owned()) } else { dso(receivables, &sales, as_of) };
        accounts.push(AccountStanding {
            portfolio,
            currency,
            receivables: total,
            aging: buckets,
            dso_countback_days: days,
        });
    }
    accounts.sort_by(|a, b| (&a.currency, &a.portfolio).cmp(&(&b.currency, &b.portfolio)));
    Ok(Standing { as_of, accounts })
}

fn dso(receivables: i64, sales: &BTreeMap<Date, i64>, as_of: Date) -> Option<String> {
    dso_countback(receivables, sales, as_of).map(|days| days.to_string())
}

fn belongs(invoice: &InvoiceDraft, portfolio: &str, currency: &str) -> bool {
    invoice.id.portfolio.as_str() == portfolio && invoice.total.currency().code() == currency
}

fn minor(amount: &str, currency: &str) -> Result<i64, ReplayError> {
    let money = Currency::parse(currency).and_then(|currency| Money::parse(amount, currency));
    money.map(Money::minor).map_err(|error| ReplayError::unexpected("an amount of the aging report", error))
}

/// Minor units as people write them: `1250.00`.
pub(crate) fn decimal(minor: i64, currency: &str) -> Result<String, ReplayError> {
    let currency = Currency::parse(currency).map_err(|error| ReplayError::unexpected("a currency", error))?;
    Ok(Money::from_minor(minor, currency).to_string())
}

/// Counters of an account in a window, summed: `payment`, `credit`, `sent`.
pub(crate) fn sums(
    client: &Client,
    portfolio: &str,
    currency: &str,
    (from, to): (Date, Date),
) -> Result<BTreeMap<String, i64>, LocalError> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for counters in table::days(client, portfolio, currency)?.range(from..=to).map(|(_, counters)| counters) {
        for (name, count) in counters {
            let sum = sums.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
    Ok(sums)
}

impl Bucket {
    /// `current`, `1-30`, `91+`.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.from_days, self.to_days) {
            (_, Some(0)) => "current".to_owned(),
            (from, Some(to)) => format!("{from}-{to}"),
            (from, None) => format!("{from}+"),
        }
    }
}

/// The reports' own shape, for tests elsewhere.
#[cfg(test)]
pub(crate) fn standing_of(as_of: Date, currency: &str, amounts: [&str; 5], days: Option<&str>) -> Standing {
    let bounds = [(0, Some(0)), (1, Some(30)), (31, Some(60)), (61, Some(90)), (91, None)];
    let bucket = |((from_days, to_days), amount): ((u32, Option<u32>), &str)| Bucket {
        from_days,
        to_days,
        amount: amount.to_owned(),
        invoices: 1,
    };
    let account = AccountStanding {
        portfolio: "main".to_owned(),
        currency: currency.to_owned(),
        receivables: "10.00".to_owned(),
        aging: bounds.into_iter().zip(amounts).map(bucket).collect(),
        dso_countback_days: days.map(str::to_owned),
    };
    Standing { as_of, accounts: vec![account] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_read_as_the_api_writes_it() {
        let text = r#"[{"portfolio":"main","currency":"GBP","as_of":"2026-03-31","total":"12.50","buckets":[
            {"from_days":0,"to_days":0,"amount":"12.50","invoices":1},{"from_days":91,"to_days":null,"amount":"0.00","invoices":0}]}]"#;
        let reports: Vec<Report> = serde_json::from_str(text).unwrap();
        assert_eq!(minor(&reports[0].total, &reports[0].currency).unwrap(), 1250);
        let labels: Vec<String> = reports[0].buckets.iter().map(Bucket::label).collect();
        assert_eq!(labels, ["current", "91+"]);
        assert_eq!(reports[0].buckets[1].to_days, None);
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        assert_eq!(decimal(1250, "GBP").unwrap(), "12.50");
        assert_eq!(decimal(1250, "JPY").unwrap(), "1250");
        assert!(decimal(1, "XXX").is_err());
    }
}
