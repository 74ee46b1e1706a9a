//! Whether a template may be saved: it is read, and tried on every situation that it may be used in.

use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::Channel;
use dunlin_domain::policy::Policies;
use dunlin_domain::template::shelf::occasions;
use dunlin_domain::template::{Form, Sender, TemplateKey, Texts};

use crate::compose::{Writer, compose};
use crate::fault::Fault;
use crate::render::unreadable;
use crate::sample::{Sample, SampleError, samples};

/// A fault, and the first situation in which it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub fault: Fault,
    /// In which situation; none where it shows at once.
    pub sample: Option<String>,
}

/// What a page may not have: it would be filtered, or do something by itself.
const UNSAFE: [&str; 9] =
    ["<script", "<iframe", "<object", "<embed", "<form", "<base", "<meta http-equiv", "javascript:", " onload="];

/// What stands for a sender's facts that are not known yet.
const EXAMPLE: &str = "https://example.com/privacy";

/// Everything that is wrong with a template of a tenant; nothing where it may be saved.
///
/// # Errors
/// [`SampleError`]: never, which a test shows.
pub fn check(
    key: &TemplateKey,
    template: &Texts,
    sender: &Sender,
    policies: &Policies,
) -> Result<Vec<Finding>, SampleError> {
    let at_once = |fault| Finding { fault, sample: None };
    let page = template.subject_and_html().map_or_else(String::new, |(_, html)| html.to_ascii_lowercase());
    let parts = UNSAFE.into_iter().filter(|part| page.contains(part));
    let mut found: Vec<Finding> =
        unreadable(template).into_iter().chain(parts.map(Fault::Unsafe)).map(at_once).collect();
    let occasions = occasions(&key.name, policies);
    if occasions.is_empty() {
        found.push(at_once(Fault::NoUse));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let third_party = sender.role == CollectorRole::ThirdParty;
    let sender = Sender {
        creditor: sender.creditor.or(Some("Example Creditor Ltd")).filter(|_| third_party),
        address: sender.address.or(Some("1 Example Street, London")),
        privacy_url: sender.privacy_url.or(Some(EXAMPLE)),
        ..*sender
    };
    for occasion in occasions {
        for sample in samples(occasion, sender.role, channel(key.form))? {
            try_on(key, template, &sender, &sample, &mut found);
        }
    }
    Ok(found)
}

fn try_on(key: &TemplateKey, template: &Texts, sender: &Sender, sample: &Sample, found: &mut Vec<Finding>) {
    let writer = Writer { debtor: &sample.debtor, sender, now: sample.now };
    let faults = compose(template, &key.language, &sample.plan, writer).err().unwrap_or_default();
    for fault in faults {
        if !found.iter().any(|known| known.fault == fault) {
            found.push(Finding { fault, sample: Some(sample.name.clone()) });
        }
    }
}

/// The channel of a plan whose message a form is tried on. A letter says what an e-mail does.
#[must_use]
pub fn channel(form: Form) -> Channel {
    match form {
        Form::Sms => Channel::Sms,
        Form::Email | Form::Letter => Channel::Email,
    }
}
