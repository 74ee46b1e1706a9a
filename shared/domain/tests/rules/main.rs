//! The rules: tables of what is right when, and the invariants on random histories.

#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "in tests a panic is the report")]

mod agreements;
mod allocating;
mod backtest;
mod booking;
mod charges;
mod credit;
mod decide;
mod desk;
mod duties;
mod history;
mod interest;
mod money;
mod properties;
mod recovery;
