//! The rules: tables of what is right when, and the invariants on random histories.

#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "in tests a panic is the report")]

mod agreements;
mod allocating;
mod backtest;
mod barred;
mod booking;
mod charges;
mod charging;
mod counted;
mod course;
mod covered;
mod credit;
mod debtors;
mod decide;
mod desk;
mod directory;
mod duties;
mod gate_facts;
mod groups;
mod history;
mod interest;
mod minimums;
mod money;
mod properties;
mod reaching;
mod recovery;
mod statement;
mod telling;
mod told;
mod verdicts;
