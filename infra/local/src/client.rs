//! Talking to a running stack: its API as a tenant does, its table, queues, bucket and functions as an operator does,
//! and the emulator's mailbox.
//!
//! Plain JSON over HTTP. The emulator takes the word of its root key, so these calls carry the key's name in an
//! `Authorization` header and no signature; the functions sign theirs, and are held to their roles.

use std::fs::File;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{Request, StatusCode};

use crate::emulator::REGION;
use crate::stack::Description;
use crate::tenant;

/// The emulator's root user: key and secret alike.
pub(crate) const ROOT_KEY: &str = "test";

/// The header in which a simulated moment travels.
pub const SIMULATED_TIME: &str = "dunlin-simulated-time";

/// Longer than the longest function.
const PATIENCE: Duration = Duration::from_secs(960);

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{address} cannot be reached: {source}. Is the stack running (`cargo local up`)?")]
    Unreachable { address: String, source: Box<ureq::Error> },
    #[error("{service} refused {operation}: {kind}: {message}")]
    Refused { service: &'static str, operation: String, kind: String, message: String },
    #[error("{service} answered what nobody expects: {answer}")]
    Unexpected { service: &'static str, answer: String },
    /// An invocation that returned an error, or crashed.
    #[error("the function {function} failed: {answer}")]
    FunctionFailed { function: String, answer: String },
}

impl ClientError {
    pub(crate) fn unexpected(service: &'static str, answer: &Value) -> Self {
        Self::Unexpected { service, answer: answer.to_string() }
    }
}

/// What the API answered, whatever the status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// The body if it is JSON, else `Null`.
    pub json: Value,
    pub text: String,
}

impl Answer {
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of a success.
    pub(crate) fn success(self) -> Result<Value, ClientError> {
        if self.is_success() { Ok(self.json) } else { Err(ClientError::unexpected("the API", &json!(self.text))) }
    }
}

/// A part of a path or query, as an address has it.
pub(crate) fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    pub waiting: u64,
    /// Received by somebody and neither deleted nor given back.
    pub in_flight: u64,
    pub delayed: u64,
}

impl Depth {
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self { waiting: 0, in_flight: 0, delayed: 0 }
    }
}

/// A sent e-mail, as the emulator keeps it: without its headers and tags.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Mail {
    pub message_id: String,
    pub source: String,
    pub to: Vec<String>,
    pub subject: String,
    pub body_text: String,
    pub body_html: Option<String>,
}

/// A sent text message.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Sms {
    pub message_id: String,
    pub phone_number: String,
    pub message: String,
}

/// A connection to a running stack. Cheap to clone, and may be used from several threads.
#[derive(Debug, Clone)]
pub struct Client {
    stack: Description,
    agent: Agent,
}

impl Client {
    #[must_use]
    pub fn new(stack: Description) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        Self { stack, agent: config.into() }
    }

    #[must_use]
    pub fn stack(&self) -> &Description {
        &self.stack
    }

    /// Takes a fresh token for the demo tenant's owner. Tokens last an hour.
    ///
    /// # Errors
    /// [`ClientError`] if Cognito refuses.
    pub fn sign_in(&mut self) -> Result<(), ClientError> {
        self.stack.token = tenant::sign_in(self)?;
        Ok(())
    }

    // ---- the API, as a tenant's owner

    /// `path` starts with a slash and may carry a query.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`]; an answer of any status is not an error.
    pub fn api_get(&self, path: &str) -> Result<Answer, ClientError> {
        let headers = [("authorization", format!("Bearer {}", self.stack.token))];
        self.answer("GET", &format!("{}{path}", self.stack.api_url), &headers, &[])
    }

    /// Posts JSON, at a simulated moment if one is given.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`]; an answer of any status is not an error.
    pub fn api_post(&self, path: &str, body: &Value, at: Option<Timestamp>) -> Result<Answer, ClientError> {
        let mut headers = vec![
            ("authorization", format!("Bearer {}", self.stack.token)),
            ("content-type", "application/json".to_owned()),
        ];
        headers.extend(at.map(|at| (SIMULATED_TIME, at.to_string())));
        self.answer("POST", &format!("{}{path}", self.stack.api_url), &headers, body.to_string().as_bytes())
    }

    /// Any request to the API, without a token: webhooks, unsubscribe links, intruders.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`]; an answer of any status is not an error.
    pub fn api_anonymous(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> Result<Answer, ClientError> {
        self.answer(method, &format!("{}{path}", self.stack.api_url), headers, body)
    }

    /// Puts a file to an address that the API gave out.
    ///
    /// # Errors
    /// [`ClientError::Refused`] or [`ClientError::Unreachable`].
    pub fn upload(&self, address: &str, headers: &[(&str, String)], file: &File) -> Result<(), ClientError> {
        let mut request = self.agent.put(address);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let unreachable = |source| ClientError::Unreachable { address: address.to_owned(), source: Box::new(source) };
        let mut response = request.send(file).map_err(unreachable)?;
        let text = response.body_mut().read_to_string().map_err(unreachable)?;
        let answer = Answer { status: response.status().as_u16(), json: Value::Null, text };
        if answer.is_success() { Ok(()) } else { Err(s3_refusal("PutObject", answer)) }
    }

    /// What lies at an address that the API gave out.
    ///
    /// # Errors
    /// [`ClientError::Refused`] or [`ClientError::Unreachable`].
    pub fn fetch(&self, address: &str) -> Result<String, ClientError> {
        let answer = self.answer("GET", address, &[], &[])?;
        if answer.is_success() { Ok(answer.text) } else { Err(s3_refusal("GetObject", answer)) }
    }

    // ---- the parts, as an operator

    /// One call of DynamoDB's JSON API, e.g. `dynamodb("GetItem", ..)`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the exception's name, or [`ClientError::Unreachable`].
    pub fn dynamodb(&self, operation: &str, body: &Value) -> Result<Value, ClientError> {
        self.json_api("dynamodb", "DynamoDB_20120810", "1.0", operation, body)
    }

    /// # Errors
    /// As [`Client::dynamodb`].
    pub fn sqs(&self, operation: &str, body: &Value) -> Result<Value, ClientError> {
        self.json_api("sqs", "AmazonSQS", "1.0", operation, body)
    }

    /// # Errors
    /// As [`Client::dynamodb`].
    pub fn sqs_send(&self, queue_url: &str, body: &Value) -> Result<(), ClientError> {
        self.sqs("SendMessage", &json!({ "QueueUrl": queue_url, "MessageBody": body.to_string() })).map(drop)
    }

    /// # Errors
    /// As [`Client::dynamodb`].
    pub fn sqs_depth(&self, queue_url: &str) -> Result<Depth, ClientError> {
        let answer = self.sqs("GetQueueAttributes", &json!({ "QueueUrl": queue_url, "AttributeNames": ["All"] }))?;
        let count = |name: &str| {
            let value = answer.pointer("/Attributes")?.get(name)?;
            value.as_str().and_then(|text| text.parse().ok()).or_else(|| value.as_u64())
        };
        let depth = || {
            Some(Depth {
                waiting: count("ApproximateNumberOfMessages")?,
                in_flight: count("ApproximateNumberOfMessagesNotVisible")?,
                delayed: count("ApproximateNumberOfMessagesDelayed")?,
            })
        };
        depth().ok_or_else(|| ClientError::unexpected("sqs", &answer))
    }

    /// # Errors
    /// As [`Client::dynamodb`].
    pub fn secrets(&self, operation: &str, body: &Value) -> Result<Value, ClientError> {
        self.json_api("secretsmanager", "secretsmanager", "1.1", operation, body)
    }

    /// # Errors
    /// As [`Client::dynamodb`].
    pub fn cognito(&self, operation: &str, body: &Value) -> Result<Value, ClientError> {
        self.json_api("cognito-idp", "AWSCognitoIdentityProviderService", "1.1", operation, body)
    }

    /// The emulator takes any domain as verified once it has been named.
    pub(crate) fn verify_mail_domain(&self, domain: &str) -> Result<(), ClientError> {
        let address = format!("{}/v2/email/identities", self.stack.endpoint);
        let headers = [("authorization", root("ses")), ("content-type", "application/json".to_owned())];
        let body = json!({ "EmailIdentity": domain }).to_string();
        let answer = self.answer("POST", &address, &headers, body.as_bytes())?;
        // Named already, by an earlier `up`.
        if answer.is_success() || answer.text.contains("already exist") {
            return Ok(());
        }
        Err(ClientError::unexpected("ses", &Value::String(answer.text)))
    }

    /// Publishes on an event bus.
    ///
    /// # Errors
    /// As [`Client::dynamodb`].
    pub fn put_events(&self, entries: &Value) -> Result<Value, ClientError> {
        self.json_api("events", "AWSEvents", "1.1", "PutEvents", &json!({ "Entries": entries }))
    }

    /// Invokes a function by the name of its crate and waits for what it returns.
    ///
    /// # Errors
    /// [`ClientError::FunctionFailed`] if it returned an error or crashed.
    pub fn invoke(&self, function: &str, event: &Value) -> Result<Value, ClientError> {
        let name = self.stack.functions.get(function).map_or(function, String::as_str);
        let address = format!("{}/2015-03-31/functions/{name}/invocations", self.stack.endpoint);
        let body = event.to_string();
        let response = self.request("POST", &address, &[("authorization", root("lambda"))], body.as_bytes())?;
        if response.failed || !response.answer.is_success() {
            return Err(ClientError::FunctionFailed { function: name.to_owned(), answer: response.answer.text });
        }
        Ok(response.answer.json)
    }

    /// The variables a function runs with, by the name of its crate.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Unexpected`].
    pub fn environment(&self, function: &str) -> Result<Value, ClientError> {
        let name = self.stack.functions.get(function).map_or(function, String::as_str);
        let address = format!("{}/2015-03-31/functions/{name}/configuration", self.stack.endpoint);
        let answer = self.answer("GET", &address, &[("authorization", root("lambda"))], &[])?;
        let variables = answer.json.pointer("/Environment/Variables");
        variables.cloned().ok_or_else(|| ClientError::unexpected("lambda", &answer.json))
    }

    /// Puts an object, with metadata (`x-amz-meta-*`). `key` may hold any character.
    ///
    /// # Errors
    /// [`ClientError::Refused`] or [`ClientError::Unreachable`].
    pub fn put_object(
        &self,
        bucket: &str,
        key: &str,
        body: &[u8],
        metadata: &[(&str, String)],
    ) -> Result<(), ClientError> {
        let names: Vec<String> = metadata.iter().map(|(name, _)| format!("x-amz-meta-{name}")).collect();
        let mut headers = vec![("authorization", root("s3"))];
        headers.extend(names.iter().map(String::as_str).zip(metadata.iter().map(|(_, value)| value.clone())));
        let answer = self.answer("PUT", &self.object(bucket, key), &headers, body)?;
        if answer.is_success() {
            return Ok(());
        }
        Err(s3_refusal("PutObject", answer))
    }

    /// The object, or `None` if there is none under that key.
    ///
    /// # Errors
    /// [`ClientError::Refused`] or [`ClientError::Unreachable`].
    pub fn get_object(&self, bucket: &str, key: &str) -> Result<Option<String>, ClientError> {
        let answer = self.answer("GET", &self.object(bucket, key), &[("authorization", root("s3"))], &[])?;
        if answer.status == StatusCode::NOT_FOUND.as_u16() {
            return Ok(None);
        }
        if answer.is_success() {
            return Ok(Some(answer.text));
        }
        Err(s3_refusal("GetObject", answer))
    }

    // ---- what was sent

    /// Every e-mail sent so far, oldest first.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Unexpected`].
    pub fn mailbox(&self) -> Result<Vec<Mail>, ClientError> {
        self.sent(&self.stack.mailbox_url, "messages")
    }

    /// Every text message sent so far, by number.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Unexpected`].
    pub fn sms(&self) -> Result<Vec<Sms>, ClientError> {
        self.sent(&self.stack.sms_url, "sms_messages")
    }

    /// The emulator's inboxes are lists by account, or by number.
    fn sent<T: for<'a> Deserialize<'a>>(&self, address: &str, field: &str) -> Result<Vec<T>, ClientError> {
        let answer = self.answer("GET", address, &[], &[])?;
        let lists = answer.json.get(field).and_then(Value::as_object);
        let unexpected = || ClientError::unexpected("the mailbox", &answer.json);
        let messages = lists.ok_or_else(unexpected)?.values().filter_map(Value::as_array).flatten();
        messages.map(|message| T::deserialize(message).map_err(|_| unexpected())).collect()
    }

    // ---- below

    fn object(&self, bucket: &str, key: &str) -> String {
        let mut address = format!("{}/{bucket}/", self.stack.endpoint);
        for byte in key.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    address.push(char::from(byte));
                }
                other => address.push_str(&format!("%{other:02X}")),
            }
        }
        address
    }

    fn json_api(
        &self,
        service: &'static str,
        target: &str,
        version: &str,
        operation: &str,
        body: &Value,
    ) -> Result<Value, ClientError> {
        let headers = [
            ("authorization", root(service)),
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{target}.{operation}")),
        ];
        let answer = self.answer("POST", &self.stack.endpoint, &headers, body.to_string().as_bytes())?;
        if answer.is_success() {
            return Ok(answer.json);
        }
        let text = |name: &str| answer.json.get(name).and_then(Value::as_str);
        let kind = text("__type").unwrap_or_default().rsplit('#').next().unwrap_or_default().to_owned();
        let message = text("message").or_else(|| text("Message")).unwrap_or(&answer.text).to_owned();
        Err(ClientError::Refused { service, operation: operation.to_owned(), kind, message })
    }

    fn answer(
        &self,
        method: &str,
        address: &str,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> Result<Answer, ClientError> {
        self.request(method, address, headers, body).map(|response| response.answer)
    }

    fn request(
        &self,
        method: &str,
        address: &str,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> Result<Response, ClientError> {
        let unreachable = |source| ClientError::Unreachable { address: address.to_owned(), source: Box::new(source) };
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let sent = match (method, body) {
            ("GET" | "HEAD" | "DELETE", []) => {
                request.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request))
            }
            _ => request.body(body).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
        };
        let mut response = sent.map_err(unreachable)?;
        let status = response.status().as_u16();
        let failed = response.headers().contains_key("x-amz-function-error");
        let bytes = response.body_mut().with_config().limit(u64::MAX).read_to_vec().map_err(unreachable)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Response { answer: Answer { status, json, text }, failed })
    }
}

/// Creating a bucket that is there already is not an error in this region.
pub(crate) fn create_bucket(endpoint: &str, bucket: &str) -> Result<(), ClientError> {
    let address = format!("{endpoint}/{bucket}");
    let created = ureq::put(&address).header("authorization", root("s3")).send_empty();
    created.map(drop).map_err(|source| ClientError::Unreachable { address, source: Box::new(source) })
}

/// For the time before there is a stack to be a [`Client`] of. `key` holds letters, digits, dots and dashes only.
pub(crate) fn put_object(endpoint: &str, bucket: &str, key: &str, body: &[u8]) -> Result<(), ClientError> {
    let address = format!("{endpoint}/{bucket}/{key}");
    let put = ureq::put(&address).header("authorization", root("s3")).send(body);
    put.map(drop).map_err(|source| ClientError::Unreachable { address, source: Box::new(source) })
}

struct Response {
    answer: Answer,
    /// Lambda's mark of a function that failed.
    failed: bool,
}

fn root(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ROOT_KEY}/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

fn s3_refusal(operation: &str, answer: Answer) -> ClientError {
    ClientError::Refused {
        service: "s3",
        operation: operation.to_owned(),
        kind: answer.status.to_string(),
        message: answer.text,
    }
}
