//! From counts to dollars: 10,000 invoices a month at list prices.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::Costs;

/// List prices in US dollars, us-east-1, without free tiers; the pages of the services, read in November 2026.
struct Price {
    what: &'static str,
    unit: &'static str,
    /// Dollars for a million units.
    per_million: &'static str,
}

const WRITE: Price = Price { what: "DynamoDB writes", unit: "units", per_million: "0.625" };
const READ: Price = Price { what: "DynamoDB reads", unit: "units", per_million: "0.125" };
const MAIL: Price = Price { what: "SES e-mails", unit: "e-mails", per_million: "100" };
const CALL: Price = Price { what: "API Gateway calls", unit: "calls", per_million: "1.00" };
const RUN: Price = Price { what: "Lambda invocations", unit: "invocations", per_million: "0.20" };
const COMPUTE: Price = Price { what: "Lambda compute, arm64", unit: "GB-seconds", per_million: "13.3334" };
const EVENT: Price = Price { what: "EventBridge events", unit: "events", per_million: "1.00" };
const QUEUE: Price = Price { what: "SQS requests", unit: "requests", per_million: "0.40" };
const LOG: Price = Price { what: "CloudWatch logs", unit: "KB", per_million: "0.50" };

/// Invoices a month.
const INVOICES: i64 = 10_000;
/// Invoices handed in with one call.
const PER_CALL: i64 = 100;
/// Reminders for 100 invoices: most debtors pay before the first, some get three or four.
const REMINDERS_PERCENT: i64 = 80;
/// A provider tells of one payment so often: the payment, the invoice that it paid, and one of them again.
const TOLD: i64 = 3;
/// Every hour, in a month of 30 days.
const SCANS: i64 = 24 * 30;
/// Shards that a busy hour of ten finds something in, all told.
const SHARD_RUNS: i64 = 10 * 30 * 8;
/// At most so often is there anything to note for anchors: every five minutes, in a month of 30 days.
const NOTES: i64 = 12 * 24 * 30;
/// Lambda looks into each of five queues with five pollers that wait for 20 seconds.
const POLLS: i64 = 5 * 5 * 3 * 60 * 24 * 30;
/// An invocation takes 20 ms of a quarter of a gigabyte, waiting for the table included.
const MILLISECONDS: i64 = 20;
const MEMORY_MB: i64 = 256;

/// The arithmetic, line by line.
pub(super) fn bill(costs: &Costs) -> String {
    let reminders = INVOICES * REMINDERS_PERCENT / 100;
    let of = |what: &str, times: i64| {
        let (reads, writes) = costs.units(what);
        (reads * Decimal::from(times), writes * Decimal::from(times))
    };
    let scan = "scan that finds 0 debtors in a book of 10,000";
    let units = [
        of("1,000 invoices of 200 debtors", INVOICES / 1_000),
        of("- counted by the projector, 1,000 invoices", INVOICES / 1_000),
        of("one payment, which settles the invoice", INVOICES),
        of("- counted by the projector, one payment", INVOICES),
        of("the same event of a provider again", INVOICES * (TOLD - 1)),
        of("one reminder, from scan to counted", reminders),
        of(scan, SCANS),
        of("five minutes of the stream in which one log moved, noted for its anchor", NOTES),
        of("a day of a tenant is anchored, 100 logs", 30),
    ];
    let reads: Decimal = units.iter().map(|(reads, _)| *reads).sum();
    let writes: Decimal = units.iter().map(|(_, writes)| *writes).sum();
    let calls = INVOICES / PER_CALL + INVOICES * TOLD;
    // What each commit sets off: the stream's batches hold a few records, a planned message one event and one delivery.
    let projected = (INVOICES / 5 + INVOICES + reminders * 3) / 5;
    let runs = calls + SCANS + SHARD_RUNS + projected + reminders / 2 + NOTES;
    let seconds = Decimal::from(runs * MILLISECONDS * MEMORY_MB) / Decimal::from(1_000 * 1_024);
    let events = INVOICES * 2 + reminders * 4;
    let lines = [
        (&WRITE, writes),
        (&READ, reads),
        (&MAIL, Decimal::from(reminders)),
        (&CALL, Decimal::from(calls)),
        (&RUN, Decimal::from(runs)),
        (&COMPUTE, seconds),
        (&EVENT, Decimal::from(events)),
        (&QUEUE, Decimal::from(reminders * 3 + SHARD_RUNS * 3 + POLLS)),
        (&LOG, Decimal::from(runs * 2)),
    ];
    table(&lines)
}

fn table(lines: &[(&Price, Decimal)]) -> String {
    let mut text =
        "| 10,000 invoices a month | quantity | dollars a million | dollars |\n| --- | ---: | ---: | ---: |\n"
            .to_owned();
    let mut sum = Decimal::ZERO;
    for (Price { what, unit, per_million }, quantity) in lines {
        let dollars = *quantity * per_million.parse::<Decimal>().unwrap() / Decimal::from(1_000_000);
        sum += dollars;
        writeln!(text, "| {what} | {} {unit} | {per_million} | {} |", quantity.round(), dollars.round_dp(2)).unwrap();
    }
    writeln!(text, "| **together** | | | **{}** |", sum.round_dp(2)).unwrap();
    text
}
