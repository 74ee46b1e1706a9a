//! Handing an e-mail to SES.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{DisplayErrorContext, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use dunlin_domain::template::Letter;

use super::{SendError, surely_not_taken};

/// From whom to whom.
#[derive(Debug, Clone)]
pub struct Addressing<'a> {
    /// The sender, with its name.
    pub from: String,
    /// The reader.
    pub to: &'a str,
    /// Where answers go.
    pub reply_to: &'a str,
    /// Where one click ends e-mail (RFC 8058).
    pub unsubscribe_url: &'a str,
    /// What leads from the provider's feedback back to the message: names and values of letters, digits, `-`, `_`.
    pub tags: Vec<(&'static str, String)>,
}

/// SES. Its client must not repeat calls by itself ([`crate::config::without_retries`]).
#[derive(Debug, Clone)]
pub struct Mailer {
    client: Client,
    configuration_set: String,
}

impl Mailer {
    /// Sends through `client` under a configuration set.
    #[must_use]
    pub fn new(client: Client, configuration_set: String) -> Self {
        Self { client, configuration_set }
    }

    /// Hands a letter over; the answer is the provider's id for it.
    ///
    /// # Errors
    /// [`SendError`], by what to do about it.
    pub async fn send(&self, letter: &Letter, addressing: &Addressing<'_>) -> Result<String, SendError> {
        let refused = |error: aws_sdk_sesv2::error::BuildError| SendError::Refused(error.to_string());
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(refused);
        let header =
            |name: &str, value: String| MessageHeader::builder().name(name).value(value).build().map_err(refused);
        let body = Body::builder().text(content(&letter.text)?).html(content(&letter.html)?).build();
        let message = Message::builder()
            .subject(content(&letter.subject)?)
            .body(body)
            .headers(header("List-Unsubscribe", format!("<{}>", addressing.unsubscribe_url))?)
            .headers(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned())?)
            .build();
        let tag =
            |(name, value): &(&str, String)| MessageTag::builder().name(*name).value(value).build().map_err(refused);
        let call = self
            .client
            .send_email()
            .from_email_address(&addressing.from)
            .destination(Destination::builder().to_addresses(addressing.to).build())
            .reply_to_addresses(addressing.reply_to)
            .content(EmailContent::builder().simple(message).build())
            .configuration_set_name(&self.configuration_set)
            .set_email_tags(Some(addressing.tags.iter().map(tag).collect::<Result<_, _>>()?));
        match call.send().await {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => Err(sort(&error)),
        }
    }
}

/// Sorts SES's answers: what is wrong with this message, what is wrong for now, and silence.
fn sort(error: &SdkError<SendEmailError, HttpResponse>) -> SendError {
    let text = DisplayErrorContext(error).to_string();
    match error {
        SdkError::ServiceError(service) => match service.err() {
            SendEmailError::MessageRejected(_)
            | SendEmailError::BadRequestException(_)
            | SendEmailError::MailFromDomainNotVerifiedException(_)
            | SendEmailError::NotFoundException(_) => SendError::Refused(text),
            // Throttling, a paused account: SES answered, and did not take the message.
            _ if surely_not_taken(service.raw().status().as_u16()) => SendError::NotNow(text),
            _ => SendError::NoAnswer(text),
        },
        SdkError::ConstructionFailure(_) => SendError::Refused(text),
        _ => SendError::NoAnswer(text),
    }
}
