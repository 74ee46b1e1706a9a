//! Short words for values.

use dunlin_domain::allocation::Advice;
use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::{EmailAddress, PhoneNumber};
use dunlin_domain::ids::{
    AccountKey, DebtorId, InvoiceId, InvoiceNumber, OutsideId, PortfolioId, SourceName, TenantId,
};
use dunlin_domain::intake::{BOOKS, Due, InvoiceDraft};
use dunlin_domain::invoice::{Source, Standing};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::profile::ProfilePatch;
use dunlin_domain::remittance::{Progress, RemittanceId, RemittanceKind, Report, Stage, Target};
use jiff::Timestamp;
use jiff::civil::Date;

/// The portfolio of tenants that name none.
pub const PORTFOLIO: &str = "main";

/// An amount in euros.
#[must_use]
pub fn eur(amount: &str) -> Money {
    money(amount, "EUR")
}

/// An amount in any currency.
#[must_use]
pub fn money(amount: &str, currency: &str) -> Money {
    Money::parse(amount, Currency::parse(currency).unwrap()).unwrap()
}

/// A date such as `2026-03-31`.
#[must_use]
pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A moment such as `2026-03-02T08:00:00Z`.
#[must_use]
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A tenant.
#[must_use]
pub fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

/// A debtor's reference.
#[must_use]
pub fn debtor(id: &str) -> DebtorId {
    DebtorId::parse(id).unwrap()
}

/// An invoice of the portfolio `main`.
#[must_use]
pub fn invoice_id(number: &str) -> InvoiceId {
    InvoiceId { portfolio: PortfolioId::parse(PORTFOLIO).unwrap(), number: InvoiceNumber::parse(number).unwrap() }
}

/// An account of the portfolio `main`.
#[must_use]
pub fn account(currency: &str) -> AccountKey {
    AccountKey { portfolio: PortfolioId::parse(PORTFOLIO).unwrap(), currency: Currency::parse(currency).unwrap() }
}

/// An invoice over 100.00 EUR, issued 2026-01-31 and due 2026-03-02, of a debtor with an e-mail address in UTC.
#[derive(Debug, Clone)]
pub struct Draft(InvoiceDraft);

/// Begins an invoice.
#[must_use]
pub fn draft(of: &str, number: &str) -> Draft {
    let name = format!("Customer {of}");
    let profile = ProfilePatch {
        email: EmailAddress::parse(&format!("{}@customers.example", of.to_lowercase())).ok(),
        name: Some(name),
        ..ProfilePatch::default()
    };
    Draft(InvoiceDraft {
        debtor: debtor(of),
        profile,
        id: invoice_id(number),
        source: Source { name: SourceName::parse("api").unwrap(), outside_id: OutsideId::parse(number).unwrap() },
        customer: None,
        issue_date: day("2026-01-31"),
        due_date: Due::On(day("2026-03-02")),
        total: eur("100.00"),
        description: None,
        standing: Standing::Open,
        reported_paid: eur("0"),
        stamp: None,
        attempts: None,
    })
}

impl Draft {
    /// The day it was issued.
    #[must_use]
    pub fn issued(mut self, date: &str) -> Self {
        self.0.issue_date = day(date);
        self
    }

    /// The last day to pay.
    #[must_use]
    pub fn due(mut self, date: &str) -> Self {
        self.0.due_date = Due::On(day(date));
        self
    }

    /// The amount.
    #[must_use]
    pub fn total(mut self, total: Money) -> Self {
        self.0.total = total;
        self.0.reported_paid = Money::zero(total.currency());
        self
    }

    /// The creditor.
    #[must_use]
    pub fn portfolio(mut self, portfolio: &str) -> Self {
        self.0.id.portfolio = PortfolioId::parse(portfolio).unwrap();
        self
    }

    /// The debtor's clock.
    #[must_use]
    pub fn zone(mut self, zone: &str) -> Self {
        self.0.profile.zone = Some(Zone::parse(zone).unwrap());
        self
    }

    /// The debtor's phone, and whether text messages were agreed to.
    #[must_use]
    pub fn phone(mut self, number: &str, consent: bool) -> Self {
        self.0.profile.phone = Some(PhoneNumber::parse(number).unwrap());
        self.0.profile.sms_consent = Some(consent);
        self
    }

    /// Without an e-mail address.
    #[must_use]
    pub fn without_email(mut self) -> Self {
        self.0.profile.email = None;
        self
    }

    /// The draft.
    #[must_use]
    pub fn build(self) -> InvoiceDraft {
        self.0
    }
}

/// A settled payment of the tenant's books.
#[must_use]
pub fn payment(reference: &str, target: Target, amount: Money, on: &str) -> Report {
    remittance(RemittanceKind::Payment, reference, target, amount, on)
}

/// A credit note of the tenant's books.
#[must_use]
pub fn credit_note(reference: &str, target: Target, amount: Money, on: &str) -> Report {
    remittance(RemittanceKind::CreditNote, reference, target, amount, on)
}

/// For an invoice of the portfolio `main`.
#[must_use]
pub fn for_invoice(number: &str) -> Target {
    Target::Invoice(invoice_id(number))
}

/// For whatever the debtor owes, oldest first.
#[must_use]
pub fn for_debtor(id: &str) -> Target {
    Target::Debtor(debtor(id), PortfolioId::parse(PORTFOLIO).unwrap(), Advice::none())
}

fn remittance(kind: RemittanceKind, reference: &str, target: Target, amount: Money, on: &str) -> Report {
    let id = RemittanceId {
        kind,
        source: SourceName::parse(BOOKS).unwrap(),
        outside_id: OutsideId::parse(reference).unwrap(),
    };
    let said = day(on).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    Report {
        amount: Some(amount),
        progress: Some(Progress::new(kind, Stage::Settled, said)),
        target: Some(target),
        on: Some(day(on)),
        ..Report::about(id)
    }
}
