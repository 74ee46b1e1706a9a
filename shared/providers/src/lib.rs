//! What providers send, read into Dunlin's own words. Pure: bytes and secrets come in, invoices and reports go out.

#![warn(missing_docs)]

pub mod stripe;
