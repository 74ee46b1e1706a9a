//! A history drawn from a seed: what callers hand in, what AWS delivers, what fails and when functions die.

use dunlin_testkit::build::draft;
use dunlin_testkit::dice::Dice;
use dunlin_testkit::faults::Faults;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::event::Event;
use super::scenario::{document, family, payment};
use crate::stripe::{NOON, charge, dispute, event, intent, invoice};
use crate::world::{SesAnswer, World, sqs};

/// The function that a history makes life hard for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Ingest,
    Scan,
    Dispatch,
    Webhook,
    Api,
    Projector,
}

const FUNCTIONS: [Function; 6] =
    [Function::Ingest, Function::Scan, Function::Dispatch, Function::Webhook, Function::Api, Function::Projector];
/// Invoices `N0` to `N8` of three debtors, due from 1 to 9 March.
const INVOICES: u64 = 9;
/// Payments `P0` to `P5`.
const PAYMENTS: u64 = 6;
const STEPS: u64 = 12;
const RECORDS_PER_BATCH: usize = 10;

/// A world, and what waits to be handed to its functions.
pub(super) struct History {
    pub(super) world: World,
    pub(super) dice: Dice,
    function: Function,
    waiting: Vec<Event>,
    /// The stream from where the projector has got to, in order.
    stream: Vec<Value>,
    /// What callers have handed in.
    pub(super) told: Vec<Event>,
    /// The latest that any clock has shown.
    latest: Timestamp,
}

impl History {
    pub(super) async fn begin(function: Function, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let world = if dice.one_in(2) { World::start().await } else { World::without_retries().await };
        world.set_clock("2026-03-03T10:30:00Z");
        let late = if function == Function::Dispatch { 4 } else { 2 };
        world.has((0..late).map(|n| draft(&format!("C{n}"), &format!("L{n}")).build())).await;
        if function == Function::Dispatch {
            world.scan_at("2026-03-03T11:00:00Z").await;
            world.project().await;
        }
        if dice.one_in(3) {
            family(&world).await;
        }
        let latest = world.now();
        Self { world, dice, function, waiting: Vec::new(), stream: Vec::new(), told: Vec::new(), latest }
    }

    pub(super) async fn run(&mut self) {
        for _ in 0..STEPS + self.dice.below(STEPS) {
            let function = if self.dice.one_in(2) { self.function } else { self.dice.pick(&FUNCTIONS) };
            self.pass_time();
            self.turn(function).await;
            self.collect();
        }
    }

    /// Clocks go on, stand, and now and then jump back.
    fn pass_time(&mut self) {
        let minutes = self.dice.pick(&[0, 0, 0, 0, 1, 6, 6, 30, 90, -60]);
        self.world.wait(SignedDuration::from_mins(minutes));
        if self.dice.one_in(10) {
            let today = jiff::tz::TimeZone::UTC.to_datetime(self.world.now()).date();
            self.world.set_clock(&format!("{}T08:00:00Z", today.tomorrow().unwrap()));
        }
        self.latest = self.latest.max(self.world.now());
    }

    /// Something for a function to do: new, or handed over again.
    async fn turn(&mut self, function: Function) {
        let waits = |event: &Event| for_whom(event) == function;
        let again = self.waiting.iter().position(waits).filter(|_| self.dice.one_in(2));
        if let Some(place) = again {
            let event = self.waiting.remove(place);
            return self.deliver(event).await;
        }
        match function {
            // One that is refused may be carried out when it comes again, and there is credit then.
            Function::Api => {
                let call = if self.dice.one_in(3) { self.amendment() } else { self.order() };
                self.deliver(call).await;
            }
            Function::Ingest | Function::Webhook => {
                let event = if function == Function::Ingest { self.documents() } else { self.money() };
                self.told.push(event.clone());
                self.deliver(event).await;
            }
            Function::Scan => {
                let now = self.world.now().as_second();
                let hour = Timestamp::from_second(now - now.rem_euclid(3_600)).unwrap();
                self.deliver(Event::Scan(json!({ "time": hour.to_string() }))).await;
            }
            Function::Dispatch => {
                let refusals = [SesAnswer::Throttled, SesAnswer::Refused, SesAnswer::TimedOut];
                let answers = [[SesAnswer::Taken; 3], [SesAnswer::Lost; 3], refusals].concat();
                if self.function == Function::Dispatch && self.dice.one_in(3) {
                    self.world.outside.answer(self.dice.pick(&answers));
                }
                let mut queue = self.world.take_queue();
                if self.dice.one_in(2) {
                    // Some come later.
                    let later = queue.split_off(queue.len().div_ceil(2));
                    self.world.queue.lock().unwrap().extend(later);
                }
                if let Some(first) = queue.first().cloned().filter(|_| self.dice.one_in(3)) {
                    queue.push(first);
                }
                if !queue.is_empty() {
                    self.deliver(Event::Planned(queue)).await;
                }
            }
            Function::Projector => self.read_stream().await,
        }
    }

    /// The stream stays where it is until a batch is done; then the next batch may be of any size.
    async fn read_stream(&mut self) {
        let size = self.stream.len().min(1 + self.dice.index(RECORDS_PER_BATCH));
        if size == 0 {
            return;
        }
        if self.function == Function::Projector && self.dice.one_in(4) {
            *self.world.outside.bus_failures.lock().unwrap() = 1;
        }
        let batch = Event::Stream(self.stream[..size].to_vec());
        if self.hand(&batch).await.is_none() {
            self.stream.drain(..size);
            // Someone may redrive it later.
            if self.dice.one_in(4) {
                self.waiting.push(batch);
            }
        }
    }

    async fn deliver(&mut self, event: Event) {
        let left = self.hand(&event).await;
        // What was taken may come once more.
        let twice = self.dice.one_in(5).then_some(event);
        self.waiting.extend(left.into_iter().chain(twice));
    }

    /// Hands an event over; the function that the history is about may die of it, or find its services failing.
    async fn hand(&mut self, event: &Event) -> Option<Event> {
        let sent = self.world.mails().len();
        let troubled = for_whom(event) == self.function;
        if troubled && self.dice.one_in(2) {
            let (seed, one_in) = (self.dice.below(u64::MAX), 3 + self.dice.below(6));
            self.world.table.dynamo().fail(Faults::random(seed, one_in));
            *self.world.outside.faults.lock().unwrap() = Faults::random(seed + 1, one_in);
        }
        let left = if troubled && self.dice.one_in(2) {
            let polls = 1 + self.dice.index(40);
            self.world.hand_and_kill(event, polls).await.1
        } else {
            self.world.hand(event).await
        };
        self.world.table.dynamo().fail(Faults::none());
        *self.world.outside.faults.lock().unwrap() = Faults::none();
        self.world.assert_right(sent).await;
        left
    }

    fn collect(&mut self) {
        self.stream.extend(self.world.table.new_heads());
        self.waiting.extend(self.world.outside.take_scan_work().into_iter().map(|work| Event::Scan(sqs(&[work]))));
        for (kind, detail) in self.world.outside.take_bus() {
            if kind == "message.planned" {
                self.world.queue.lock().unwrap().push(crate::world::envelope(&kind, &detail));
            }
        }
    }

    /// One to four documents, each the same whenever it comes, by a call or as a file.
    fn documents(&mut self) -> Event {
        let documents: Vec<Value> = (0..1 + self.dice.below(4)).map(|_| self.document()).collect();
        if self.dice.one_in(4) {
            let name = format!("{}.csv", self.told.len());
            let file = super::scenario::file(&documents);
            self.world.outside.objects.lock().unwrap().insert(format!("imports/demo/{name}"), file.into_bytes());
            return Event::File(name);
        }
        Event::Invoices(documents.into())
    }

    fn document(&mut self) -> Value {
        let n = self.dice.below(INVOICES);
        let of = format!("C{}", n % 3);
        if self.dice.one_in(5) {
            return json!({
                "document": "credit_note", "debtor_ref": of, "invoice_number": format!("CN{n}"),
                "issue_date": "2026-02-10", "currency": "EUR", "amount": "20.00", "applies_to": format!("N{n}"),
            });
        }
        document(&of, &format!("N{n}"), &format!("2026-03-0{}", 1 + n), "100.00")
    }

    /// A report of the tenant's or an event of Stripe's. What is told joins in any order.
    fn money(&mut self) -> Event {
        if self.dice.one_in(2) {
            return Event::Stripe(self.stripe());
        }
        let payments = (0..1 + self.dice.below(3)).map(|_| {
            let n = self.dice.below(PAYMENTS);
            let (field, of) =
                if n == 5 { ("debtor_ref", "C0".to_owned()) } else { ("invoice_number", format!("N{n}")) };
            let mut paid = payment(&format!("P{n}"), field, &of, if n.is_multiple_of(2) { "100.00" } else { "130.00" });
            if self.dice.one_in(4) {
                paid["refunded"] = json!("40.00");
            }
            if self.dice.one_in(4) {
                paid["chargeback"] = json!(self.dice.pick(&["open", "won", "lost"]));
            }
            paid
        });
        Event::Payments(payments.collect())
    }

    /// An order about the credit of one of the debtors, a few times the same one.
    fn order(&mut self) -> Event {
        let (debtor, key) = (format!("C{}", self.dice.below(3)), format!("order-{}", self.dice.below(4)));
        Event::Credit(debtor, key, json!({ "currency": "EUR" }))
    }

    /// One of the debtors changes its group, or what it may owe.
    fn amendment(&mut self) -> Event {
        let (debtor, key) = (format!("C{}", self.dice.below(3)), format!("patch-{}", self.dice.below(9)));
        let limits = json!({ "EUR": format!("{}.00", self.dice.below(300)) });
        let parent = self.dice.pick(&[Some("TOP"), Some("C0"), Some("C1"), None]);
        let moves = self.dice.one_in(2);
        let patch = if moves { json!({ "parent_ref": parent }) } else { json!({ "credit_limits": limits }) };
        Event::Amended(debtor, key, patch)
    }

    fn stripe(&mut self) -> Value {
        let kind = self.dice.below(6);
        let n = 1 + u32::try_from(self.dice.below(2)).unwrap();
        let (created, pi) = (NOON - 900 + i64::try_from(kind).unwrap(), format!("pi_{n}"));
        let (name, object) = match kind {
            0 => ("invoice.finalized", invoice(n, "open", 0)),
            1 => ("payment_intent.processing", intent(&pi, n, 10_000, 0)),
            2 => ("payment_intent.succeeded", intent(&pi, n, 10_000, 10_000)),
            3 => ("charge.refunded", charge(&pi, n, 10_000, 2_500)),
            4 => ("charge.dispute.created", dispute(&pi, 10_000, "needs_response")),
            _ => ("customer.created", json!({ "id": format!("cus_{n}") })),
        };
        event(&format!("evt_{kind}_{n}"), name, created, object)
    }

    /// All is well from now on: what waits is handed over until it is taken, and two mornings later nothing is left.
    pub(super) async fn come_to_rest(&mut self) {
        self.world.mend();
        self.world.set_clock(&self.latest.to_string());
        while !self.stream.is_empty() {
            self.read_stream().await;
        }
        for event in std::mem::take(&mut self.waiting) {
            self.world.hand_again(Some(event)).await;
        }
        let today = jiff::tz::TimeZone::UTC.to_datetime(self.world.now()).date();
        for hour in ["08:00", "09:00", "17:00"] {
            self.world.hour(&format!("{}T{hour}:00Z", today.tomorrow().unwrap())).await;
        }
    }
}

fn for_whom(event: &Event) -> Function {
    match event {
        Event::Invoices(_) | Event::File(_) => Function::Ingest,
        Event::Payments(_) | Event::Stripe(_) => Function::Webhook,
        Event::Credit(..) | Event::Amended(..) | Event::Held(..) | Event::Unsubscribed(_) => Function::Api,
        Event::Scan(_) => Function::Scan,
        // What is said of messages comes in no history: it has its own test of every order.
        Event::Planned(_) | Event::Heard(_) => Function::Dispatch,
        Event::Stream(_) => Function::Projector,
    }
}
