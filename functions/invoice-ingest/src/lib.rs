//! # invoice-ingest
//!
//! - `POST /v1/invoices`: up to 500 invoices and credit notes, with an answer for each.
//! - A CSV file under `imports/<tenant>/` in the import bucket: read as a stream, row by row. What cannot be taken in
//!   is listed in `results/<tenant>/<file>.csv` with line, column and reason, and counted in `<file>.json` beside it;
//!   the good rows go in.
//!
//! Retries: the same invoice again changes nothing, so a call or a file can be sent again at any time.

mod csv_rows;
mod error;
mod event;
mod handler;
mod import;
mod intake;
mod results;

pub use error::IngestError;
pub use event::Trigger;
pub use handler::Handler;
pub use import::ImportBucket;
