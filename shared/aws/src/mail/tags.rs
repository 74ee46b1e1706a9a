//! What leads from SES's feedback back to the message. Tags hold letters, digits, `-` and `_` alone, so what may hold more
//! is encoded, and what may be longer than a tag is cut into several.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::message::MessageId;
use jiff::Timestamp;

use crate::store::MessageRef;

/// A tag's value has at most so many characters (SES, `MessageTag`).
const VALUE_MAX: usize = 256;
/// An encoded debtor's reference takes at most three tags: 120 characters of at most four bytes each.
const DEBTOR: [&str; 3] = ["debtor", "debtor-2", "debtor-3"];

/// The tags of a message.
#[must_use]
pub fn tags_of(whose: &MessageRef) -> Vec<(&'static str, String)> {
    let mut tags = vec![
        ("tenant", whose.tenant.to_string()),
        ("message", whose.message.to_string()),
        ("attempt", URL_SAFE_NO_PAD.encode(&whose.attempt)),
        ("planned", whose.planned_at.as_microsecond().to_string()),
    ];
    let debtor = URL_SAFE_NO_PAD.encode(whose.debtor.as_str());
    let parts = debtor.as_bytes().chunks(VALUE_MAX).map(|part| String::from_utf8_lossy(part).into_owned());
    tags.extend(DEBTOR.into_iter().zip(parts));
    tags
}

/// The message that tags lead to; `None` where they are not ours.
#[must_use]
pub fn message_of(tags: &BTreeMap<String, Vec<String>>) -> Option<MessageRef> {
    let tag = |name: &str| tags.get(name)?.first().map(String::as_str);
    let decoded = |text: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    let debtor: String = DEBTOR.into_iter().filter_map(tag).collect();
    Some(MessageRef {
        tenant: TenantId::parse(tag("tenant")?).ok()?,
        debtor: DebtorId::parse(&decoded(&debtor)?).ok()?,
        message: MessageId::stored(tag("message")?.to_owned()),
        attempt: decoded(tag("attempt")?)?,
        planned_at: Timestamp::from_microsecond(tag("planned")?.parse().ok()?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_lead_back_to_the_message_whatever_the_debtor_is_called() {
        for debtor in ["C1", "Müller & Söhne #1", &"😀".repeat(120)] {
            let whose = MessageRef {
                tenant: TenantId::parse("demo").unwrap(),
                debtor: DebtorId::parse(debtor).unwrap(),
                message: MessageId::stored("0123456789abcdef0123456789abcdef".to_owned()),
                attempt: "4f1c-request.3".to_owned(),
                planned_at: "2026-03-03T08:00:00.123456Z".parse().unwrap(),
            };
            let tags = tags_of(&whose);
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(tags.iter().all(|(_, value)| value.len() <= VALUE_MAX && value.chars().all(allowed)), "{tags:?}");
            let heard = tags.into_iter().map(|(name, value)| (name.to_owned(), vec![value])).collect();
            assert_eq!(message_of(&heard), Some(whose));
        }
        assert_eq!(message_of(&BTreeMap::new()), None);
    }
}
