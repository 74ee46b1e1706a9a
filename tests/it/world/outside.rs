//! Everything that AWS does for us but for the table: clients whose answers and memory are here. As with the table, each
//! request waits before it takes effect and before its answer is heard.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sdk_sesv2::operation::send_email::{SendEmailInput, SendEmailOutput};
use aws_sdk_sns::operation::publish::{PublishInput, PublishOutput};
use aws_smithy_mocks::{MockResponse, MockResponseInterceptor, RuleMode, create_mock_http_client, mock};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dunlin_testkit::faults::{Fault, Faults};
use serde_json::Value;

/// What Stripe's events to the tenant `demo` are signed with.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_test";
/// The addresses of the functions' own queues.
pub(crate) const SCAN_QUEUE: &str = "https://sqs.example/scan";
pub(crate) const BACKTEST_QUEUE: &str = "https://sqs.example/backtests";
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

/// A text message that SNS took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentText {
    pub(crate) at: jiff::Timestamp,
    /// SNS's id of it.
    pub(crate) provider_id: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    /// SES or SNS.
    Messages,
    /// The bus, the queues or Secrets Manager.
    Others,
}

/// The memory of every service.
#[derive(Default)]
pub(crate) struct Outside {
    pub(crate) ses_answer: Mutex<SesAnswer>,
    pub(crate) mails: Mutex<Vec<SentMail>>,
    pub(crate) texts: Mutex<Vec<SentText>>,
    /// How many texts SNS was asked to take.
    texts_asked: Mutex<usize>,
    pub(crate) objects: Mutex<BTreeMap<String, Vec<u8>>>,
    /// What S3 calls the content of objects, where it is not what [`Outside::etag`] says.
    pub(crate) etags: Mutex<BTreeMap<String, String>>,
    /// Metadata of the objects that are read.
    pub(crate) metadata: Mutex<Option<(String, String)>>,
    /// How many of the next calls to the bus fail: answered with 200, and only a part of their entries is taken.
    pub(crate) bus_failures: Mutex<u32>,
    /// What else goes wrong, with any of the services.
    pub(crate) faults: Mutex<Faults>,
    /// How many requests failed, by who was asked and how.
    pub(crate) befallen: Mutex<BTreeMap<(Service, Fault), u64>>,
    /// How many requests there were.
    pub(crate) asked: Mutex<usize>,
    /// The trace headers of what was put on the bus.
    pub(crate) traces: Mutex<BTreeSet<Option<String>>>,
    /// What functions wrote down for CloudWatch to count.
    metrics: Arc<Mutex<Vec<Value>>>,
    bus: Mutex<Vec<(String, Value)>>,
    /// Bodies of messages by the queue that they were sent to.
    sent: Mutex<BTreeMap<String, Vec<String>>>,
    /// What the request that is just being made will do.
    effect: Mutex<Option<Effect>>,
    /// Whether the connection breaks before its answer is heard.
    breaks: Mutex<bool>,
}

type Effect = Box<dyn FnOnce() + Send>;

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

/// The way to the services: a request takes effect in the middle of its journey.
#[derive(Debug, Clone)]
pub(super) struct Way(pub(super) Arc<Outside>);

#[derive(Debug)]
struct Journey(Arc<Outside>, SharedHttpConnector);

impl HttpClient for Way {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let answers = create_mock_http_client().http_connector(settings, parts);
        SharedHttpConnector::new(Journey(Arc::clone(&self.0), answers))
    }
}

impl HttpConnector for Journey {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // It was left there in the same breath: the client waits for nothing in between.
        let effect = self.0.effect.lock().unwrap().take();
        let breaks = std::mem::take(&mut *self.0.breaks.lock().unwrap());
        let answers = self.1.clone();
        HttpConnectorFuture::new(async move {
            tokio::task::yield_now().await;
            if let Some(effect) = effect {
                effect();
            }
            tokio::task::yield_now().await;
            if breaks { Err(ConnectorError::timeout("injected".into())) } else { answers.call(request).await }
        })
    }
}

/// A client of `$sdk` that knows only `$rules`. It repeats nothing by itself.
macro_rules! mocked {
    ($outside:expr, $sdk:ident, $($rule:expr),+) => {{
        let interceptor = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny)$(.with_rule(&$rule))+;
        let config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::v2026_01_12())
            .region($sdk::config::Region::new("us-east-1"))
            .credentials_provider($sdk::config::Credentials::new("test", "test", None, None, "test"))
            .retry_config($sdk::config::retry::RetryConfig::disabled())
            .http_client(Way(Arc::clone($outside)))
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

    pub(crate) fn take_backtest_work(&self) -> Vec<String> {
        self.sent.lock().unwrap().remove(BACKTEST_QUEUE).unwrap_or_default()
    }

    pub(crate) fn take_import_work(&self) -> Vec<String> {
        self.sent.lock().unwrap().remove(IMPORT_QUEUE).unwrap_or_default()
    }

    /// A message of the import queue, which stays there.
    pub(crate) fn next_import_work(&self) -> Option<String> {
        self.sent.lock().unwrap().get(IMPORT_QUEUE)?.first().cloned()
    }

    /// A message of the import queue is done with.
    pub(crate) fn drop_import_work(&self, body: &str) {
        let mut sent = self.sent.lock().unwrap();
        let Some(bodies) = sent.get_mut(IMPORT_QUEUE) else { return };
        if let Some(at) = bodies.iter().position(|one| one == body) {
            bodies.remove(at);
        }
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

    /// Counts a request, and says what befalls it.
    fn fault(&self, service: Service) -> Option<Fault> {
        *self.asked.lock().unwrap() += 1;
        let fault = self.faults.lock().unwrap().next_fault().filter(|fault| fault.befalls(""))?;
        *self.befallen.lock().unwrap().entry((service, fault)).or_default() += 1;
        Some(fault)
    }

    fn later(self: &Arc<Self>, effect: impl FnOnce(&Self) + Send + 'static) {
        let outside = Arc::clone(self);
        *self.effect.lock().unwrap() = Some(Box::new(move || effect(&outside)));
    }

    /// Takes the second half of a call's entries out where the bus is to fail them, and says how many those are.
    fn failing_entries(&self, entries: &mut Vec<(String, Value)>) -> usize {
        let mut failures = self.bus_failures.lock().unwrap();
        if *failures == 0 {
            return 0;
        }
        *failures -= 1;
        entries.split_off(entries.len() / 2).len()
    }

    /// A request that will do this; its answer, where that is a failure.
    pub(super) fn request(self: &Arc<Self>, effect: impl FnOnce(&Self) + Send + 'static) -> Option<HttpResponse> {
        let fault = self.fault(Service::Others);
        let is_done = !matches!(fault, Some(Fault::Throttled | Fault::Failed | Fault::Unreachable));
        if is_done {
            self.later(effect);
        }
        *self.breaks.lock().unwrap() = matches!(fault, Some(Fault::Unreachable | Fault::AnswerLost));
        let status = if fault == Some(Fault::Throttled) { 429 } else { 503 };
        let fails = !is_done || fault == Some(Fault::AnswerLost);
        fails.then(|| response(status, None, ""))
    }

    /// How SES or SNS answers a message, after having done this where it takes it.
    fn message(self: &Arc<Self>, effect: impl FnOnce(&Self) + Send + 'static) -> SesAnswer {
        let fault = self.fault(Service::Messages);
        let answer = match fault {
            Some(Fault::Throttled) => SesAnswer::Throttled,
            Some(Fault::Failed | Fault::Unreachable) => SesAnswer::TimedOut,
            Some(Fault::AnswerLost) => SesAnswer::Lost,
            Some(Fault::Conflict | Fault::Cancelled | Fault::Part | Fault::Stale) | None => {
                *self.ses_answer.lock().unwrap()
            }
        };
        if matches!(answer, SesAnswer::Taken | SesAnswer::Lost) {
            self.later(effect);
        }
        // An answer is lost in two ways: it breaks off, or the connection does.
        let every_other = self.asked.lock().unwrap().is_multiple_of(2);
        *self.breaks.lock().unwrap() = fault == Some(Fault::Unreachable) || answer == SesAnswer::Lost && every_other;
        answer
    }

    pub(crate) fn ses(self: &Arc<Self>) -> aws_sdk_sesv2::Client {
        let outside = Arc::clone(self);
        let send =
            mock!(aws_sdk_sesv2::Client::send_email).match_requests(|_| true).then_compute_response(move |input| {
                let mail = mail(input);
                match outside
                    .message(|outside| outside.mails.lock().unwrap().push(mail))
                    .failure("TooManyRequestsException", "MessageRejected")
                {
                    Some((status, headers, body)) => MockResponse::Http(response(status, headers, body)),
                    None => MockResponse::Output(SendEmailOutput::builder().message_id("ses-1").build()),
                }
            });
        mocked!(self, aws_sdk_sesv2, send)
    }

    pub(crate) fn sns(self: &Arc<Self>) -> aws_sdk_sns::Client {
        let outside = Arc::clone(self);
        let publish = mock!(aws_sdk_sns::Client::publish).match_requests(|_| true).then_compute_response(
            move |input: &PublishInput| {
                let (text, provider_id) = outside.text(input);
                match outside.message(|outside| outside.texts.lock().unwrap().push(text)).sns_failure() {
                    Some((status, body)) => MockResponse::Http(response(status, None, body)),
                    None => MockResponse::Output(PublishOutput::builder().message_id(provider_id).build()),
                }
            },
        );
        mocked!(self, aws_sdk_sns, publish)
    }

    /// A text, and the id that SNS gives it.
    fn text(&self, input: &PublishInput) -> (SentText, String) {
        let mut asked = self.texts_asked.lock().unwrap();
        *asked += 1;
        let provider_id = format!("sns-{asked}");
        let (to, text) = (input.phone_number().unwrap().to_owned(), input.message().unwrap().to_owned());
        (SentText { at: super::now(), provider_id: provider_id.clone(), to, text }, provider_id)
    }

    pub(crate) fn eventbridge(self: &Arc<Self>) -> aws_sdk_eventbridge::Client {
        use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
        use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
        let outside = Arc::clone(self);
        let put = mock!(aws_sdk_eventbridge::Client::put_events).match_requests(|_| true).then_compute_response(
            move |input| {
                let entry = |entry: &PutEventsRequestEntry| {
                    assert_eq!((entry.event_bus_name(), entry.source()), (Some("dunlin-bus"), Some("dunlin")));
                    let detail = serde_json::from_str(entry.detail().unwrap()).unwrap();
                    outside.traces.lock().unwrap().insert(entry.trace_header().map(str::to_owned));
                    (entry.detail_type().unwrap().to_owned(), detail)
                };
                let mut entries: Vec<(String, Value)> = input.entries().iter().map(entry).collect();
                let failed = outside.failing_entries(&mut entries);
                if let Some(broken) = outside.request(|outside| outside.bus.lock().unwrap().extend(entries)) {
                    return MockResponse::Http(broken);
                }
                // The call is answered with 200, and entries of it may have failed all the same.
                let failure =
                    || PutEventsResultEntry::builder().error_code("InternalFailure").error_message("injected");
                let failures = std::iter::repeat_with(|| failure().build()).take(failed);
                let answer = PutEventsOutput::builder().failed_entry_count(i32::try_from(failed).unwrap());
                MockResponse::Output(answer.set_entries(Some(failures.collect())).build())
            },
        );
        mocked!(self, aws_sdk_eventbridge, put)
    }

    pub(crate) fn sqs(self: &Arc<Self>) -> aws_sdk_sqs::Client {
        use aws_sdk_sqs::operation::send_message::SendMessageOutput;
        let outside = Arc::clone(self);
        let send =
            mock!(aws_sdk_sqs::Client::send_message).match_requests(|_| true).then_compute_response(move |input| {
                let queue = input.queue_url().unwrap().to_owned();
                let body = input.message_body().unwrap().to_owned();
                match outside.request(|outside| outside.sent.lock().unwrap().entry(queue).or_default().push(body)) {
                    Some(broken) => MockResponse::Http(broken),
                    None => MockResponse::Output(SendMessageOutput::builder().message_id("sqs-1").build()),
                }
            });
        mocked!(self, aws_sdk_sqs, send)
    }

    pub(crate) fn secrets(self: &Arc<Self>) -> aws_sdk_secretsmanager::Client {
        use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
        use aws_sdk_secretsmanager::types::error::ResourceNotFoundException;
        let outside = Arc::clone(self);
        let get = mock!(aws_sdk_secretsmanager::Client::get_secret_value)
            .match_requests(|_| true)
            .then_compute_response(move |input| {
                if let Some(broken) = outside.request(|_| ()) {
                    return MockResponse::Http(broken);
                }
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
        mocked!(self, aws_sdk_secretsmanager, get)
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

fn response(status: u16, error_type: Option<&'static str>, body: &'static str) -> HttpResponse {
    let status = status.try_into().unwrap();
    let mut response = HttpResponse::new(status, SdkBody::from(body));
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
