//! How fast files are taken in, and what a row costs, on an embedded DynamoDB:
//! `cargo bench -p dunlin-tests --bench load -- 10000 100000`. A million rows want some 10 GB of memory, which is the
//! embedded table's and not the worker's: what the worker takes is seen in the dry run, which writes nothing.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark reports so")]

#[path = "../it/world/mod.rs"]
#[expect(dead_code, unused_imports, reason = "tests use the rest of it")]
mod world;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use dunlin_local::generate::{GenerateMany, generate_many};
use dunlin_testkit::TestTable;
use dunlin_testkit::bill::Bill;
use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::json;
use world::{TENANT, World, call};

fn main() {
    let wanted: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    // Among the tests it only has to work.
    let small = if std::env::args().any(|argument| argument == "--bench") { 10_000 } else { 500 };
    let wanted = if wanted.is_empty() { vec![small] } else { wanted };
    println!(
        "| rows | what | seconds | rows a second | requests a row | read units a row | write units a row | memory MB |"
    );
    println!("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for rows in wanted {
        runtime.block_on(measure(rows));
    }
}

/// A file of so many rows: first as a dry run, then in earnest, then once more.
async fn measure(rows: u64) {
    let out = std::env::temp_dir().join(format!("dunlin-load-{}", std::process::id()));
    let debtors = rows.div_ceil(10);
    let many = GenerateMany { seed: 7, invoices: rows, debtors, from: date(2026, 1, 1), days: 90, out: out.clone() };
    generate_many(&many).unwrap();
    let file = read(&out.join("invoices.csv"));
    fs::remove_dir_all(&out).unwrap();
    let world = World::on(TestTable::start().await.for_many_writes(), false).await;
    let before = memory_mb("VmRSS");
    // An import's id is of its moment, and each is one of its own.
    for (name, dry_run, at) in [
        ("dry run", true, "2026-06-01T08:00:00Z"),
        ("import", false, "2026-06-01T09:00:00Z"),
        ("the same again", false, "2026-06-01T10:00:00Z"),
    ] {
        world.set_clock(at);
        drop(world.table.dynamo().take_bill());
        let since = Instant::now();
        let answer = import(&world, &file, dry_run).await;
        let taken = since.elapsed();
        assert_eq!((&answer["state"], &answer["rejected"]), (&json!("done"), &json!(0)), "{answer}");
        let memory = if dry_run { memory_mb("VmHWM").saturating_sub(before) } else { memory_mb("VmHWM") };
        report(rows, name, taken, &world.table.dynamo().take_bill(), memory);
    }
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap()
}

/// From the call that asks for an address to the answer that it is done.
async fn import(world: &World, file: &[u8], dry_run: bool) -> serde_json::Value {
    let body = json!({ "kind": "invoices", "dry_run": dry_run });
    let (status, posted) = world.call_ingest(call("POST /v1/imports", Some(TENANT), &body)).await;
    assert_eq!(status, 201, "{posted}");
    let id = posted["id"].as_str().unwrap();
    let event = world.put(&format!("imports/{TENANT}/uploads/{id}.csv"), file);
    world.ingest_event(event).await.unwrap();
    while let Some(work) = world.outside.next_import_work() {
        world.import_step(&work).await;
        world.outside.drop_import_work(&work);
    }
    let get = world::call_to("GET /v1/imports/{id}", Some(TENANT), &json!({ "id": id }), &json!({}), "");
    world.call_ingest(get).await.1
}

fn report(rows: u64, what: &str, taken: Duration, bill: &Bill, memory: u64) {
    let total = bill.total();
    let a_row = |units: Decimal| (units / Decimal::from(rows)).round_dp(2).normalize();
    let milliseconds = u64::try_from(taken.as_millis()).unwrap().max(1);
    println!(
        "| {rows} | {what} | {}.{:01} | {} | {} | {} | {} | {memory} |",
        milliseconds / 1_000,
        milliseconds % 1_000 / 100,
        rows * 1_000 / milliseconds,
        a_row(Decimal::from(total.requests)),
        a_row(total.read_units),
        a_row(total.write_units),
    );
}

/// This process's memory in MB, as the kernel counts it; 0 where it does not say.
fn memory_mb(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
