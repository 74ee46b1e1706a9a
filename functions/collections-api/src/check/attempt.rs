//! What is to be done, to whom, where it goes and what it says.

use dunlin_domain::gate::attempt::{OptOutLine, VoiceMessage};
use dunlin_domain::gate::medium::Family;
use dunlin_domain::gate::target::{MailBasis, Mailbox, Number};
use dunlin_domain::gate::wording::Wording;
use dunlin_domain::gate::{Addressee, Attempt, Content, Medium, Purpose, Target};
use dunlin_domain::ids::PersonId;

use super::person;
use super::words::{self, day, debts, moment, money, word};
use crate::body::Body;

/// More answers, or confirmations, than anyone sends.
const ANSWERS_MAX: u16 = 1000;

const ADDRESSEES: [(&str, Addressee); 7] = [
    ("debtor", Addressee::Debtor),
    ("spouse", Addressee::Spouse),
    ("guardian", Addressee::Guardian),
    ("executor", Addressee::Executor { named: false }),
    ("attorney", Addressee::Attorney),
    ("professional", Addressee::Professional),
    ("third_party", Addressee::ThirdParty { asked_back: false, doubted: false }),
];

/// Reads an attempt on a debtor of the books, `own`, or on someone of whom only the body tells. What it says of the address
/// is all that is told of it.
pub(super) fn read(body: &mut Body, own: Option<&PersonId>) -> Option<Attempt> {
    let medium = body.required("medium", words::medium);
    let purpose = purpose(body);
    let addressee = addressee(body);
    let person = person(body, own)?;
    let debts = if own.is_none() { debts(body, "debts") } else { Vec::new() };
    let automated = body.flag("automated").unwrap_or_default();
    let answers = body.has("answers_sent").then(|| u32::from(body.number("answers_sent", ANSWERS_MAX, 0)));
    let content = if body.has("content") { body.object("content", content) } else { Some(Content::flawless()) };
    let to = if body.has("to") { body.object("to", |one| target(one, medium?)) } else { Some(Target::Unknown) };
    Some(Attempt { medium: medium?, purpose, automated, addressee, person, debts, to: to?, answers, content: content? })
}

fn purpose(body: &mut Body) -> Purpose {
    let sent = u32::from(body.number("confirmations_sent", ANSWERS_MAX, 0));
    match body.parsed("purpose", words::purpose) {
        Some(Purpose::OptOutConfirmation { .. }) => Purpose::OptOutConfirmation { sent },
        purpose => purpose.unwrap_or(Purpose::Collect),
    }
}

fn addressee(body: &mut Body) -> Addressee {
    let read = |one: &mut Body| {
        let kind = one.required("kind", word(&ADDRESSEES))?;
        Some(match kind {
            Addressee::Executor { .. } => Addressee::Executor { named: one.flag("named").unwrap_or_default() },
            Addressee::ThirdParty { .. } => Addressee::ThirdParty {
                asked_back: one.flag("asked_back").unwrap_or_default(),
                doubted: one.flag("doubted").unwrap_or_default(),
            },
            other => other,
        })
    };
    body.object("addressee", read).unwrap_or(Addressee::Debtor)
}

/// Where it goes to.
fn target(body: &mut Body, medium: Medium) -> Option<Target> {
    let opted_out = body.parsed("opted_out_at", moment);
    match medium.family() {
        Family::Email => Some(Target::Mailbox(Mailbox {
            basis: mail_basis(body),
            opted_out,
            employer_provided: body.flag("employer_provided").unwrap_or_default(),
            domain: body.text("domain"),
        })),
        Family::Texts | Family::Calls => Some(Target::Number(Number {
            line: body.parsed("line", words::line),
            opted_out,
            last_text: day(body, "last_text_on"),
            not_reassigned: day(body, "not_reassigned_on"),
        })),
        Family::Post | Family::Social => Some(Target::Unknown),
    }
}

fn mail_basis(body: &mut Body) -> Option<MailBasis> {
    let (sent, deadline) = (day(body, "notice_sent_on"), day(body, "notice_deadline"));
    let bases = [
        ("used_by_consumer", MailBasis::UsedByConsumer),
        ("direct_consent", MailBasis::DirectConsent),
        ("creditor_notice", MailBasis::CreditorNotice { sent, deadline }),
        ("prior_collector", MailBasis::PriorCollector),
    ];
    body.parsed("basis", word(&bases))
}

const OPT_OUTS: [(&str, OptOutLine); 3] =
    [("absent", OptOutLine::Absent), ("burdened", OptOutLine::Burdened), ("simple", OptOutLine::Simple)];

/// What it says. What the body does not tell of it, it lacks.
fn content(body: &mut Body) -> Option<Content> {
    let unsaid = Content::default();
    let text = body.text("text").unwrap_or_default();
    let subject = body.text("subject").unwrap_or_default();
    let promotes = body.flag("promotes").unwrap_or_default();
    let read = Wording::read(&text).and(Wording::read(&subject));
    Some(Content {
        first: body.flag("first").unwrap_or(unsaid.first),
        states_debt: body.flag("states_debt").unwrap_or(unsaid.states_debt),
        says_debt_collector: body.flag("says_debt_collector").unwrap_or(unsaid.says_debt_collector),
        privacy_notice: body.flag("privacy_notice").unwrap_or(unsaid.privacy_notice),
        opt_out: body.parsed("opt_out", word(&OPT_OUTS)).unwrap_or(unsaid.opt_out),
        one_click: body.flag("one_click").unwrap_or(unsaid.one_click),
        wording: read.and(Wording { promotes, ..Wording::default() }),
        voice: body.object("voicemail", voicemail),
        demanded: money(body, "demanded"),
    })
}

fn voicemail(body: &mut Body) -> Option<VoiceMessage> {
    Some(VoiceMessage {
        business: body.required("business", |text| Ok::<_, String>(text.to_owned()))?,
        person: body.text("person"),
        number: body.text("number"),
        asks_reply: body.flag("asks_reply").unwrap_or_default(),
        says_more: body.flag("says_more").unwrap_or_default(),
    })
}
