//! Cases of contact: asked of the gate. What a case does not speak of is taken for no obstacle.

mod attempt;
mod facts;
mod history;

use dunlin_domain::calendar::Zone;
use dunlin_domain::gate::one_click;
use dunlin_domain::gate::{Attempt, ContactPolicy, Facts, Gate, History, Medium, Mode, Verdict};
use dunlin_domain::ids::{PersonId, RuleId};
use jiff::civil::{Date, date, time};
use jiff::{Timestamp, Unit};
use rust_decimal::Decimal;

use super::given::Given;
use super::outcome::{Answer, Unanswered};

/// A Wednesday on which no rule of any pack begins or ends, for cases that name no moment.
const ANY_DAY: Date = date(2026, 11, 18);

/// What is asked of calls.
const CALLS: &str = "counted calls in the seven consecutive days ending today";
const FREE_AGAIN: &str =
    "number of calendar days from the conversation date to the first date on which a call is again";

/// A case, as the gate takes it.
struct Read {
    facts: Facts,
    history: History,
    attempt: Attempt,
    policy: ContactPolicy,
    now: Timestamp,
}

/// What the gate says of a contact.
pub(super) fn answer(action: &str, given: &Given) -> Result<Answer, Unanswered> {
    if action == "apply_unsubscribe" {
        return unsubscribe(given);
    }
    let read = read(action, given)?;
    Ok(match read.verdict()? {
        Verdict::Allowed { .. } => Answer::Allow,
        Verdict::Refused { refusals, .. } => {
            let refusals: Vec<String> = refusals.iter().map(ToString::to_string).collect();
            Answer::Deny(refusals.join("; "))
        }
    })
}

/// Whether a number is asked for that the gate knows.
pub(super) fn counts(question: &str) -> bool {
    let asked = question.trim_start_matches("count:").trim();
    asked == CALLS || asked.starts_with(FREE_AGAIN)
}

/// The number that is asked for.
pub(super) fn count(question: &str, given: &Given) -> Result<Answer, Unanswered> {
    let read = read("place_call", given)?;
    if question.trim_end().ends_with(CALLS) { read.counted() } else { read.days_to_rest() }
}

impl Read {
    fn gate(&self) -> Result<Gate<'_>, Unanswered> {
        let packs = dunlin_packs::packs().map_err(|error| Unanswered::field("jurisdiction", error))?;
        Ok(Gate::new(packs.law(), &self.facts, &self.history, &self.policy))
    }

    fn verdict(&self) -> Result<Verdict, Unanswered> {
        Ok(self.gate()?.permit(&self.attempt, self.now))
    }

    /// How many calls the federal count has of the last seven days.
    fn counted(&self) -> Result<Answer, Unanswered> {
        let used = self.gate()?.used(&self.attempt, self.now);
        let federal = used.into_iter().find(|used| used.rule.as_str() == "US.REGF.FREQ");
        federal.map(|used| Answer::Number(used.contacts.into())).ok_or(Unanswered::NoEngine)
    }

    /// How many days after the conversation the federal rule lets a call pass.
    fn days_to_rest(&self) -> Result<Answer, Unanswered> {
        let spoke = self.history.0.iter().map(|contact| contact.at).max().ok_or(Unanswered::Missing("history"))?;
        let rest = RuleId::parse("US.REGF.FREQ.TALK").map_err(|error| Unanswered::field("history", error))?;
        let verdict = self.gate()?.permit(&self.attempt, spoke);
        let refusal = verdict.refusals().iter().find(|refusal| refusal.rule == rest);
        let free = refusal.and_then(|refusal| refusal.until.moment()).ok_or(Unanswered::NoEngine)?;
        let zone = self.facts.calendar.clone().unwrap_or_else(Zone::utc);
        let span = zone.date(spoke).until((Unit::Day, zone.date(free))).map_err(|e| Unanswered::field("history", e))?;
        Ok(Answer::Number(Decimal::from(span.get_days())))
    }
}

fn unsubscribe(given: &Given) -> Result<Answer, Unanswered> {
    let request = given.part("http_request").ok_or(Unanswered::Missing("http_request"))?;
    let method = request.text("method")?.ok_or(Unanswered::Missing("http_request.method"))?;
    let burdens = given.part("opt_out_method").map_or(Ok(Vec::new()), |method| method.texts("requires"))?;
    Ok(match one_click::acts(&method) {
        true if burdens.is_empty() => Answer::Allow,
        true => Answer::Deny(format!("an opt-out may not need {}", burdens.join(" and "))),
        false => Answer::Deny("only a POST unsubscribes: links are fetched by machines too (RFC 8058)".to_owned()),
    })
}

fn read(action: &str, given: &Given) -> Result<Read, Unanswered> {
    let zone = zone(given)?;
    let now = match moment(given, "now")? {
        Some(now) => now,
        None => zone.instant(ANY_DAY, time(12, 0, 0, 0)),
    };
    let facts = facts::facts(given, &zone, now)?;
    let attempt = attempt::attempt(action, given, &facts, now)?;
    let history = history::history(given, &attempt, now)?;
    Ok(Read { facts, history, attempt, policy: policy(given)?, now })
}

fn policy(given: &Given) -> Result<ContactPolicy, Unanswered> {
    let mut policy = ContactPolicy::default();
    let Some(part) = given.part("policy") else { return Ok(policy) };
    policy.mode = match part.text("mode")?.as_deref() {
        None | Some("platform_default") => Mode::PlatformDefaults,
        Some("statute_only") => Mode::StatuteOnly,
        Some(other) => return Err(Unanswered::field("policy.mode", format!("{other:?} is not known"))),
    };
    policy.gap_minutes = part.days("min_gap_minutes_same_person")?;
    policy.calls_a_day = part.days("max_calls_per_day")?.and_then(|calls| u32::try_from(calls).ok());
    if let Some(days) = part.days("attorney_unresponsive_days")? {
        policy.attorney_silence_days = days;
    }
    Ok(policy)
}

/// The zone that a case counts days and hours in where it says nothing else.
fn zone(given: &Given) -> Result<Zone, Unanswered> {
    let name = given.text("consumer_zone")?.or(given.text("now_zone")?);
    name.map_or(Ok(Zone::utc()), |name| named_zone("now_zone", &name))
}

fn named_zone(field: &str, name: &str) -> Result<Zone, Unanswered> {
    Zone::parse(name).map_err(|error| Unanswered::field(field, error))
}

fn moment(given: &Given, name: &str) -> Result<Option<Timestamp>, Unanswered> {
    let read = |text: String| text.parse().map_err(|error: jiff::Error| Unanswered::field(name, error));
    given.text(name)?.map(read).transpose()
}

fn person(name: &str) -> Result<PersonId, Unanswered> {
    PersonId::parse(name).map_err(|error| Unanswered::field("person_id", error))
}

fn unknown(field: &str, word: &str) -> Unanswered {
    Unanswered::field(field, format!("{word:?} is not known here"))
}

/// The medium of a channel or of an entry of the history.
fn medium(field: &str, channel: &str) -> Result<Medium, Unanswered> {
    Ok(match channel {
        "call" | "live_manual_call" | "outbound_call" | "inbound_call" | "conversation" | "conversation_note" => {
            Medium::Call
        }
        "prerecorded_voice" => Medium::Prerecorded,
        "voicemail" | "outbound_call_voicemail" | "ringless_voicemail" => Medium::Voicemail,
        "email" | "outbound_email" | "inbound_email" => Medium::Email,
        "sms" | "outbound_sms" | "inbound_sms" => Medium::Sms,
        "robotext" => Medium::Robotext,
        "letter" | "outbound_letter" => Medium::Letter,
        "postcard" => Medium::Postcard,
        "social_public_post" => Medium::PublicPost,
        other => return Err(unknown(field, other)),
    })
}
