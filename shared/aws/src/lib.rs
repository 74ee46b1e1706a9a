//! Everything that talks to AWS, around rules that do not.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`store`] | the table: load, decide, commit |
//! | [`books`] | keeping the books: invoices, payments and credit notes into the table |
//! | [`mail`], [`sms`] | messages out |
//! | [`bus`] | domain events out |
//! | [`backtests`] | the queue of backtests |
//! | [`unsubscribe`] | tokens for the one click that ends e-mail |
//! | [`http`], [`parameters`], [`shown`] | answers of the API, and problems (RFC 9457); what a query may say; what is shown |
//! | [`tenancies`], [`templates`] | settings and policies of tenants, kept for a minute; the texts of templates, kept |
//! | [`telemetry`], [`metrics`] | what operators see: logs, traces, numbers |
//! | [`secrets`], [`config`], [`clock`] | what every function needs to start |

#![warn(missing_docs)]

pub mod backtests;
pub mod books;
pub mod bus;
pub mod clock;
pub mod config;
pub mod http;
pub mod mail;
pub mod metrics;
pub mod parameters;
pub mod secrets;
pub mod sheet;
pub mod shown;
pub mod sms;
pub mod store;
pub mod telemetry;
pub mod templates;
pub mod tenancies;
pub mod unsubscribe;
