//! # table-migration
//!
//! Woken by EventBridge Scheduler every five minutes while the template's parameter `Migration` is on, and by hand. Rewrites items
//! whose shape is of the version before, page by page, so that the version after may forget how to read them. It
//! writes down after each page how far it is; when all pages are read there is nothing left to do.
//!
//! Retries: a page that was rewritten is found to be so. An item that someone else writes in between is written in the
//! new shape by them.

mod error;
mod handler;

pub use error::MigrationError;
pub use handler::{Handler, Tick};
