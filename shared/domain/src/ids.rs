//! Names of things: each its own type, checked once, so that none can stand in for another. A copy of one costs next to
//! nothing: decisions make many.

use std::fmt;
use std::sync::Arc;

use crate::money::Currency;

/// What is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {rule}")]
pub struct IdError {
    what: &'static str,
    rule: &'static str,
}

const SLUG_RULE: &str = "must be 1 to 40 of a-z, 0-9 and '-', beginning with a letter or digit";
const TEXT_RULE: &str = "must be 1 to 120 characters without control characters or blanks at its ends";

fn slug(text: &str) -> bool {
    let body = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(body) && !text.starts_with('-')
}

fn text(value: &str) -> bool {
    (1..=120).contains(&value.chars().count()) && value.trim() == value && !value.chars().any(char::is_control)
}

const RULE_ID_RULE: &str =
    "must be parts of A-Z, 0-9 and '_', joined by '.', at most 60 characters, such as US.REGF.VALID";

fn rule_id(text: &str) -> bool {
    let body = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    text.len() <= 60 && text.contains('.') && text.split('.').all(|part| !part.is_empty() && part.bytes().all(body))
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:ident, $rule:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and takes the name.
            ///
            /// # Errors
            /// [`IdError`], which names the rule.
            pub fn parse(value: &str) -> Result<Self, IdError> {
                if $check(value) { Ok(Self(value.into())) } else { Err(IdError { what: $what, rule: $rule }) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id_type!(
    /// An organisation that uses Dunlin.
    TenantId, "a tenant", slug, SLUG_RULE
);
id_type!(
    /// The receivables of one creditor within a tenant.
    PortfolioId, "a portfolio", slug, SLUG_RULE
);
id_type!(
    /// The tenant's own reference of a debtor.
    DebtorId, "a debtor reference", text, TEXT_RULE
);
id_type!(
    /// An invoice's number, as printed on it.
    InvoiceNumber, "an invoice number", text, TEXT_RULE
);
id_type!(
    /// The name of a policy.
    PolicyName, "a policy's name", slug, SLUG_RULE
);
id_type!(
    /// The name of a step within a policy.
    StepName, "a step's name", slug, SLUG_RULE
);
id_type!(
    /// The name of a template: that of the step or stage that it is for.
    TemplateName, "a template's name", slug, SLUG_RULE
);
id_type!(
    /// Where something comes from: `api`, `csv`, `stripe`.
    SourceName, "a source", slug, SLUG_RULE
);
id_type!(
    /// A trial of a policy on the months that were.
    BacktestId, "a backtest's id", slug, SLUG_RULE
);
id_type!(
    /// A hold of a debtor.
    HoldId, "a hold's id", slug, SLUG_RULE
);
id_type!(
    /// A contact that a person makes.
    ContactId, "a contact's id", slug, SLUG_RULE
);
id_type!(
    /// An agreement with a debtor: a promise, plan, settlement or dispute.
    AgreementId, "an agreement's id", slug, SLUG_RULE
);
id_type!(
    /// A thing's id at its source.
    OutsideId, "an outside id", text, TEXT_RULE
);
id_type!(
    /// Where a rule stands: the section of a statute, or the clause of a contract.
    Citation, "a citation", text, TEXT_RULE
);
id_type!(
    /// A rule of law as decisions name it: place, body of rules and subject, such as `US.REGF.VALID`.
    RuleId, "a rule's id", rule_id, RULE_ID_RULE
);
id_type!(
    /// The name of a table or rule of law.
    RuleName, "a rule's name", slug, SLUG_RULE
);

id_type!(
    /// Someone who is contacted: the debtor, or a person beside them.
    PersonId, "a person", text, TEXT_RULE
);
id_type!(
    /// What contacts are counted by: one debt, or several that the law takes for one (12 CFR 1006.14(b)(4)).
    ParticularDebt, "a particular debt", text, TEXT_RULE
);

impl From<&DebtorId> for PersonId {
    /// The debtor in person.
    fn from(debtor: &DebtorId) -> Self {
        Self(Arc::clone(&debtor.0))
    }
}

/// An invoice within a debtor: its creditor's portfolio and its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvoiceId {
    /// The creditor's portfolio.
    pub portfolio: PortfolioId,
    /// The number; unique within the portfolio.
    pub number: InvoiceNumber,
}

impl InvoiceId {
    /// Reads what [`fmt::Display`] writes: `portfolio/number`.
    ///
    /// # Errors
    /// [`IdError`] of the part that is wrong.
    pub fn parse(value: &str) -> Result<Self, IdError> {
        let (portfolio, number) =
            value.split_once('/').ok_or(IdError { what: "an invoice id", rule: "must be portfolio/number" })?;
        Ok(Self { portfolio: PortfolioId::parse(portfolio)?, number: InvoiceNumber::parse(number)? })
    }
}

impl fmt::Display for InvoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.portfolio, self.number)
    }
}

/// What one message may speak of: a debtor's debts to one creditor in one currency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    /// The creditor's portfolio.
    pub portfolio: PortfolioId,
    /// The currency; two are never added.
    pub currency: Currency,
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.portfolio, self.currency)
    }
}

/// One version of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyRef {
    /// Its name.
    pub name: PolicyName,
    /// Counted from 1.
    pub version: u32,
}

impl fmt::Display for PolicyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_and_texts_are_checked_at_the_door() {
        assert!(TenantId::parse("acme-2").is_ok());
        for bad in ["", "Acme", "a#b", "-a", "a b", &"x".repeat(41)] {
            assert!(TenantId::parse(bad).is_err(), "{bad}");
        }
        assert!(DebtorId::parse("Müller & Söhne #4").is_ok());
        for bad in ["", " a", "a\n", "\u{7}x", &"x".repeat(121)] {
            assert!(DebtorId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rules_id_is_written_in_capitals_and_dots() {
        assert!(RuleId::parse("US.MA.2IN7").is_ok());
        for bad in ["", "US", "us.regf", ".US.REGF", "US.REGF.", "US REGF"] {
            assert!(RuleId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_invoice_id_reads_what_it_writes() {
        let id = InvoiceId::parse("main/2024/17").unwrap();
        assert_eq!(id.number.as_str(), "2024/17");
        assert_eq!(InvoiceId::parse(&id.to_string()).unwrap(), id);
    }
}
