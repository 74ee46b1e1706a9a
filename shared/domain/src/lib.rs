//! Dunlin's rules. No AWS, no async, no clock and no I/O: time and facts come in as arguments, decisions go out.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`money`], [`by_currency`], [`by_day`], [`ids`], [`contact`], [`profile`] | checked values |
//! | [`intake`] | what people and systems hand in |
//! | [`invoice`], [`remittance`], [`ledger`] | facts, positions, and the entries between them |
//! | [`hold`], [`agreement`] | what stops chasing, what was settled between debtor and creditor |
//! | [`allocation`] | which invoices a payment settles, and what goes back |
//! | [`credit`] | days to pay and credit limits |
//! | [`debtor`] | all that is known of someone who owes, and the only way to change it |
//! | [`charge`] | interest, fixed sums and fees, each with what it rests on |
//! | [`duty`] | deadlines, notices, limitation, retention, data rights, and what a message must and must not say |
//! | [`policy`], [`calendar`] | the ladder and the hours |
//! | [`gate`] | whether the law lets a contact be made, and when |
//! | [`decide`] | what is right to do now |
//! | [`decision`], [`reason`], [`telling`] | what was decided, why, and how it is told |
//! | [`reach`] | addresses: what was agreed to, refused and said of messages to them |
//! | [`message`], [`event`] | what goes out, what is told |
//! | [`template`] | the texts of messages, their versions, and what a message has to say and may |
//! | [`backtest`] | what another policy would have done |
//! | [`measure`], [`statement`] | aging and DSO; statements of account |

#![warn(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm, missing_docs)]

pub mod agreement;
pub mod allocation;
pub mod backtest;
pub mod by_currency;
pub mod by_day;
pub mod calendar;
pub mod charge;
pub mod collection;
pub mod collector;
pub mod contact;
pub mod course;
pub mod credit;
pub mod debtor;
pub mod decide;
pub mod decision;
pub mod directory;
pub mod duty;
pub mod event;
pub mod gate;
pub mod hold;
pub mod ids;
pub mod intake;
pub mod invoice;
pub mod ledger;
pub mod measure;
pub mod message;
pub mod money;
mod named;
pub mod obligor;
pub mod policy;
pub mod profile;
pub mod reach;
pub mod reason;
pub mod remittance;
pub mod statement;
pub mod telling;
pub mod template;
pub mod timeline;
