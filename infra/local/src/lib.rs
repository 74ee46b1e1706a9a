//! A whole Dunlin on one machine, without Docker: the emulator, the deployed template, a demo tenant.
//!
//! `cargo local up` and its companions are thin commands over [`Stack`] and [`Client`], which tests and replays use
//! as well.

pub mod cases;
pub mod client;
pub mod console;
pub mod costs;
pub mod demo;
mod deploy;
pub mod down;
mod emulator;
pub mod error;
pub mod faults;
pub mod functions;
pub mod generate;
pub mod import;
pub mod live_stripe;
pub mod paths;
pub mod process;
pub mod replay;
pub mod replay_decision;
pub mod stack;
mod tenant;
pub mod test;
mod tools;
pub mod up;
pub mod weigh;

pub use client::{Answer, Client, ClientError, Depth, Mail, Sms};
pub use error::LocalError;
pub use stack::{Description, Options, Stack};
