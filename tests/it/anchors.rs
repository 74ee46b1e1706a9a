//! Anchors: where each log ended on a day, put where nobody can change it, so that a log cannot be cut off.

use dunlin_audit::{Anchor, Anchors, Flaw, verify};
use dunlin_aws::store::AuditRange;
use dunlin_testkit::build::{debtor, draft, tenant};
use serde_json::{Value, json};

use crate::world::{TENANT, World, killed_after, stream_event, text};

impl World {
    /// Gives what the stream has told to the function, as one batch.
    pub(crate) async fn note(&self) {
        self.project().await;
        let told = std::mem::take(&mut *self.to_note.lock().unwrap());
        if !told.is_empty() {
            self.invoke(self.anchoring.handle(audit_anchor::Trigger::Stream(stream_event(&told)))).await.unwrap();
        }
    }

    /// The scheduler's event of this time.
    pub(crate) async fn anchor_at(&self, time: &str) -> Result<(), audit_anchor::AnchoringError> {
        self.set_clock(time);
        let tick = serde_json::from_value(json!({ "time": time })).unwrap();
        self.invoke(self.anchoring.handle(tick)).await
    }

    fn anchor_file(&self, tenant: &str, day: &str) -> Option<Vec<u8>> {
        self.outside.objects.lock().unwrap().get(&format!("anchors/{tenant}/{day}.json")).cloned()
    }

    /// The anchors of these days.
    fn anchors(&self, days: &[&str]) -> Anchors {
        let read = |day: &&str| Anchor::read(&self.anchor_file(TENANT, day).unwrap()).unwrap();
        Anchors::new(days.iter().map(read)).unwrap()
    }

    async fn anchor_export(&self, id: &str) -> Vec<u8> {
        let log = self.table.store().export_audit(&tenant(TENANT), &debtor(id), AuditRange::WHOLE, self.now()).await;
        log.unwrap().unwrap().file
    }

    async fn owes(&self, debtor: &str, number: &str) {
        self.has([draft(debtor, number).issued("2026-02-01").due("2026-03-30").build()]).await;
    }
}

/// The debtors of an anchor.
fn debtors(file: &[u8]) -> Vec<String> {
    Anchor::read(file).unwrap().heads().iter().filter_map(|one| one.debtor.clone()).collect()
}

/// `C1` changed on Monday and on Wednesday, `C2` on Monday; nobody did on Tuesday.
async fn three_days() -> World {
    let world = World::start().await;
    world.set_clock("2026-03-02T09:00:00Z");
    world.owes("C1", "I1").await;
    world.owes("C2", "I2").await;
    world.note().await;
    world.set_clock("2026-03-04T09:00:00Z");
    world.owes("C1", "I3").await;
    world.note().await;
    world
}

#[tokio::test]
async fn each_day_the_logs_that_moved_are_anchored_and_no_others() {
    let world = three_days().await;
    for day in ["2026-03-03T01:15:00Z", "2026-03-04T01:15:00Z", "2026-03-05T01:15:00Z"] {
        world.anchor_at(day).await.unwrap();
    }
    assert_eq!(debtors(&world.anchor_file(TENANT, "2026-03-02").unwrap()), ["C1", "C2"]);
    assert_eq!(world.anchor_file(TENANT, "2026-03-03"), None);
    assert_eq!(debtors(&world.anchor_file(TENANT, "2026-03-04").unwrap()), ["C1"]);
    let anchors = world.anchors(&["2026-03-02", "2026-03-04"]);
    let met = verify(world.anchor_export("C1").await.as_slice(), &anchors).unwrap().anchors;
    assert_eq!(met, 2);
    assert_eq!(verify(world.anchor_export("C2").await.as_slice(), &anchors).unwrap().anchors, 1);
}

#[tokio::test]
async fn a_log_that_is_cut_off_does_not_meet_its_anchor() {
    let world = three_days().await;
    let whole = world.anchor_export("C1").await;
    world.owes("C1", "I4").await;
    world.note().await;
    world.anchor_at("2026-03-05T01:15:00Z").await.unwrap();
    assert_eq!(verify(whole.as_slice(), &Anchors::default()).map(|found| found.head.seq), Ok(2));
    let cut = verify(whole.as_slice(), &world.anchors(&["2026-03-04"])).unwrap_err().flaw;
    assert_eq!(cut, Flaw::CutOff { found: 2, anchored: 3, day: "2026-03-04".to_owned() });
}

#[tokio::test]
async fn days_that_were_missed_are_anchored_in_their_order() {
    let world = three_days().await;
    world.anchor_at("2026-03-05T01:15:00Z").await.unwrap();
    let in_time = three_days().await;
    in_time.anchor_at("2026-03-03T01:15:00Z").await.unwrap();
    in_time.anchor_at("2026-03-05T01:15:00Z").await.unwrap();
    for day in ["2026-03-02", "2026-03-04"] {
        assert_eq!(world.anchor_file(TENANT, day), in_time.anchor_file(TENANT, day), "{day}");
    }
    let second = Anchor::read(&world.anchor_file(TENANT, "2026-03-04").unwrap()).unwrap();
    let first = Anchor::read(&world.anchor_file(TENANT, "2026-03-02").unwrap()).unwrap();
    assert_eq!(second.previous(), Some(&first.reference()));
}

#[tokio::test]
async fn what_is_told_late_is_anchored_late_and_the_day_stays_as_it_is() {
    let world = World::start().await;
    world.set_clock("2026-03-02T09:00:00Z");
    world.owes("C1", "I1").await;
    world.note().await;
    world.owes("C2", "I2").await;
    world.anchor_at("2026-03-03T01:15:00Z").await.unwrap();
    world.note().await;
    world.anchor_at("2026-03-03T02:00:00Z").await.unwrap();
    world.anchor_at("2026-03-04T01:15:00Z").await.unwrap();
    assert_eq!(debtors(&world.anchor_file(TENANT, "2026-03-02").unwrap()), ["C1"]);
    assert_eq!(debtors(&world.anchor_file(TENANT, "2026-03-03").unwrap()), ["C2"]);
}

#[tokio::test]
async fn a_run_that_dies_anywhere_leaves_the_same_bytes_once_it_is_repeated() {
    let whole = three_days().await;
    whole.anchor_at("2026-03-03T01:15:00Z").await.unwrap();
    whole.anchor_at("2026-03-05T01:15:00Z").await.unwrap();
    whole.anchor_at("2026-03-05T01:15:00Z").await.unwrap();
    let wanted = whole.outside.objects.lock().unwrap().clone();
    for polls in 1..200 {
        let world = three_days().await;
        world.anchor_at("2026-03-03T01:15:00Z").await.unwrap();
        let done = killed_after(polls, world.anchor_at("2026-03-05T01:15:00Z")).await;
        world.beside().anchor_at("2026-03-05T01:15:00Z").await.unwrap();
        assert_eq!(*world.outside.objects.lock().unwrap(), wanted, "died after {polls} polls");
        if done.is_some() {
            assert!(polls > 10, "{polls}");
            return;
        }
    }
    panic!("a run takes more polls");
}

#[tokio::test]
async fn a_batch_may_come_again_whole_or_in_halves() {
    let world = World::start().await;
    world.set_clock("2026-03-02T09:00:00Z");
    for n in 0..4 {
        world.owes(&format!("C{n}"), &format!("I{n}")).await;
    }
    world.project().await;
    let told = world.to_note.lock().unwrap().clone();
    world.note().await;
    let (first, second) = told.split_at(2);
    for half in [second, first] {
        world.anchoring.handle(audit_anchor::Trigger::Stream(stream_event(half))).await.unwrap();
    }
    world.anchor_at("2026-03-03T01:15:00Z").await.unwrap();
    assert_eq!(debtors(&world.anchor_file(TENANT, "2026-03-02").unwrap()), ["C0", "C1", "C2", "C3"]);
    for n in 0..4 {
        let log = world.anchor_export(&format!("C{n}")).await;
        assert_eq!(verify(log.as_slice(), &world.anchors(&["2026-03-02"])).unwrap().anchors, 1);
    }
}

#[tokio::test]
async fn what_cannot_be_read_keeps_nothing_else_from_being_noted() {
    let world = World::start().await;
    world.set_clock("2026-03-02T09:00:00Z");
    world.owes("C1", "I1").await;
    world.owes("C2", "I2").await;
    world.project().await;
    let mut told: Vec<Value> = std::mem::take(&mut *world.to_note.lock().unwrap());
    told[0]["dynamodb"]["NewImage"]["log"]["M"]["hash"] = json!({ "S": "nothing" });
    let noted = world.anchoring.handle(audit_anchor::Trigger::Stream(stream_event(&told))).await;
    assert!(noted.unwrap_err().to_string().contains("T#demo#D#C1"));
    world.anchor_at("2026-03-03T01:15:00Z").await.unwrap();
    assert_eq!(debtors(&world.anchor_file(TENANT, "2026-03-02").unwrap()), ["C2"]);
}

#[tokio::test]
async fn an_anchor_that_says_something_else_stays_and_holds_up_no_other_tenant() {
    let world = three_days().await;
    world.table.add_tenant("other", &[]).await;
    let tenancy = world.table.tenancy(&tenant("other")).await;
    let one = draft("C9", "I9").issued("2026-02-01").due("2026-03-30").build();
    world.table.books().record_invoices(&tenancy, &debtor("C9"), &[one], None, world.now()).await.unwrap();
    world.note().await;
    let forged = b"{}".to_vec();
    world.outside.objects.lock().unwrap().insert(format!("anchors/{TENANT}/2026-03-02.json"), forged.clone());
    for _ in 0..2 {
        let error = world.anchor_at("2026-03-05T01:15:00Z").await.unwrap_err().to_string();
        assert!(error.contains("1 tenants") && error.contains("anchors/demo/2026-03-02.json"), "{error}");
    }
    assert_eq!(world.anchor_file(TENANT, "2026-03-02"), Some(forged));
    assert_eq!(world.anchor_file(TENANT, "2026-03-04"), None, "anchors follow one another");
    assert_eq!(debtors(&world.anchor_file("other", "2026-03-04").unwrap()), ["C9"]);
    world.outside.objects.lock().unwrap().remove(&format!("anchors/{TENANT}/2026-03-02.json"));
    world.anchor_at("2026-03-06T01:15:00Z").await.unwrap();
    assert_eq!(world.anchors(&["2026-03-02", "2026-03-04"]).len(), 2);
    let notes = world.table.items().await.into_iter().filter(|item| text(item, "PK").starts_with("DEPLOYMENT#MOVED"));
    assert!(notes.clone().count() >= 2 && notes.into_iter().all(|note| note["expires_at"].is_i64()));
}
