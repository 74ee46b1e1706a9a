//! What the queue holds: events of SES and of AWS End User Messaging in EventBridge's envelope, and replies in that of SNS.

use std::collections::BTreeMap;

use dunlin_aws::mail::message_of;
use dunlin_aws::store::MessageRef;
use dunlin_domain::contact::{Channel, PhoneNumber};
use dunlin_domain::reach::{Address, Word};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::FeedbackError;

/// What SES says of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailWord {
    /// The message, by its tags.
    pub whose: MessageRef,
    /// What is said.
    pub word: Word,
    /// When.
    pub at: Timestamp,
    /// SES's id of the message.
    pub provider_id: String,
    /// Where it went.
    pub recipient: Option<Address>,
}

/// What carriers say of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextWord {
    /// The provider's id of the text.
    pub provider_id: String,
    /// What is said.
    pub word: Word,
    /// When.
    pub at: Timestamp,
}

/// A text that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextReply {
    /// Its id.
    pub id: String,
    /// Who wrote.
    pub from: PhoneNumber,
    /// What.
    pub text: String,
    /// When it was received.
    pub at: Timestamp,
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feedback {
    /// Of an e-mail.
    Mail(MailWord),
    /// Of a text.
    Text(TextWord),
    /// From a debtor.
    Reply(TextReply),
    /// Nothing that is of use, and why.
    Nothing(&'static str),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Envelope {
    Bridge {
        source: String,
        detail: Value,
    },
    #[serde(rename_all = "PascalCase")]
    Topic {
        message: String,
        timestamp: Timestamp,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MailEvent {
    event_type: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    delivery: Option<Timed>,
    open: Option<Timed>,
    click: Option<Timed>,
    delivery_delay: Option<Timed>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    timestamp: Timestamp,
    message_id: String,
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Timed {
    timestamp: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    timestamp: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
    timestamp: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TextEvent {
    event_type: String,
    /// Milliseconds.
    event_timestamp: i64,
    message_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InboundText {
    origination_number: String,
    message_body: String,
    inbound_message_id: String,
}

impl Feedback {
    /// Reads the body of a queue's message.
    ///
    /// # Errors
    /// [`FeedbackError::BadEvent`].
    pub fn read(body: &str) -> Result<Self, FeedbackError> {
        match serde_json::from_str(body).map_err(bad)? {
            Envelope::Bridge { source, detail } => match source.as_str() {
                "aws.ses" => Self::of_mail(serde_json::from_value(detail).map_err(bad)?),
                "aws.sms-voice" => Self::of_text(serde_json::from_value(detail).map_err(bad)?),
                other => Err(bad(format!("nothing is known of events of {other}"))),
            },
            Envelope::Topic { message, timestamp } => {
                Self::of_reply(serde_json::from_str(&message).map_err(bad)?, timestamp)
            }
        }
    }

    fn of_mail(event: MailEvent) -> Result<Self, FeedbackError> {
        let MailEvent { event_type, mail, bounce, complaint, delivery, open, click, delivery_delay } = event;
        let timed = |part: Option<Timed>| part.map_or(mail.timestamp, |part| part.timestamp);
        let missing = || bad(format!("a {event_type} does not say what happened"));
        let (word, at) = match event_type.as_str() {
            "Send" => (Word::Sent, mail.timestamp),
            "Delivery" => (Word::Delivered, timed(delivery)),
            "DeliveryDelay" => (Word::Delayed, timed(delivery_delay)),
            "Open" => (Word::Opened, timed(open)),
            "Click" => (Word::Clicked, timed(click)),
            "Reject" | "Rendering Failure" => (Word::Rejected, mail.timestamp),
            "Bounce" => {
                let bounce = bounce.ok_or_else(missing)?;
                // What is not told apart may pass: it is tried again later, and given up after a while.
                let is_hard = bounce.bounce_type == "Permanent";
                (if is_hard { Word::BouncedHard } else { Word::BouncedSoftly }, bounce.timestamp)
            }
            "Complaint" => {
                let complaint = complaint.ok_or_else(missing)?;
                if complaint.complaint_feedback_type.as_deref() == Some("not-spam") {
                    return Ok(Self::Nothing("its reader says that it is not spam"));
                }
                (Word::Complained, complaint.timestamp)
            }
            _ => return Ok(Self::Nothing("SES tells of something that nothing is done with")),
        };
        let Some(whose) = message_of(&mail.tags) else { return Ok(Self::Nothing("the e-mail is none of a tenant's")) };
        let recipient = mail.destination.first().and_then(|to| Address::parse(Channel::Email, to).ok());
        Ok(Self::Mail(MailWord { whose, word, at, provider_id: mail.message_id, recipient }))
    }

    fn of_text(event: TextEvent) -> Result<Self, FeedbackError> {
        let at = Timestamp::from_millisecond(event.event_timestamp).map_err(bad)?;
        let word = match event.event_type.as_str() {
            "TEXT_QUEUED" | "TEXT_PENDING" | "TEXT_SENT" => Word::Sent,
            // Depending on the country, what a carrier took and what a phone took is not told apart.
            "TEXT_SUCCESSFUL" | "TEXT_DELIVERED" => Word::Delivered,
            "TEXT_INVALID" | "TEXT_BLOCKED" => Word::BouncedHard,
            "TEXT_UNREACHABLE" | "TEXT_CARRIER_UNREACHABLE" | "TEXT_TTL_EXPIRED" => Word::BouncedSoftly,
            "TEXT_CARRIER_BLOCKED" | "TEXT_INVALID_MESSAGE" | "TEXT_SPAM" | "TEXT_PROTECT_BLOCKED" => Word::Rejected,
            _ => return Ok(Self::Nothing("nobody knows what became of the text")),
        };
        Ok(Self::Text(TextWord { provider_id: event.message_id, word, at }))
    }

    fn of_reply(inbound: InboundText, at: Timestamp) -> Result<Self, FeedbackError> {
        // Short codes and names can write too. None of them was written to.
        let Ok(from) = PhoneNumber::parse(&inbound.origination_number) else {
            return Ok(Self::Nothing("the text comes from no phone number"));
        };
        let (id, text) = (inbound.inbound_message_id, inbound.message_body);
        Ok(Self::Reply(TextReply { id, from, text, at }))
    }
}

fn bad(error: impl ToString) -> FeedbackError {
    FeedbackError::BadEvent(error.to_string())
}
