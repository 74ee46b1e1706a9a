//! Whatever is done to an export is found.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "in tests a panic is the report"
)]

use std::collections::BTreeMap;

use dunlin_audit::{
    Actor, Anchor, AnchorError, Anchors, Change, Digest, Export, Fault, Flaw, Head, Part, Record, Verified, Written,
    verify,
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
        let record = Record::new("demo", Some("C-1"), head, change);
        head = record.head();
        heads.push(head);
        log.push((record, written));
    }
    (log, heads)
}

fn export(log: &[(Record, Vec<Written>)], head: Head) -> Vec<u8> {
    part(log, Head::EMPTY, head, head)
}

/// The records of a log from `after` to `head`, of a log that ended at `whole`.
fn part(log: &[(Record, Vec<Written>)], after: Head, head: Head, whole: Head) -> Vec<u8> {
    let exported_at = "2026-04-01T00:00:00Z";
    let part = Part { tenant: "demo", debtor: Some("C-1"), exported_at, after, head, log: whole };
    let mut export = Export::begin(Vec::new(), part).unwrap();
    for (record, written) in log {
        export.add(record, written).unwrap();
    }
    export.end().unwrap()
}

/// The same log in parts, each of which ends with one of these records.
fn parts(log: &[(Record, Vec<Written>)], heads: &[Head], ends: &[usize]) -> Vec<Vec<u8>> {
    let (mut from, mut after) = (0, Head::EMPTY);
    let whole = *heads.last().unwrap();
    let cut = ends.iter().map(|end| {
        let head = heads[end - 1];
        let one = part(&log[from..*end], after, head, whole);
        (from, after) = (*end, head);
        one
    });
    cut.collect()
}

fn checked(file: &[u8], anchors: &Anchors) -> Result<Verified, Flaw> {
    verify(file, anchors).map_err(|Fault { flaw, .. }| flaw)
}

/// The anchor of a day on which the log stood there, after another one.
fn anchor(day: &str, previous: Option<&Anchor>, head: Head) -> Anchor {
    let heads = BTreeMap::from([(None, Head::EMPTY), (Some("C-1".to_owned()), head)]);
    Anchor::new("demo", day, previous.map(Anchor::reference), heads)
}

/// Anchors of the second and the fifth record.
fn two_anchors(heads: &[Head]) -> [Anchor; 2] {
    let first = anchor("2026-03-02", None, heads[1]);
    let second = anchor("2026-03-05", Some(&first), heads[4]);
    [first, second]
}

#[test]
fn what_was_recorded_is_verified() {
    let (log, heads) = log(5);
    let found = checked(&export(&log, heads[4]), &Anchors::new(two_anchors(&heads)).unwrap()).unwrap();
    assert_eq!((found.head, found.items, found.anchors), (heads[4], 8, 2));
    assert_eq!(checked(&export(&[], Head::EMPTY), &Anchors::default()).unwrap().head, Head::EMPTY);
    for anchor in two_anchors(&heads) {
        assert_eq!(Anchor::read(&anchor.write()), Ok(anchor));
    }
}

#[test]
fn anchors_that_do_not_hang_together_are_refused() {
    let (_, heads) = log(5);
    let [first, second] = two_anchors(&heads);
    let third = anchor("2026-03-06", Some(&second), heads[4]);
    let of = |anchors: &[&Anchor]| Anchors::new(anchors.iter().copied().cloned()).map(|anchors| anchors.len());
    assert_eq!(of(&[&third, &first, &second, &first]), Ok(3), "in any order, and one of them twice");
    assert_eq!(of(&[&first, &third]), Ok(2), "one is not at hand");
    let forged = anchor("2026-03-02", None, heads[2]);
    let broken = |day: &str, before: &str| Err(AnchorError::Broken { day: day.to_owned(), before: before.to_owned() });
    assert_eq!(of(&[&forged, &second]), broken("2026-03-05", "2026-03-02"));
    assert_eq!(of(&[&first, &forged]), Err(AnchorError::Twofold("2026-03-02".to_owned())));
    let skips_the_second = anchor("2026-03-06", Some(&first), heads[4]);
    assert_eq!(of(&[&first, &second, &skips_the_second]), broken("2026-03-06", "2026-03-05"));
    let begins_again = anchor("2026-03-06", None, heads[4]);
    assert_eq!(of(&[&second, &begins_again]), broken("2026-03-06", "2026-03-05"));
}

#[test]
fn a_record_that_is_removed_moved_inserted_or_cut_off_is_found() {
    let (log, heads) = log(5);
    let with = |change: &dyn Fn(&mut Log)| {
        let mut log = log.clone();
        change(&mut log);
        checked(&export(&log, heads[4]), &Anchors::default()).unwrap_err()
    };
    assert_eq!(with(&|log| drop(log.remove(1))), Flaw::OutOfOrder { found: 3, expected: 2 });
    assert_eq!(with(&|log| log.swap(1, 2)), Flaw::OutOfOrder { found: 3, expected: 2 });
    assert_eq!(with(&|log| log.insert(1, log[0].clone())), Flaw::OutOfOrder { found: 1, expected: 2 });
    assert_eq!(with(&|log| log.truncate(4)), Flaw::End { found: 4, expected: 5 });
    assert_eq!(with(&|log| log[3].0.why = None), Flaw::Edited);
    assert_eq!(with(&|log| drop(log[3].1.pop())), Flaw::History(4));
    assert_eq!(with(&|log| log[3].1[0] = item(4, "ENTRY", 1)), Flaw::History(4));
    let foreign = |log: &mut Log| log[0].0.debtor = Some("C-2".to_owned());
    assert_eq!(with(&foreign), Flaw::Foreign);
}

#[test]
fn a_log_that_is_written_anew_meets_no_anchor() {
    let (honest, heads) = log(5);
    let anchors = Anchors::new([anchor("2026-03-02", None, heads[1])]).unwrap();
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
        let record = Record::new("demo", Some("C-1"), head, change);
        head = record.head();
        forged.push((record, written.clone()));
    }
    let file = export(&forged, head);
    assert!(checked(&file, &Anchors::default()).is_ok(), "on its own it hangs together");
    assert_eq!(checked(&file, &anchors).unwrap_err(), Flaw::Anchor { day: "2026-03-02".to_owned(), seq: 2 });
}

#[test]
fn a_log_that_ends_before_an_anchor_is_found() {
    let (log, heads) = log(6);
    for (left, anchored) in (0..=6).flat_map(|left| (0..6).map(move |anchored| (left, anchored))) {
        let anchors = Anchors::new([anchor("2026-03-05", None, heads[anchored])]).unwrap();
        let head = if left == 0 { Head::EMPTY } else { heads[left - 1] };
        let met = checked(&export(&log[..left], head), &anchors).map(|found| found.anchors);
        let cut_off = Flaw::CutOff { found: head.seq, anchored: heads[anchored].seq, day: "2026-03-05".to_owned() };
        assert_eq!(met, if left > anchored { Ok(1) } else { Err(cut_off) });
    }
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
    let record = Record::new("demo", Some("C-1"), log[1].0.head(), change);
    let head = record.head();
    log.push((record, Vec::new()));
    assert_eq!(checked(&export(&log, head), &Anchors::default()).unwrap_err(), Flaw::ChangedOutside);
}

#[test]
fn parts_that_are_put_together_are_the_file_and_none_may_be_missing_doubled_or_moved() {
    let (log, heads) = log(6);
    let parts = parts(&log, &heads, &[2, 3, 6]);
    let of = |order: &[usize]| {
        let file: Vec<u8> = order.iter().flat_map(|part| parts[*part].clone()).collect();
        checked(&file, &Anchors::default()).map(|found| (found.head, found.items))
    };
    assert_eq!(of(&[0, 1, 2]), Ok((heads[5], 10)));
    assert_eq!(of(&[0, 1]), Err(Flaw::End { found: 3, expected: 6 }));
    assert_eq!(of(&[1, 2]), Err(Flaw::Part { found: 2, expected: 0 }));
    assert_eq!(of(&[0, 2]), Err(Flaw::Part { found: 3, expected: 2 }));
    assert_eq!(of(&[0, 0, 1, 2]), Err(Flaw::Part { found: 0, expected: 2 }));
    assert_eq!(of(&[0, 2, 1]), Err(Flaw::Part { found: 3, expected: 2 }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_byte_that_is_changed_is_found(at: prop::sample::Index, to: u8) {
        let (log, heads) = log(4);
        let mut file = parts(&log, &heads, &[1, 4]).concat();
        let at = at.index(file.len());
        prop_assume!(file[at] != to);
        file[at] = to;
        prop_assert!(verify(file.as_slice(), &Anchors::default()).is_err(), "byte {at} became {to}");
    }

    #[test]
    fn a_byte_of_an_anchor_that_is_changed_is_found(at: prop::sample::Index, to: u8) {
        let (_, heads) = log(5);
        let mut file = two_anchors(&heads)[1].write();
        let at = at.index(file.len());
        prop_assume!(file[at] != to);
        file[at] = to;
        prop_assert!(Anchor::read(&file).is_err(), "byte {at} became {to}");
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
        prop_assert!(unchanged || verify(file.as_slice(), &Anchors::default()).is_err());
    }
}
