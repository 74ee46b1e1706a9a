//! Cases of notices, time to sue, claims, records and data: what must be done, and by when.

use std::collections::BTreeSet;

use dunlin_domain::duty::lint::{self, Rendered};
use dunlin_domain::duty::outreach::Medium;
use dunlin_domain::duty::privacy::{DataRequest, Grounds, Keeping, LawfulBasis, Use};
use dunlin_domain::duty::provision::Bar;
use dunlin_domain::duty::retention::{Record, RecordKind, may_purge};
use dunlin_domain::duty::steps::Step;
use dunlin_domain::duty::{PrivacyLaw, ValidationLaw};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::duty_facts::{Facts, addressee, facts, itemized, outreach};
use super::given::Given;
use super::outcome::{Answer, Unanswered};

/// Subjects whose messages are duties: what must be said and done, rather than when somebody may be reached.
const SUBJECTS: [&str; 12] = [
    "validation_notice",
    "validation_period",
    "itemization",
    "uk_pre_action",
    "uk_limitation",
    "uk_breathing_space",
    "de_limitation",
    "dispute",
    "time_barred",
    "overshadowing",
    "mini_miranda",
    "record_retention",
];

/// Whether the engine of duties answers an action on a subject.
pub(super) fn answers(action: &str, topic: &str) -> bool {
    let (word, question) = action.split_once(':').unwrap_or((action, ""));
    match word {
        "count" => question.contains("validation") || opt_out_limit(question),
        "send_letter" | "send_email" | "send_sms" | "send_message" | "continue_automated_dunning" => {
            SUBJECTS.contains(&topic) || topic.starts_with("gdpr_")
        }
        "send_demand"
        | "send_validation_notice"
        | "skip_validation_notice"
        | "treat_notice_as_timely"
        | "treat_response_as_timely"
        | "threaten_suit"
        | "issue_claim"
        | "file_proof_of_claim"
        | "purge_record"
        | "erase_debt_record"
        | "continue_collection_processing" => true,
        _ => false,
    }
}

fn opt_out_limit(question: &str) -> bool {
    ["opt-out", "outer legal limit", "business days"].iter().any(|words| question.contains(words))
}

/// What the engine of duties says.
pub(super) fn answer(action: &str, given: &Given) -> Result<Answer, Unanswered> {
    let (word, question) = action.split_once(':').unwrap_or((action, ""));
    let facts = facts(given)?;
    match word {
        "count" => count(question, &facts, given),
        "send_validation_notice" => send_notice(&facts, given),
        "skip_validation_notice" => match &facts.duties.validation {
            Some(law) => verdict(law.may_skip(initial(given)?, given.day("paid_in_full")?).err()),
            None => Ok(Answer::Allow),
        },
        "treat_notice_as_timely" => {
            let sent = given.first_day_of(&["notice_sent", "notice_provided"])?;
            verdict(validation(&facts)?.timely(initial(given)?, sent.ok_or(Unanswered::Missing("notice_sent"))?).err())
        }
        "treat_response_as_timely" => {
            let received = given.day("request_received")?.ok_or(Unanswered::Missing("request_received"))?;
            let sent = given.day("response_sent")?.ok_or(Unanswered::Missing("response_sent"))?;
            verdict(privacy(&facts)?.timely(received, sent).err())
        }
        "threaten_suit" => verdict(facts.bars(Step::ThreatenSuit)?),
        "issue_claim" => verdict(facts.bars(Step::IssueClaim)?),
        "file_proof_of_claim" => verdict(facts.bars(Step::ProveClaim)?),
        "purge_record" => verdict(may_purge(&facts.duties.retention, &record(given)?, facts.today()?).err()),
        "erase_debt_record" => verdict(privacy(&facts)?.may_erase(keeping(given)?).err()),
        "continue_collection_processing" => verdict(barred_use(&facts, Use::Collection, given)?),
        "continue_automated_dunning" => verdict(barred_use(&facts, Use::AutomatedDunning, given)?),
        _ => send(&facts, given),
    }
}

/// Refused for everything that stands in the way.
fn verdict(bars: impl IntoIterator<Item = Bar>) -> Result<Answer, Unanswered> {
    let reasons: Vec<String> = bars.into_iter().map(|bar| bar.to_string()).collect();
    Ok(if reasons.is_empty() { Answer::Allow } else { Answer::Deny(reasons.join("; ")) })
}

fn validation(facts: &Facts) -> Result<&ValidationLaw, Unanswered> {
    let unknown = || Unanswered::field("jurisdiction", "no validation notice is owed to this debtor");
    facts.duties.validation.as_ref().ok_or_else(unknown)
}

fn privacy(facts: &Facts) -> Result<&PrivacyLaw, Unanswered> {
    let unknown = || Unanswered::field("jurisdiction", "no law on personal data is known here");
    facts.duties.privacy.as_ref().ok_or_else(unknown)
}

fn initial(given: &Given) -> Result<Date, Unanswered> {
    given.day("initial_communication")?.ok_or(Unanswered::Missing("initial_communication"))
}

fn count(question: &str, facts: &Facts, given: &Given) -> Result<Answer, Unanswered> {
    let (from, last) = if opt_out_limit(question) {
        let from = given.first_day_of(&["opt_out_received", "revocation_received", "request_received"])?;
        let from = from.ok_or(Unanswered::Missing("opt_out_received"))?;
        let law = facts.duties.opt_out.as_ref();
        let law = law.ok_or_else(|| Unanswered::field("jurisdiction", "no limit for opting out is known here"))?;
        (from, law.honour_by(from))
    } else {
        let from = given.first_day_of(&["notice_provided", "notice_sent"])?;
        let from = from.ok_or(Unanswered::Missing("notice_provided"))?;
        (from, validation(facts)?.period_end(from))
    };
    Ok(Answer::Number(Decimal::from(from.until(last).map_or(0, |span| span.get_days()))))
}

fn send_notice(facts: &Facts, given: &Given) -> Result<Answer, Unanswered> {
    let named = addressee(given)?;
    let mut bars = Vec::new();
    if let Some(law) = &facts.duties.validation {
        bars.extend(law.may_address(named.as_addressee()).err());
        bars.extend(itemized(law, given)?);
    }
    bars.extend(facts.bars(Step::Notify)?);
    verdict(bars)
}

/// What stands against a message that asks for money.
fn send(facts: &Facts, given: &Given) -> Result<Answer, Unanswered> {
    let mut bars = facts.bars(Step::Demand(given.money("demand_amount", facts.currency)?))?;
    if let Some(law) = &facts.duties.validation {
        bars.extend(itemized(law, given)?);
    }
    let wanted = match given.text("purpose")?.as_deref() {
        Some("marketing_of_new_credit" | "offer_new_financing" | "refinance_offer") => Use::Marketing,
        _ => Use::Collection,
    };
    bars.extend(barred_use(facts, wanted, given)?);
    let (outreach, said) = outreach(facts, given)?;
    bars.extend(facts.duties.unsaid(&facts.duties.demanded(&outreach, facts.today_or_any()), &said));
    let mut reasons: Vec<String> = bars.iter().map(ToString::to_string).collect();
    if let Some(text) = given.text("message_text")? {
        reasons.extend(findings(facts, &text)?);
    }
    Ok(if reasons.is_empty() { Answer::Allow } else { Answer::Deny(reasons.join("; ")) })
}

/// What is wrong with the words of a message.
fn findings(facts: &Facts, text: &str) -> Result<Vec<String>, Unanswered> {
    let packs = dunlin_packs::packs().map_err(|error| Unanswered::field("message_text", error))?;
    let wording = packs.wording("en").ok_or_else(|| Unanswered::field("message_text", "no words are known"))?;
    let suit = facts.bars(Step::ThreatenSuit)?;
    let terms = lint::Terms {
        on: facts.today()?,
        // What a case does not quote is not known to be missing.
        demanded: &BTreeSet::new(),
        amounts: None,
        dates: None,
        notice: None,
        period_end: facts.debt.validation.map(|validation| validation.period_end),
        suit: &suit,
        discreet: None,
    };
    let message = Rendered { medium: Medium::Letter, subject: None, envelope: None, text, html: None };
    Ok(lint::lint(&message, &terms, &facts.duties, &wording.wording).iter().map(ToString::to_string).collect())
}

fn barred_use(facts: &Facts, wanted: Use, given: &Given) -> Result<Option<Bar>, Unanswered> {
    let request = match given.text("request")?.as_deref() {
        None => return Ok(None),
        Some("erasure") => DataRequest::Erasure,
        Some("object" | "objection") => DataRequest::Objection,
        Some("accuracy_contested" | "rectification" | "restriction") => {
            DataRequest::AccuracyContested { verified: given.flag("verification_done")?.unwrap_or_default() }
        }
        Some(other) => return Err(Unanswered::field("request", format!("{other:?} is no request known here"))),
    };
    let basis = match given.text("lawful_basis")?.as_deref() {
        None | Some("legitimate_interests") => LawfulBasis::LegitimateInterests,
        Some("contract") => LawfulBasis::Contract,
        Some("legal_obligation") => LawfulBasis::LegalObligation,
        Some(other) => return Err(Unanswered::field("lawful_basis", format!("{other:?} is no basis for collection"))),
    };
    let grounds = Grounds { basis, legal_claim: given.flag("legal_claim_needed")?.unwrap_or_default() };
    Ok(facts.duties.privacy.as_ref().and_then(|law| law.bars_use(request, wanted, grounds)))
}

fn keeping(given: &Given) -> Result<Keeping, Unanswered> {
    Ok(Keeping {
        debt_open: given.flag("debt_open")?.unwrap_or_default(),
        legal_claim: given.flag("legal_claim_needed")?.unwrap_or_default(),
        retention_over: given.flag("retention_basis_expired")?.unwrap_or(true),
    })
}

fn record(given: &Given) -> Result<Record, Unanswered> {
    let (kind, event) = match given.text("record")?.as_deref() {
        Some("call_recording") => (RecordKind::CallRecording, given.first_day_of(&["call_date"])?),
        Some("invoice" | "books" | "tax_record") => (RecordKind::Books, given.first_day_of(&["due_date"])?),
        _ => (RecordKind::Evidence, given.first_day_of(&["last_collection_activity"])?),
    };
    let event = event.ok_or(Unanswered::Missing("day of the last activity or call"))?;
    let debt_open = given.flag("debt_still_active")?.or(given.flag("debt_open")?).unwrap_or_default();
    Ok(Record { kind, event, debt_open })
}
