//! Handing a text message to SNS.

use aws_sdk_sns::Client;
use aws_sdk_sns::config::http::HttpResponse;
use aws_sdk_sns::error::{DisplayErrorContext, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;

use crate::mail::{SendError, surely_not_taken};

/// SNS. Its client must not repeat calls by itself ([`crate::config::without_retries`]).
#[derive(Debug, Clone)]
pub struct TextSender {
    client: Client,
}

impl TextSender {
    /// Sends through `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Hands a text over to a phone number in international form; the answer is the provider's id for it.
    ///
    /// # Errors
    /// [`SendError`], by what to do about it.
    pub async fn send(&self, text: &str, to: &str) -> Result<String, SendError> {
        let transactional = MessageAttributeValue::builder().data_type("String").string_value("Transactional").build();
        let transactional = transactional.map_err(|error| SendError::Refused(error.to_string()))?;
        let call = self.client.publish().phone_number(to).message(text);
        match call.message_attributes("AWS.SNS.SMS.SMSType", transactional).send().await {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => Err(sort(&error)),
        }
    }
}

fn sort(error: &SdkError<PublishError, HttpResponse>) -> SendError {
    let text = DisplayErrorContext(error).to_string();
    match error {
        SdkError::ServiceError(service) => match service.err() {
            PublishError::InvalidParameterException(_)
            | PublishError::InvalidParameterValueException(_)
            | PublishError::NotFoundException(_)
            | PublishError::PlatformApplicationDisabledException(_)
            | PublishError::EndpointDisabledException(_)
            | PublishError::ValidationException(_) => SendError::Refused(text),
            _ if surely_not_taken(service.raw().status().as_u16()) => SendError::NotNow(text),
            _ => SendError::NoAnswer(text),
        },
        SdkError::ConstructionFailure(_) => SendError::Refused(text),
        _ => SendError::NoAnswer(text),
    }
}
