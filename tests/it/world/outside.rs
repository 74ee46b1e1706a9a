//! Everything that AWS does for us but for the table: clients whose answers and memory are here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_sdk_sesv2::operation::send_email::{SendEmailInput, SendEmailOutput};
use aws_sdk_sns::operation::publish::{PublishInput, PublishOutput};
use aws_smithy_mocks::{MockResponse, MockResponseInterceptor, RuleMode, create_mock_http_client, mock};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// What Stripe's events to the tenant `demo` are signed with.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_test";
/// The addresses of the functions' own queues.
pub(crate) const SCAN_QUEUE: &str = "https://sqs.example/scan";
pub(crate) const IMPORT_QUEUE: &str = "https://sqs.example/imports";
/// The key of unsubscribe links.
pub(crate) const UNSUBSCRIBE_KEY: &str = "unsubscribe-key";

/// How SES and SNS answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SesAnswer {
    /// They take the message.
    #[default]
    Taken,
    /// Too many messages a second.
    Throttled,
    /// The message will never be taken.
    Refused,
    /// They took it, and the answer is lost on the way.
    Lost,
    /// A gateway gave up waiting; nobody knows.
    TimedOut,
}

/// An e-mail that SES took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentMail {
    pub(crate) at: jiff::Timestamp,
    pub(crate) message_id: String,
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) reply_to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) configuration_set: String,
    /// The trace that it was sent in.
    pub(crate) trace: Option<String>,
}

/// The memory of every service.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    pub(crate) ses_answer: Mutex<SesAnswer>,
    pub(crate) mails: Mutex<Vec<SentMail>>,
    /// Phone number and text.
    pub(crate) texts: Mutex<Vec<(String, String)>>,
    pub(crate) objects: Mutex<BTreeMap<String, Vec<u8>>>,
    /// What S3 calls the content of objects, where it is not what [`Outside::etag`] says.
    pub(crate) etags: Mutex<BTreeMap<String, String>>,
    /// Metadata of the objects that are read.
    pub(crate) metadata: Mutex<Option<(String, String)>>,
    /// How many of the next calls to the bus fail.
    pub(crate) bus_failures: Mutex<u32>,
    /// The trace headers of what was put on the bus.
    pub(crate) traces: Mutex<BTreeSet<Option<String>>>,
    /// What functions wrote down for CloudWatch to count.
    metrics: Arc<Mutex<Vec<Value>>>,
    bus: Mutex<Vec<(String, Value)>>,
    /// Bodies of messages by the queue that they were sent to.
    sent: Mutex<BTreeMap<String, Vec<String>>>,
}

/// A client of `$sdk` that knows only `$rules`. It repeats nothing by itself.
macro_rules! mocked {
    ($sdk:ident, $($rule:expr),+) => {{
        let interceptor = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny)$(.with_rule(&$rule))+;
        let config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::v2026_01_12())
            .region($sdk::config::Region::new("us-east-1"))
            .credentials_provider($sdk::config::Credentials::new("test", "test", None, None, "test"))
            .retry_config($sdk::config::retry::RetryConfig::disabled())
            .http_client(create_mock_http_client())
            .interceptor(interceptor)
            .build();
        $sdk::Client::from_conf(config)
    }};
}

pub(super) use mocked;

impl Outside {
    pub(crate) fn take_bus(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.bus.lock().unwrap())
    }

    pub(crate) fn take_scan_work(&self) -> Vec<String> {
        self.sent.lock().unwrap().remove(SCAN_QUEUE).unwrap_or_default()
    }

    pub(crate) fn take_import_work(&self) -> Vec<String> {
        self.sent.lock().unwrap().remove(IMPORT_QUEUE).unwrap_or_default()
    }

    /// A message of the import queue is visible again.
    pub(crate) fn send_back(&self, body: &str) {
        self.sent.lock().unwrap().entry(IMPORT_QUEUE.to_owned()).or_default().push(body.to_owned());
    }

    /// Where functions write what CloudWatch is to count.
    pub(crate) fn metrics_sink(&self) -> Box<dyn Fn(&str) + Send + Sync> {
        let metrics = Arc::clone(&self.metrics);
        Box::new(move |line| metrics.lock().unwrap().push(serde_json::from_str(line).unwrap()))
    }

    /// Every line of metrics so far.
    pub(crate) fn metrics(&self) -> Vec<Value> {
        self.metrics.lock().unwrap().clone()
    }

    pub(crate) fn answer(&self, answer: SesAnswer) {
        *self.ses_answer.lock().unwrap() = answer;
    }

    pub(crate) fn ses(self: &Arc<Self>) -> aws_sdk_sesv2::Client {
        let outside = Arc::clone(self);
        let send =
            mock!(aws_sdk_sesv2::Client::send_email).match_requests(|_| true).then_compute_response(move |input| {
                let answer = *outside.ses_answer.lock().unwrap();
                if matches!(answer, SesAnswer::Taken | SesAnswer::Lost) {
                    outside.mails.lock().unwrap().push(mail(input));
                }
                match answer.failure("TooManyRequestsException", "MessageRejected") {
                    Some((status, headers, body)) => MockResponse::Http(response(status, headers, body)),
                    None => MockResponse::Output(SendEmailOutput::builder().message_id("ses-1").build()),
                }
            });
        mocked!(aws_sdk_sesv2, send)
    }

    pub(crate) fn sns(self: &Arc<Self>) -> aws_sdk_sns::Client {
        let outside = Arc::clone(self);
        let publish = mock!(aws_sdk_sns::Client::publish).match_requests(|_| true).then_compute_response(
            move |input: &PublishInput| {
                let text = |value: Option<&str>| value.unwrap().to_owned();
                let answer = *outside.ses_answer.lock().unwrap();
                if matches!(answer, SesAnswer::Taken | SesAnswer::Lost) {
                    outside.texts.lock().unwrap().push((text(input.phone_number()), text(input.message())));
                }
                match answer.sns_failure() {
                    Some((status, body)) => MockResponse::Http(response(status, None, body)),
                    None => MockResponse::Output(PublishOutput::builder().message_id("sns-1").build()),
                }
            },
        );
        mocked!(aws_sdk_sns, publish)
    }

    pub(crate) fn eventbridge(self: &Arc<Self>) -> aws_sdk_eventbridge::Client {
        use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
        use aws_sdk_eventbridge::types::PutEventsResultEntry;
        let outside = Arc::clone(self);
        let put = mock!(aws_sdk_eventbridge::Client::put_events).match_requests(|_| true).then_compute_response(
            move |input| {
                let mut failures = outside.bus_failures.lock().unwrap();
                if *failures > 0 {
                    // The call is answered with 200, and an entry of it has failed all the same.
                    *failures -= 1;
                    let failed = PutEventsResultEntry::builder().error_code("InternalFailure").build();
                    return MockResponse::Output(
                        PutEventsOutput::builder().failed_entry_count(1).entries(failed).build(),
                    );
                }
                for entry in input.entries() {
                    assert_eq!((entry.event_bus_name(), entry.source()), (Some("dunlin-bus"), Some("dunlin")));
                    let detail = serde_json::from_str(entry.detail().unwrap()).unwrap();
                    outside.traces.lock().unwrap().insert(entry.trace_header().map(str::to_owned));
                    outside.bus.lock().unwrap().push((entry.detail_type().unwrap().to_owned(), detail));
                }
                MockResponse::Output(PutEventsOutput::builder().failed_entry_count(0).build())
            },
        );
        mocked!(aws_sdk_eventbridge, put)
    }

    pub(crate) fn sqs(self: &Arc<Self>) -> aws_sdk_sqs::Client {
        use aws_sdk_sqs::operation::send_message::SendMessageOutput;
        let outside = Arc::clone(self);
        let send =
            mock!(aws_sdk_sqs::Client::send_message).match_requests(|_| true).then_compute_response(move |input| {
                let queue = input.queue_url().unwrap().to_owned();
                let body = input.message_body().unwrap().to_owned();
                outside.sent.lock().unwrap().entry(queue).or_default().push(body);
                MockResponse::Output(SendMessageOutput::builder().message_id("sqs-1").build())
            });
        mocked!(aws_sdk_sqs, send)
    }

    pub(crate) fn secrets(self: &Arc<Self>) -> aws_sdk_secretsmanager::Client {
        use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
        use aws_sdk_secretsmanager::types::error::ResourceNotFoundException;
        let get = mock!(aws_sdk_secretsmanager::Client::get_secret_value)
            .match_requests(|_| true)
            .then_compute_response(|input| {
                let secret = match input.secret_id().unwrap() {
                    "unsubscribe" => UNSUBSCRIBE_KEY.to_owned(),
                    "dunlin/tenant/demo/stripe" => {
                        format!("{{\"signing_secrets\":[\"{WEBHOOK_SECRET}\",\"whsec_next\"]}}")
                    }
                    _ => {
                        let missing = ResourceNotFoundException::builder().build();
                        return MockResponse::Error(GetSecretValueError::ResourceNotFoundException(missing));
                    }
                };
                MockResponse::Output(GetSecretValueOutput::builder().secret_string(secret).build())
            });
        mocked!(aws_sdk_secretsmanager, get)
    }
}

impl SesAnswer {
    /// Status, error type and body of an answer of SES that is no success.
    fn failure(
        self,
        throttled: &'static str,
        refused: &'static str,
    ) -> Option<(u16, Option<&'static str>, &'static str)> {
        match self {
            Self::Taken => None,
            Self::Throttled => Some((429, Some(throttled), "{\"message\":\"Maximum sending rate exceeded.\"}")),
            Self::Refused => Some((400, Some(refused), "{\"message\":\"Email address is not verified.\"}")),
            Self::Lost => Some((200, None, "{\"Message")),
            Self::TimedOut => Some((504, None, "<html>504 Gateway Time-out</html>")),
        }
    }

    fn sns_failure(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Taken => None,
            Self::Throttled => {
                Some((429, "<ErrorResponse><Error><Type>Sender</Type><Code>Throttled</Code></Error></ErrorResponse>"))
            }
            Self::Refused => Some((
                400,
                "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code></Error></ErrorResponse>",
            )),
            Self::Lost => Some((200, "<PublishResp")),
            Self::TimedOut => Some((504, "<html>504 Gateway Time-out</html>")),
        }
    }
}

fn response(
    status: u16,
    error_type: Option<&'static str>,
    body: &'static str,
) -> aws_sdk_sesv2::config::http::HttpResponse {
    let status = status.try_into().unwrap();
    let mut response = aws_sdk_sesv2::config::http::HttpResponse::new(status, SdkBody::from(body));
    if let Some(error_type) = error_type {
        response.headers_mut().insert("x-amzn-errortype", error_type);
    }
    response
}

fn mail(input: &SendEmailInput) -> SentMail {
    let message = input.content().unwrap().simple().unwrap();
    let body = message.body().unwrap();
    let tags = input.email_tags().iter().map(|tag| (tag.name().to_owned(), tag.value().to_owned()));
    let tags: BTreeMap<String, String> = tags.collect();
    let headers = message.headers().iter().map(|header| (header.name().to_owned(), header.value().to_owned()));
    SentMail {
        at: super::now(),
        message_id: tags.get("message").unwrap().clone(),
        to: input.destination().unwrap().to_addresses().join(","),
        from: input.from_email_address().unwrap().to_owned(),
        reply_to: input.reply_to_addresses().join(","),
        subject: message.subject().unwrap().data().to_owned(),
        text: body.text().unwrap().data().to_owned(),
        html: body.html().unwrap().data().to_owned(),
        headers: headers.collect(),
        tags,
        configuration_set: input.configuration_set_name().unwrap().to_owned(),
        trace: dunlin_aws::telemetry::trace_header(),
    }
}
