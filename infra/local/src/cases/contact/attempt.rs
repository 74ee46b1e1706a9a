//! What a case says of the attempt.

use dunlin_domain::gate::attempt::{OptOutLine, VoiceMessage};
use dunlin_domain::gate::facts::ConsentKind;
use dunlin_domain::gate::target::{Line, MailBasis, Mailbox, Number};
use dunlin_domain::gate::wording::{self, Wording};
use dunlin_domain::gate::{Addressee, Attempt, Content, Facts, Medium, Purpose, Target};
use dunlin_domain::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::given::Given;
use super::super::outcome::Unanswered;
use super::facts::particular_debt;
use super::{medium, moment, person, unknown};

pub(super) fn attempt(action: &str, given: &Given, facts: &Facts, now: Timestamp) -> Result<Attempt, Unanswered> {
    let medium = medium_of(action, given)?;
    let purpose = purpose(given)?;
    let callee = given.part("callee");
    let name = match given.text("person_id")? {
        Some(name) => name,
        None if callee.is_some() => "callee".to_owned(),
        None => whose_history(given)?.unwrap_or_else(|| "debtor".to_owned()),
    };
    let mut attempt = Attempt::new(medium, person(&name)?);
    attempt.purpose = purpose;
    attempt.automated = action == "continue_automated_dunning";
    attempt.addressee = addressee(given, callee.as_ref(), purpose, &name)?;
    attempt.debts = given.text("debt_id")?.map(|debt| particular_debt(given, &debt)).transpose()?.into_iter().collect();
    attempt.answers = answers(given)?;
    attempt.to = if medium == Medium::Email {
        Target::Mailbox(mailbox(given)?)
    } else {
        Target::Number(number(given, facts, now)?)
    };
    attempt.content = content(given, purpose)?;
    Ok(attempt)
}

/// The person whom the history is of, where the case names one there alone.
fn whose_history(given: &Given) -> Result<Option<String>, Unanswered> {
    given.parts("history").iter().map(|entry| entry.text("person_id")).find_map(Result::transpose).transpose()
}

fn medium_of(action: &str, given: &Given) -> Result<Medium, Unanswered> {
    let channel = given.text("channel")?;
    let otherwise = match action {
        "place_call" => "call",
        "leave_voicemail" => "voicemail",
        "send_email" | "continue_automated_dunning" => "email",
        "send_sms" => "sms",
        _ => "letter",
    };
    medium("channel", channel.as_deref().unwrap_or(otherwise))
}

fn purpose(given: &Given) -> Result<Purpose, Unanswered> {
    let sent = given.days("confirmations_sent")?.and_then(|sent| u32::try_from(sent).ok()).unwrap_or_default();
    Ok(match given.text("purpose")?.as_deref() {
        None | Some("collect_existing_debt" | "payment_reminder") => Purpose::Collect,
        Some("opt_out_confirmation_only") => Purpose::OptOutConfirmation { sent },
        Some("location_information") => Purpose::LocationInformation,
        Some("advise_efforts_terminated") => Purpose::EffortsTerminated,
        Some("notify_may_invoke_specified_remedy") => Purpose::RemedyPossible,
        Some("notify_intends_specified_remedy") => Purpose::RemedyIntended,
        Some("bankruptcy_proof_of_claim") => Purpose::ProofOfClaim,
        Some("marketing_of_new_credit" | "offer_new_financing" | "refinance_offer") => Purpose::Marketing,
        Some(other) => return Err(unknown("purpose", other)),
    })
}

fn addressee(given: &Given, callee: Option<&Given>, purpose: Purpose, person: &str) -> Result<Addressee, Unanswered> {
    let third = |part: Option<&Given>| {
        let said = |name| part.map_or(Ok(None), |part| part.flag(name)).map(Option::unwrap_or_default);
        let (asked_back, doubted) = (said("requested_callback")?, said("earlier_answer_believed_wrong")?);
        Ok(Addressee::ThirdParty { asked_back, doubted })
    };
    if let Some(to) = given.part("addressee") {
        let named = to.text("name")?.is_some_and(|name| !name.is_empty());
        return Ok(Addressee::Executor { named: named && to.text("kind")?.as_deref() == Some("executor") });
    }
    match callee.map_or(Ok(None), |callee| callee.text("relation"))?.as_deref() {
        Some("spouse") => Ok(Addressee::Spouse),
        Some("parent_of_minor" | "guardian") => Ok(Addressee::Guardian),
        Some("executor" | "administrator") => Ok(Addressee::Executor { named: true }),
        Some("attorney") => Ok(Addressee::Attorney),
        Some(_) => third(callee),
        None if person.starts_with("ATTORNEY") => Ok(Addressee::Attorney),
        None if purpose == Purpose::LocationInformation => third(callee),
        None => Ok(Addressee::Debtor),
    }
}

fn answers(given: &Given) -> Result<Option<u32>, Unanswered> {
    let sent = given.days("replies_already_sent")?.and_then(|sent| u32::try_from(sent).ok()).unwrap_or_default();
    Ok(given.flag("in_reply_to_inbound")?.unwrap_or_default().then_some(sent))
}

/// A case that says nothing of the address has none in its way.
fn mailbox(given: &Given) -> Result<Mailbox, Unanswered> {
    let flags = given.part("flags");
    let unsubscribed = flags.map_or(Ok(None), |flags| flags.text("one_click_unsubscribed_address"))?;
    let to = given.text("to")?;
    let own = unsubscribed.is_some_and(|address| to.is_none_or(|to| to.eq_ignore_ascii_case(&address)));
    let opted_out = own.then_some(Timestamp::MIN);
    let Some(part) = given.part("email") else {
        return Ok(Mailbox { basis: Some(MailBasis::DirectConsent), opted_out, ..Mailbox::default() });
    };
    let basis = match part.text("basis")?.as_deref() {
        None => None,
        Some("consumer_used_it_with_this_collector_about_debt") => Some(MailBasis::UsedByConsumer),
        Some("direct_prior_consent_to_this_collector") => Some(MailBasis::DirectConsent),
        Some("creditor_notice_d4ii") => {
            let (sent, deadline) = (part.day("notice_sent")?, part.day("opt_out_deadline")?);
            Some(MailBasis::CreditorNotice { sent, deadline })
        }
        Some("prior_collector_procedure_d4iii") => Some(MailBasis::PriorCollector),
        Some(other) => return Err(unknown("email.basis", other)),
    };
    let refused = part.flag("opted_out")?.unwrap_or_default().then_some(Timestamp::MIN);
    Ok(Mailbox {
        basis,
        opted_out: opted_out.or(refused),
        employer_provided: part.flag("employer_provided_known")?.unwrap_or_default(),
        domain: part.text("domain")?,
    })
}

/// A case that says nothing of texts has nothing in the way of one.
fn number(given: &Given, facts: &Facts, now: Timestamp) -> Result<Number, Unanswered> {
    let kind = given.part("number").map_or(Ok(None), |number| number.text("kind"))?;
    let line = match kind.as_deref() {
        None => None,
        Some("wireless") => Some(Line::Wireless),
        Some("residential_landline") => Some(Line::Residential),
        Some("work") => Some(Line::Work),
        Some(other) => return Err(unknown("number.kind", other)),
    };
    let flags = given.part("flags");
    let stopped = flags.as_ref().map_or(Ok(None), |flags| moment(flags, "sms_stop_at"))?;
    let said = flags.as_ref().map_or(Ok(None), |flags| flags.text("inbound_text"))?;
    let refused = said.is_some_and(|text| wording::refuses(&text));
    let refused_at = flags.as_ref().map_or(Ok(None), |flags| moment(flags, "at"))?.unwrap_or(Timestamp::MIN);
    let opted_out = stopped.or(refused.then_some(refused_at));
    let Some(sms) = given.part("sms") else {
        return Ok(Number {
            line,
            opted_out,
            last_text: Some(TimeZone::UTC.to_datetime(now).date()),
            ..Number::default()
        });
    };
    let check = sms.part("reassigned_check");
    let clean = check.as_ref().map_or(Ok(None), |check| check.text("result"))?;
    let not_reassigned = check.map_or(Ok(None), |check| check.day("at"))?;
    Ok(Number {
        line,
        opted_out,
        last_text: sms.day("last_inbound_text")?.max(consented_to_texts(facts)),
        not_reassigned: not_reassigned.filter(|_| clean.as_deref() == Some("not_reassigned_since_last_text")),
    })
}

/// The day of the last consent to texts that was given directly.
fn consented_to_texts(facts: &Facts) -> Option<Date> {
    let texts = facts.consents.iter().filter(|consent| consent.direct && consent.kind == TEXTS);
    texts.filter_map(|consent| Some(TimeZone::UTC.to_datetime(consent.given?).date())).max()
}

const TEXTS: ConsentKind = ConsentKind::Electronic(Some(dunlin_domain::gate::medium::Family::Texts));

fn content(given: &Given, purpose: Purpose) -> Result<Content, Unanswered> {
    let dollars = Currency::parse("USD").map_err(|error| Unanswered::field("demand_amount", error))?;
    let offered = given.flag("unsubscribe_offered")?;
    Ok(Content {
        first: given.flag("first_communication")?.unwrap_or_default(),
        states_debt: given.flag("states_debt")?.unwrap_or(purpose != Purpose::LocationInformation),
        says_debt_collector: given.flag("disclosure_debt_collector")?.unwrap_or(true),
        privacy_notice: given.flag("art14_notice_included")?.unwrap_or(true),
        opt_out: opt_out(given, offered)?,
        one_click: offered.unwrap_or(true),
        wording: said(given)?,
        voice: Some(voice(given)?),
        demanded: given.money("demand_amount", dollars)?,
    })
}

fn opt_out(given: &Given, offered: Option<bool>) -> Result<OptOutLine, Unanswered> {
    let burdens = given.part("opt_out_method").map_or(Ok(Vec::new()), |method| method.texts("requires"))?;
    let line = given.flag("email_opt_out_statement")?.or(given.flag("sms_opt_out_statement")?).or(offered);
    Ok(match line {
        Some(false) => OptOutLine::Absent,
        Some(true) | None if !burdens.is_empty() => OptOutLine::Burdened,
        Some(true) | None => OptOutLine::Simple,
    })
}

fn said(given: &Given) -> Result<Wording, Unanswered> {
    let text = given.text("message_text")?.unwrap_or_default();
    let subject = given.text("subject")?.unwrap_or_default();
    let kind = given.text("content")?;
    let promotes = kind.is_some_and(|kind| kind.starts_with("promotion") || kind == "commercial");
    Ok(Wording::read(&text).and(Wording::read(&subject)).and(Wording { promotes, ..Wording::default() }))
}

/// A case that says nothing of the words of a voicemail has a limited-content message.
fn voice(given: &Given) -> Result<VoiceMessage, Unanswered> {
    let Some(message) = given.part("message") else {
        return Ok(VoiceMessage {
            business: "Northgate Services".to_owned(),
            person: Some("Ana Ruiz".to_owned()),
            number: Some("+13125550100".to_owned()),
            asks_reply: true,
            says_more: false,
        });
    };
    Ok(VoiceMessage {
        business: message.text("business_name")?.unwrap_or_default(),
        person: message.text("contact_name")?,
        number: message.text("phone")?,
        asks_reply: message.flag("request_reply")?.unwrap_or_default(),
        says_more: message.text("extra")?.is_some(),
    })
}
