//! A round: some debtors for five weeks. The hour strikes, messages come from their queues late, twice and in any
//! order, functions die and services fail, and facts come in between. At the end all is well, and everything comes to rest.

use dunlin_testkit::dice::Dice;
use dunlin_testkit::faults::Faults;
use dunlin_testkit::table::is_watched;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

use super::figures::Figures;
use super::judge::{Fact, Judge};
use super::people::{Person, working_day};
use crate::faults::HANDED_AGAIN_AFTER;
use crate::faults::event::Event;
use crate::faults::two_at_once::at_once;
use crate::world::{Service, World, envelope, killed_after, sqs};

/// The days of a round, over which courtesies, reminders, calls and final notices come due.
const FIRST_DAY: Date = date(2026, 2, 27);
const DAYS: i32 = 35;
/// When the scan runs on a working day, and at a weekend; the whole number of hours makes no difference to the ladder.
const HOURS: [i8; 7] = [3, 8, 9, 13, 15, 17, 21];
const HOURS_AT_WEEKENDS: [i8; 1] = [14];
/// What waits in the queues has so long until the scan runs again.
const BETWEEN_SCANS: SignedDuration = SignedDuration::from_mins(50);
/// SQS hands a function this many messages at once.
const MESSAGES_PER_BATCH: usize = 10;
/// A function dies after at most so many polls.
const POLLS_MAX: usize = 80;
/// More mornings than it takes to come to rest.
const MORNINGS_MAX: usize = 20;

/// Something that a queue holds.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) event: Event,
    /// It is not handed over before.
    pub(super) from: Timestamp,
    /// What it tells, if it tells of a debtor.
    pub(super) fact: Option<Fact>,
}

/// A world, what waits in it, and who judges it.
pub(super) struct Round {
    pub(super) world: World,
    /// The same functions once more, for what happens at the same time.
    twin: World,
    pub(super) dice: Dice,
    pub(super) waiting: Vec<Waiting>,
    /// The stream from where the projector has got to.
    stream: Vec<Value>,
    pub(super) judge: Judge,
    pub(super) figures: Figures,
    /// Nothing goes wrong any more.
    pub(super) is_calm: bool,
    /// No provider says anything of what left.
    pub(super) is_deaf: bool,
    /// How many mails and texts were looked at.
    seen: (usize, usize),
    /// How many facts were told.
    pub(super) facts: u64,
}

impl Round {
    pub(super) async fn begin(seed: u64, debtors: usize) -> Self {
        let mut dice = Dice::new(seed);
        let world = if dice.one_in(2) { World::start().await } else { World::without_retries().await };
        world.set_clock(&format!("{FIRST_DAY}T00:00:00Z"));
        let mut judge = Judge::default();
        for n in 0..debtors {
            let (id, person) = (format!("C{n}"), Person::new(n, &mut dice));
            world.has(person.drafts(&id)).await;
            judge.people.insert(id, person);
        }
        let (waiting, stream, figures) = (Vec::new(), Vec::new(), Figures { rounds: 1, ..Figures::default() });
        let twin = world.beside();
        Self {
            world,
            twin,
            dice,
            waiting,
            stream,
            judge,
            figures,
            is_calm: false,
            is_deaf: false,
            seen: (0, 0),
            facts: 0,
        }
    }

    /// All days of it, and what is counted once it is at rest.
    pub(super) async fn run(mut self) -> Figures {
        self.days().await;
        self.come_to_rest().await;
        self.count().await
    }

    pub(super) async fn days(&mut self) {
        for day in FIRST_DAY.series(1.day()).take(usize::try_from(DAYS).unwrap()) {
            let hours: &[i8] = if working_day(day) == day { &HOURS } else { &HOURS_AT_WEEKENDS };
            for hour in hours {
                self.hour(day, *hour).await;
            }
        }
    }

    /// The scan runs, and what waits is handed over until nothing is left that could be.
    async fn hour(&mut self, day: Date, hour: i8) {
        let at = day.at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        self.world.set_clock(&at.max(self.world.now()).to_string());
        let until = at.checked_add(BETWEEN_SCANS).unwrap();
        let struck = json!({ "version": "0", "source": "aws.scheduler", "time": at.to_string(), "detail": {} });
        self.wait_for(Event::Scan(struck), at);
        while self.world.now() < until {
            if self.turn().await {
                let seconds = self.dice.pick(&[0, 0, 0, 1, 2, 20]);
                self.world.wait(SignedDuration::from_secs(seconds));
            } else {
                match self.waiting.iter().map(|one| one.from).min().filter(|next| *next < until) {
                    Some(next) => self.world.set_clock(&next.to_string()),
                    None => return,
                }
            }
        }
    }

    /// Puts something into a queue, some things twice: each queue hands over at least once.
    pub(super) fn wait_for(&mut self, event: Event, from: Timestamp) {
        self.wait_for_fact(event, from, None);
    }

    pub(super) fn wait_for_fact(&mut self, event: Event, from: Timestamp, fact: Option<Fact>) {
        if !self.is_calm && self.dice.one_in(6) {
            let later = SignedDuration::from_secs(i64::try_from(self.dice.below(1_500)).unwrap());
            let (event, fact) = (event.clone(), fact.clone());
            self.waiting.push(Waiting { event, from: from.checked_add(later).unwrap(), fact });
            self.figures.inject("delivered twice", 1);
        }
        self.waiting.push(Waiting { event, from, fact });
    }

    /// Hands something over, if there is anything.
    async fn turn(&mut self) -> bool {
        let now = self.world.now();
        let ready: Vec<usize> = (0..self.waiting.len()).filter(|place| self.waiting[*place].from <= now).collect();
        if !self.stream.is_empty() && (ready.is_empty() || self.dice.one_in(3)) {
            self.read_stream().await;
            return true;
        }
        if ready.is_empty() {
            return false;
        }
        let picked = ready[self.dice.index(ready.len())];
        let batch = self.batch(picked, &ready);
        let told = if self.is_calm { None } else { self.come_between(&batch) };
        match told {
            None => self.deliver(batch, None).await,
            Some(fact) if self.dice.one_in(2) => {
                self.deliver(vec![fact], None).await;
                self.deliver(batch, None).await;
            }
            Some(fact) => self.deliver(batch, Some(fact)).await,
        }
        true
    }

    /// Takes something out of its queue, with some others of the queue where it hands over many at once.
    fn batch(&mut self, picked: usize, ready: &[usize]) -> Vec<Waiting> {
        let kind = std::mem::discriminant(&self.waiting[picked].event);
        let is_alike = |place: &usize| std::mem::discriminant(&self.waiting[*place].event) == kind;
        let alike: Vec<usize> = ready.iter().copied().filter(is_alike).collect();
        if alike.first() != Some(&picked) {
            self.figures.inject("handed over out of order", 1);
        }
        let mut places = vec![picked];
        if matches!(self.waiting[picked].event, Event::Planned(_) | Event::Heard(_)) {
            let others = alike.into_iter().filter(|place| *place != picked);
            let others: Vec<usize> = others.filter(|_| self.dice.one_in(2)).collect();
            places.extend(others.into_iter().take(MESSAGES_PER_BATCH - 1));
        }
        places.sort_unstable();
        places.into_iter().rev().map(|place| self.waiting.remove(place)).collect()
    }

    /// Hands a batch over, and a fact at the same time.
    async fn deliver(&mut self, batch: Vec<Waiting>, fact: Option<Waiting>) {
        let event = merged(&batch);
        self.trouble();
        let (dies, other_dies) = (self.when_it_dies(), self.when_it_dies());
        let (left, fact_left) = match &fact {
            None => (handed(&self.world, &event, dies).await, Handed::default()),
            Some(fact) => {
                self.figures.inject("two at the same time", 1);
                let mut pace = Dice::new(self.dice.below(u64::MAX));
                let (first, second) = (handed(&self.world, &event, dies), handed(&self.twin, &fact.event, other_dies));
                at_once(&mut pace, first, second).await.into()
            }
        };
        self.look();
        self.settle(batch, left);
        self.settle(fact.into_iter().collect(), fact_left);
    }

    /// What was not taken comes again; what was, is known from now on.
    fn settle(&mut self, batch: Vec<Waiting>, handed: Handed) {
        if handed.died {
            self.figures.inject("killed", 1);
        }
        let again = self.world.now().checked_add(HANDED_AGAIN_AFTER).unwrap();
        for one in batch {
            let is_left = match (&handed.left, &one.event) {
                (None, _) => false,
                (Some(Event::Planned(left)), Event::Planned(bodies))
                | (Some(Event::Heard(left)), Event::Heard(bodies)) => bodies.iter().any(|body| left.contains(body)),
                (Some(_), _) => true,
            };
            if is_left {
                self.waiting.push(Waiting { from: again, ..one });
            } else if let Some(fact) = &one.fact {
                self.judge.answered(fact, self.world.now());
            }
        }
    }

    /// The stream stays where it is until a batch is done. Someone may redrive one that was.
    async fn read_stream(&mut self) {
        let size = self.stream.len().min(1 + self.dice.index(40));
        let batch = Event::Stream(self.stream[..size].to_vec());
        self.trouble();
        if !self.is_calm && self.dice.one_in(10) {
            *self.world.outside.bus_failures.lock().unwrap() = 1;
            self.figures.inject("bus: a part of a call not taken", 1);
        }
        let dies = self.when_it_dies();
        let handed = handed(&self.world, &batch, dies).await;
        *self.world.outside.bus_failures.lock().unwrap() = 0;
        self.look();
        if handed.died {
            self.figures.inject("killed", 1);
        }
        if handed.left.is_none() {
            self.stream.drain(..size);
            if !self.is_calm && self.dice.one_in(6) {
                self.figures.inject("stream: read twice", 1);
                self.waiting.push(Waiting { event: batch, from: self.world.now(), fact: None });
            }
        }
    }

    /// Half of the time services fail now and then.
    fn trouble(&mut self) {
        if !self.is_calm && self.dice.one_in(2) {
            let (seed, one_in) = (self.dice.below(u64::MAX), 5 + self.dice.below(25));
            self.world.table.dynamo().fail(Faults::random(seed, one_in));
            *self.world.outside.faults.lock().unwrap() = Faults::random(seed + 1, one_in);
        }
    }

    /// After how many polls the function dies, if it does.
    fn when_it_dies(&mut self) -> Option<usize> {
        (!self.is_calm && self.dice.one_in(6)).then(|| 1 + self.dice.index(POLLS_MAX))
    }

    /// Ends the trouble, and looks at what became of it: the judge at the stream and at what left, the queues at what
    /// was sent to them.
    fn look(&mut self) {
        self.world.table.dynamo().fail(Faults::none());
        *self.world.outside.faults.lock().unwrap() = Faults::none();
        for (fault, times) in self.world.table.dynamo().take_befallen() {
            self.figures.inject(&format!("table: {fault:?}"), times);
        }
        for ((service, fault), times) in std::mem::take(&mut *self.world.outside.befallen.lock().unwrap()) {
            let whom = if service == Service::Messages { "SES, SNS" } else { "bus, queues" };
            self.figures.inject(&format!("{whom}: {fault:?}"), times);
        }
        let now = self.world.now();
        for record in self.world.table.new_records() {
            self.judge.read(&record, now);
            if is_watched(&record) {
                self.stream.push(record);
            }
        }
        self.look_at_what_left();
        for work in self.world.outside.take_scan_work() {
            self.wait_for(Event::Scan(sqs(&[work])), now);
        }
        for (kind, detail) in self.world.outside.take_bus() {
            if kind == "message.planned" {
                self.wait_for(Event::Planned(vec![envelope(&kind, &detail)]), now);
            }
        }
    }

    fn look_at_what_left(&mut self) {
        let mails = self.world.outside.mails.lock().unwrap()[self.seen.0..].to_vec();
        let texts = self.world.outside.texts.lock().unwrap()[self.seen.1..].to_vec();
        self.seen = (self.seen.0 + mails.len(), self.seen.1 + texts.len());
        for mail in mails {
            self.judge.mail_left(&mail);
            self.hear_of_mail(&mail);
        }
        for text in texts {
            self.judge.text_left(&text);
            self.hear_of_text(&text);
        }
    }

    /// From now on all is well. Feedback still comes, late; mornings follow until nothing waits and nothing is sent.
    pub(super) async fn come_to_rest(&mut self) {
        self.is_calm = true;
        self.world.mend();
        for _ in 0..MORNINGS_MAX {
            let before = self.seen;
            while !self.waiting.is_empty() || !self.stream.is_empty() {
                if !self.turn().await {
                    let next = self.waiting.iter().map(|one| one.from).min().unwrap();
                    self.world.set_clock(&next.to_string());
                }
            }
            let today = TimeZone::UTC.to_datetime(self.world.now()).date();
            self.hour(working_day(today.tomorrow().unwrap()), 15).await;
            if self.waiting.is_empty() && self.stream.is_empty() && self.seen == before {
                self.world.assert_at_rest().await;
                self.world.assert_invariants().await;
                return;
            }
        }
        panic!("it does not come to rest in {MORNINGS_MAX} mornings");
    }
}

/// What came of handing something over.
#[derive(Debug, Default)]
struct Handed {
    died: bool,
    /// What comes back.
    left: Option<Event>,
}

async fn handed(world: &World, event: &Event, dies: Option<usize>) -> Handed {
    // On the heap: it has room for every function.
    let handing = Box::pin(world.hand(event));
    let Some(polls) = dies else { return Handed { died: false, left: handing.await } };
    match killed_after(polls, handing).await {
        Some(left) => Handed { died: false, left },
        None => Handed { died: true, left: Some(event.clone()) },
    }
}

/// A batch as one event.
fn merged(batch: &[Waiting]) -> Event {
    let bodies = || {
        let of = |one: &Waiting| match &one.event {
            Event::Planned(bodies) | Event::Heard(bodies) => bodies.clone(),
            _ => Vec::new(),
        };
        batch.iter().flat_map(of).collect()
    };
    match &batch[0].event {
        Event::Planned(_) => Event::Planned(bodies()),
        Event::Heard(_) => Event::Heard(bodies()),
        other => other.clone(),
    }
}
