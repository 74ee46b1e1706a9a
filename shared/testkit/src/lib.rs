//! What tests are built from: short words for values, and a table that the real client talks to.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`build`] | `eur("12.50")`, `day("2026-03-31")`, drafts of invoices, reports of payments |
//! | [`table`] | a DynamoDB in this process, with the table of `infra/template.yaml` and its stream |
//! | [`dynamo`] | how the real client's requests reach it: counted ([`bill`]) and made to fail ([`faults`]) |
//! | [`dice`] | chance that can be repeated |

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "in tests a panic is the report")]

pub mod bill;
pub mod build;
pub mod dice;
pub mod dynamo;
pub mod faults;
pub mod table;

pub use dynoxide::AttributeValue;
pub use table::TestTable;
