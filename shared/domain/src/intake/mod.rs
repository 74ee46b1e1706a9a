//! The door: what people and systems hand in, checked field by field. Whatever gets past it is sound.

mod advice;
mod claim;
mod credit;
mod debtor;
mod document;
mod draft;
mod fields;
mod payment;
mod plan;

pub use advice::RawPart;
pub use claim::{RawClaim, RawMovement};
pub use credit::{CreditAction, RawCreditOrder};
pub use debtor::RawDebtor;
pub use document::RawDocument;
pub use draft::{CreditNoteDraft, Document, Due, InvoiceDraft};
pub use fields::FieldError;
pub use payment::RawPayment;
pub use plan::{PlanDraft, RawPlan};

use jiff::Timestamp;

use crate::ids::{PortfolioId, SourceName};

/// Where rows come from, and what they mean where they say nothing.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The tenant's own portfolio.
    pub default_portfolio: PortfolioId,
    /// How it came in: `api` or `csv`.
    pub source: SourceName,
    /// When.
    pub now: Timestamp,
}

/// The source of payments and credit notes that a tenant reports from its own books, however they come in: handed in
/// by API and by CSV, the same reference is the same payment.
pub const BOOKS: &str = "books";

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::invoice::Standing;
    use crate::remittance::Stage;

    fn intake() -> Intake {
        Intake {
            default_portfolio: PortfolioId::parse("main").unwrap(),
            source: SourceName::parse("api").unwrap(),
            now: "2026-03-02T00:00:00Z".parse().unwrap(),
        }
    }

    fn row(changes: &[(&str, &str)]) -> RawDocument {
        let mut raw = RawDocument {
            debtor_ref: Some("C1".into()),
            debtor_name: Some("Customer 1".into()),
            invoice_number: Some("I1".into()),
            issue_date: Some("2026-01-31".into()),
            due_date: Some("2026-03-02".into()),
            currency: Some("EUR".into()),
            amount: Some("100.00".into()),
            ..RawDocument::default()
        };
        for (field, value) in changes {
            let slot = match *field {
                "issue_date" => &mut raw.issue_date,
                "due_date" => &mut raw.due_date,
                "currency" => &mut raw.currency,
                "amount" => &mut raw.amount,
                "time_zone" => &mut raw.time_zone,
                "email" => &mut raw.email,
                "document" => &mut raw.document,
                "status" => &mut raw.status,
                "debtor_ref" => &mut raw.debtor_ref,
                other => panic!("no field {other}"),
            };
            *slot = Some((*value).to_owned());
        }
        raw
    }

    fn complaints(changes: &[(&str, &str)]) -> Vec<Cow<'static, str>> {
        row(changes).parse(&intake()).unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_sound_row_becomes_a_draft() {
        let Ok(Document::Invoice(draft)) = row(&[]).parse(&intake()) else { panic!("refused") };
        assert_eq!(draft.id.to_string(), "main/I1");
        assert_eq!(draft.total.minor(), 10_000);
        assert_eq!(draft.digest(), draft.clone().digest());
        let Ok(Document::Invoice(by_terms)) = row(&[("due_date", "")]).parse(&intake()) else { panic!("refused") };
        assert_eq!(by_terms.due_date, Due::ByTerms { otherwise: None });
        assert_ne!(draft.digest(), by_terms.digest());
    }

    #[test]
    fn what_should_never_have_been_is_void() {
        let voided =
            |document: &str, status: &str| match row(&[("document", document), ("status", status)]).parse(&intake()) {
                Ok(Document::Invoice(draft)) => draft.standing == Standing::Void,
                Ok(Document::CreditNote(note)) => note.report.progress.unwrap().stage() == Stage::Failed,
                Err(errors) => panic!("{errors:?}"),
            };
        for document in ["invoice", "credit_note"] {
            assert_eq!(["", "open", "void"].map(|status| voided(document, status)), [false, false, true], "{document}");
        }
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert_eq!(complaints(&[("issue_date", "31.01.2026")]), ["issue_date"]);
        assert_eq!(complaints(&[("issue_date", "2026-02-30")]), ["issue_date"]);
        assert_eq!(complaints(&[("issue_date", "20260131")]), ["issue_date"]);
        assert_eq!(complaints(&[("due_date", "2026-01-30")]), ["due_date"]);
        assert_eq!(complaints(&[("currency", "EURO")]), ["currency"]);
        assert_eq!(complaints(&[("amount", "1.005")]), ["amount"]);
        assert_eq!(complaints(&[("amount", "-5")]), ["amount"]);
        assert_eq!(complaints(&[("amount", "0")]), ["amount"]);
        assert_eq!(complaints(&[("currency", ""), ("amount", "x")]), ["currency", "amount"]);
        assert_eq!(complaints(&[("time_zone", "Mars/X"), ("email", "nobody")]), ["email", "time_zone"]);
        assert_eq!(complaints(&[("document", "order")]), ["document"]);
        assert_eq!(complaints(&[("status", "paid")]), ["status"]);
        assert_eq!(complaints(&[("document", "credit_note"), ("status", "failed")]), ["status"]);
        assert_eq!(complaints(&[("debtor_ref", "  ")]), ["debtor_ref"]);
    }

    #[test]
    fn what_is_wrong_with_a_payment_is_named() {
        let part = |number: &str, amount: &str| RawPart {
            invoice_number: Some(number.into()).filter(|number: &String| !number.is_empty()),
            amount: Some(amount.into()),
        };
        let raw = RawPayment {
            payment_ref: Some("P1".into()),
            debtor_ref: Some("C1".into()),
            paid_on: Some("2026-03-02".into()),
            amount: Some("5".into()),
            currency: Some("EUR".into()),
            ..RawPayment::default()
        };
        let field =
            |raw: RawPayment| raw.parse(&intake()).map_or_else(|errors| errors[0].field.to_string(), |_| String::new());
        let named = |parts: &[RawPart]| RawPayment { allocations: parts.to_vec(), ..raw.clone() };
        let text = |text: &str| Some(text.to_owned());
        for (expected, raw) in [
            ("", raw.clone()),
            ("", named(&[part("I1", "3"), part("I2", "2")])),
            ("allocations", named(&[part("I1", "3"), part("I2", "2.01")])),
            ("allocations", named(&[part("I1", "0")])),
            ("allocations[1].amount", named(&[part("I1", "3"), part("I2", "x")])),
            ("allocations[0].invoice_number", named(&[part("", "3")])),
            ("debtor_ref", RawPayment { debtor_ref: None, ..named(&[part("I1", "3")]) }),
            ("invoice_numbers", RawPayment { invoice_numbers: text("I1"), ..named(&[part("I1", "3")]) }),
            ("invoice_numbers", RawPayment { invoice_numbers: text("I1;;I2"), ..raw.clone() }),
            ("invoice_number", RawPayment { invoice_number: text("I1"), ..named(&[part("I1", "3")]) }),
            ("allocate_by", RawPayment { allocate_by: text("dice"), ..raw.clone() }),
            ("refunded", RawPayment { refunded: text("5.01"), ..raw.clone() }),
            ("chargeback", RawPayment { chargeback: text("maybe"), ..raw.clone() }),
            (
                "chargeback_amount",
                RawPayment { chargeback: text("open"), chargeback_amount: text("-1"), ..raw.clone() },
            ),
            ("reversed_on", RawPayment { reversed_on: text("soon"), ..raw.clone() }),
        ] {
            assert_eq!(field(raw.clone()), expected, "{raw:?}");
        }
    }

    #[test]
    fn a_payment_to_come_is_under_way() {
        let raw = RawPayment {
            payment_ref: Some("P1".into()),
            invoice_number: Some("I1".into()),
            paid_on: Some("2026-03-03".into()),
            amount: Some("5".into()),
            currency: Some("EUR".into()),
            ..RawPayment::default()
        };
        let stage = |raw: &RawPayment| raw.parse(&intake()).unwrap().progress.unwrap().stage();
        assert_eq!(stage(&raw), Stage::Pending);
        assert_eq!(stage(&RawPayment { paid_on: Some("2026-03-02".into()), ..raw.clone() }), Stage::Settled);
        let several = |numbers: &str| RawPayment {
            invoice_number: None,
            invoice_numbers: Some(numbers.into()),
            debtor_ref: Some("C1".into()),
            ..raw.clone()
        };
        assert!(several("I2; I1").parse(&intake()).is_ok());
        let unnamed = RawPayment { invoice_number: None, ..raw };
        assert_eq!(unnamed.parse(&intake()).unwrap_err()[0].field, "invoice_number");
    }
}
