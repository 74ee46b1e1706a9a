//! # invoice-ingest
//!
//! - `POST /v1/invoices`: up to 500 invoices and credit notes, with an answer for each.
//! - `POST /v1/imports`: an address that a CSV file of any size can be put to. `GET /v1/imports` and
//!   `GET /v1/imports/{id}`: how far imports are.
//! - A CSV file under `imports/<tenant>/` in the import bucket: an import is begun. Files below `payments/` are payments,
//!   those that were put to an address from the API are what was said there, all others are invoices.
//! - Messages of the import queue: the steps of an import. A file is cut into parts by debtor, several parts are booked at
//!   once, and the results are put together. What cannot be taken in is listed in `results/<tenant>/<file>.csv` with
//!   line, column and reason, and counted in `<file>.json` beside it; the good rows go in.
//!
//! Retries: the same invoice again changes nothing, so a call or a file can be sent again at any time, and a step of an
//! import may be repeated, be run twice at once, or end anywhere.

mod bucket;
mod csv_rows;
mod error;
mod event;
mod handler;
mod import;
mod intake;
mod invoices;
mod pace;
mod queue;
mod results;
mod segment;

pub use bucket::ImportBucket;
pub use error::IngestError;
pub use event::Trigger;
pub use handler::Handler;
pub use pace::Pauses;
pub use queue::ImportQueue;
