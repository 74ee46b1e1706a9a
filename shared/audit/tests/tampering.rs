//! Whatever is done to an export is found.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "in tests a panic is the report"
)]

use std::collections::BTreeMap;

use dunlin_audit::{
    Actor, Anchor, AnchoredHead, Change, Digest, Export, Fault, Flaw, Head, Record, Verified, Written, verify,
};
use proptest::prelude::*;
use serde_json::json;

/// What a record writes.
fn item(n: u64, kind: &str, amount: u64) -> Written {
    let body = BTreeMap::from([
        ("amount".to_owned(), json!(amount)),
        ("lines".to_owned(), json!([{ "kind": kind, "amount": amount }])),
    ]);
    Written::new(format!("PAST#{n:04}#{kind}"), body)
}

/// Records, each with what it wrote.
type Log = Vec<(Record, Vec<Written>)>;

/// A log of so many records, the third of which writes nothing, and where it stood after each.
fn log(records: u64) -> (Log, Vec<Head>) {
    let (mut head, mut state) = (Head::EMPTY, Digest::NONE);
    let (mut log, mut heads) = (Vec::new(), Vec::new());
    for n in 1..=records {
        let item = |kind: &str| item(n, kind, n * 100);
        let written = if n == 3 { Vec::new() } else { vec![item("ENTRY"), item("DECISION")] };
        let change = Change {
            at: format!("2026-03-{:02}T08:00:00Z", n % 28 + 1),
            actor: Actor { kind: "system".to_owned(), id: "aging-scan".to_owned() },
            what: vec!["message.planned".to_owned()],
            why: (n % 2 == 0).then(|| "a \"reason\" with ü".to_owned()),
            before: state,
            after: Digest::of(&n.to_be_bytes()),
            shape: 1,
            written: Written::digest(&written),
        };
        state = change.after;
        let record = Record::new("demo", "C-1", head, change);
        head = record.head();
        heads.push(head);
        log.push((record, written));
    }
    (log, heads)
}

fn export(log: &[(Record, Vec<Written>)], head: Head) -> Vec<u8> {
    let mut export = Export::begin(Vec::new(), "demo", "C-1", "2026-04-01T00:00:00Z", head).unwrap();
    for (record, written) in log {
        export.add(record, written).unwrap();
    }
    export.end().unwrap()
}

fn checked(file: &[u8], anchors: &[Anchor]) -> Result<Verified, Flaw> {
    verify(file, anchors).map_err(|Fault { flaw, .. }| flaw)
}

fn anchor(day: &str, head: Head) -> Anchor {
    let heads = vec![AnchoredHead { debtor: "C-1".to_owned(), head }];
    Anchor { tenant: "demo".to_owned(), day: day.to_owned(), heads }
}

#[test]
fn what_was_recorded_is_verified() {
    let (log, heads) = log(5);
    let anchors = [anchor("2026-03-02", heads[1]), anchor("2026-03-05", heads[4])];
    let found = checked(&export(&log, heads[4]), &anchors).unwrap();
    assert_eq!((found.head, found.items, found.anchors), (heads[4], 8, 2));
    assert_eq!(checked(&export(&[], Head::EMPTY), &[]).unwrap().head, Head::EMPTY);
    let read = Anchor::read(&anchors[0].write()).unwrap();
    assert_eq!(read, anchors[0]);
}

#[test]
fn a_record_that_is_removed_moved_inserted_or_cut_off_is_found() {
    let (log, heads) = log(5);
    let with = |change: &dyn Fn(&mut Log)| {
        let mut log = log.clone();
        change(&mut log);
        checked(&export(&log, heads[4]), &[]).unwrap_err()
    };
    assert_eq!(with(&|log| drop(log.remove(1))), Flaw::OutOfOrder { found: 3, expected: 2 });
    assert_eq!(with(&|log| log.swap(1, 2)), Flaw::OutOfOrder { found: 3, expected: 2 });
    assert_eq!(with(&|log| log.insert(1, log[0].clone())), Flaw::OutOfOrder { found: 1, expected: 2 });
    assert_eq!(with(&|log| log.truncate(4)), Flaw::End { found: 4, expected: 5 });
    assert_eq!(with(&|log| log[3].0.why = None), Flaw::Edited);
    assert_eq!(with(&|log| drop(log[3].1.pop())), Flaw::History(4));
    assert_eq!(with(&|log| log[3].1[0] = item(4, "ENTRY", 1)), Flaw::History(4));
    let foreign = |log: &mut Log| log[0].0.debtor = "C-2".to_owned();
    assert_eq!(with(&foreign), Flaw::Foreign);
}

#[test]
fn a_log_that_is_written_anew_meets_no_anchor() {
    let (honest, heads) = log(5);
    let anchors = [anchor("2026-03-02", heads[1])];
    let mut forged = Vec::new();
    let (mut head, mut state) = (Head::EMPTY, Digest::NONE);
    for (record, written) in honest.iter().filter(|(record, _)| record.seq != 2) {
        let change = Change {
            at: record.at.clone(),
            actor: record.actor.clone(),
            what: record.what.clone(),
            why: record.why.clone(),
            before: state,
            after: record.after,
            shape: 1,
            written: record.written,
        };
        state = change.after;
        let record = Record::new("demo", "C-1", head, change);
        head = record.head();
        forged.push((record, written.clone()));
    }
    let file = export(&forged, head);
    assert!(checked(&file, &[]).is_ok(), "on its own it hangs together");
    assert_eq!(checked(&file, &anchors).unwrap_err(), Flaw::Anchor { day: "2026-03-02".to_owned(), seq: 2 });
    let cut = export(&honest[..1], heads[0]);
    assert_eq!(checked(&cut, &anchors).unwrap_err(), Flaw::End { found: 1, expected: 2 });
}

#[test]
fn a_state_that_was_changed_outside_is_found() {
    let (mut log, _) = log(2);
    let change = Change {
        at: "2026-03-04T00:00:00Z".to_owned(),
        actor: log[0].0.actor.clone(),
        what: Vec::new(),
        why: None,
        before: Digest::of(b"another"),
        after: Digest::of(b"after"),
        shape: 1,
        written: Written::digest(&[]),
    };
    let record = Record::new("demo", "C-1", log[1].0.head(), change);
    let head = record.head();
    log.push((record, Vec::new()));
    assert_eq!(checked(&export(&log, head), &[]).unwrap_err(), Flaw::ChangedOutside);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_byte_that_is_changed_is_found(at: prop::sample::Index, to: u8) {
        let (log, heads) = log(4);
        let mut file = export(&log, heads[3]);
        let at = at.index(file.len());
        prop_assume!(file[at] != to);
        file[at] = to;
        prop_assert!(verify(file.as_slice(), &[]).is_err(), "byte {at} became {to}");
    }

    #[test]
    fn a_byte_that_is_removed_or_added_is_found(at: prop::sample::Index, byte: Option<u8>) {
        let (log, heads) = log(4);
        let mut file = export(&log, heads[3]);
        match byte {
            Some(byte) => file.insert(at.index(file.len() + 1), byte),
            None => drop(file.remove(at.index(file.len()))),
        }
        let unchanged = file == export(&log, heads[3]);
        prop_assert!(unchanged || verify(file.as_slice(), &[]).is_err());
    }
}
