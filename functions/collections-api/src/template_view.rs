//! Templates and messages as the API shows them.

use dunlin_aws::http::Problem;
use dunlin_domain::duty::outreach::Block;
use dunlin_domain::template::segments::segments;
use dunlin_domain::template::{Edition, Letter, TemplateKey, Texts};
use dunlin_letters::check::Finding;
use dunlin_letters::values::VARIABLES;
use dunlin_letters::{Composed, Fault};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What a template is for, and a version of it.
pub(crate) fn version(key: &TemplateKey, edition: Edition, saved_at: Option<Timestamp>) -> Value {
    json!({
        "name": key.name.as_str(),
        "channel": key.form.as_str(),
        "language": key.language.as_str(),
        "version": edition.to_string(),
        "saved_at": saved_at.map(|at| at.to_string()),
    })
}

/// With its texts.
pub(crate) fn with_texts(mut shown: Value, texts: &Texts) -> Value {
    if let (Value::Object(shown), Value::Object(texts)) = (&mut shown, texts_of(texts)) {
        shown.extend(texts);
    }
    shown
}

/// Subject, text and page.
pub(crate) fn texts_of(texts: &Texts) -> Value {
    match texts {
        Texts::Email(Letter { subject, text, html }) => json!({ "subject": subject, "text": text, "html": html }),
        Texts::Sms(text) => json!({ "text": text, "segments": segments(text) }),
        Texts::Paper(text) => json!({ "text": text }),
    }
}

/// What a template may name.
pub(crate) fn variables() -> Value {
    VARIABLES.iter().map(|(name, what)| ((*name).to_owned(), json!(what))).collect::<Map<_, _>>().into()
}

/// The blocks of the law.
pub(crate) fn blocks() -> Value {
    Block::ALL.map(Block::as_str).to_vec().into()
}

/// What came of writing a message: its texts, or what is wrong with it.
pub(crate) fn written(situation: &str, composed: &Result<Composed, Vec<Fault>>) -> Value {
    let shown = json!({ "situation": situation });
    match composed {
        Ok(composed) => with_texts(shown, &composed.texts),
        Err(faults) => json!({ "situation": situation, "findings": faults.iter().map(fault).collect::<Vec<_>>() }),
    }
}

fn fault(fault: &Fault) -> Value {
    json!({ "field": fault.field(), "rule": fault.rule(), "reason": fault.to_string() })
}

/// Why a template may not be saved, each with its field, rule and situation.
pub(crate) fn refused(findings: &[Finding]) -> Problem {
    let one = |finding: &Finding| {
        let mut shown = fault(&finding.fault);
        shown["situation"] = json!(finding.sample);
        shown
    };
    let problem =
        Problem::new(422, "The template cannot be used", "mend what is named in each field; nothing was saved");
    Problem { errors: findings.iter().map(one).collect(), ..problem }
}
