//! Journeys through the real handlers and a real table, and checks of the project's own shape.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`world`] | the deployment in this process: table, stream, bus, queues, providers |
//! | [`invoices`], [`files`], [`imports`] | taking invoices in, by API and by file; files by parts |
//! | [`reminders`], [`sending`] | what is written to whom and when; handing it over exactly once |
//! | [`feedback`] | what comes back: bounces, complaints, answers |
//! | [`payments`], [`on_account`], [`credit`], [`stripe`] | money in, from the tenant's books and from Stripe |
//! | [`live_stripe`] | a day of a Stripe that runs beside the tests |
//! | [`recovery`] | subscriptions whose payment Stripe tries again |
//! | [`scan`], [`projector_counts`] | finding what is due; counting exactly |
//! | [`operations`] | what operators see: metrics, traces, wrong sends |
//! | [`agreements`] | holds, promises, plans, settlements and disputes |
//! | [`debtors`], [`directory`], [`groups`] | debtors as records; their list; companies that belong together, and credit limits |
//! | [`statements`] | statements of account, of one debtor and of a group |
//! | [`charges`] | interest, fixed sums and late fees on invoices; giving them up |
//! | [`tenants`], [`api`], [`quotes`] | who sees what; answers; what may be charged |
//! | [`backtest`], [`trials`] | what was done, done again from what the table remembers; policies tried on it |
//! | [`contact_checks`] | whether a contact may be made, asked before it is |
//! | [`audit`], [`settings_log`], [`anchors`] | who did what and why; where logs ended on a day, so that none can be cut off |
//! | [`cases`] | worked cases of law |
//! | [`decisions`] | why somebody was, or was not, written to; every decision made again |
//! | [`properties`] | the invariants on random histories |
//! | [`faults`] | the same while functions die, services fail and events come broken |
//! | [`costs`] | what each thing costs, held to what is written down |
//! | [`migration`] | items of the shape before |
//! | [`samples`], [`architecture`] | `events/`, and the shape of the house |

#![expect(clippy::unwrap_used, clippy::panic, reason = "in tests a panic is the report")]

mod agreements;
mod anchors;
mod api;
mod architecture;
mod audit;
mod backtest;
mod cases;
mod charges;
mod charging;
mod contact_checks;
mod contact_policy;
mod contacts;
mod costs;
mod credit;
mod debtors;
mod decisions;
mod directory;
mod faults;
mod feedback;
mod files;
mod groups;
mod imports;
mod invoices;
mod keys;
mod known_failures;
mod live_stripe;
mod migration;
mod on_account;
mod operations;
mod payments;
mod previews;
mod projector_counts;
mod properties;
mod quotes;
mod recovery;
mod reminders;
mod samples;
mod scan;
mod sending;
mod settings_log;
mod statements;
mod stripe;
mod templates;
mod tenants;
mod trials;
mod world;
