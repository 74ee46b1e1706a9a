//! The API's edges: who calls, what they sent, and answers that say what was wrong (RFC 9457).

use std::collections::BTreeMap;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dunlin_audit::Actor;
use dunlin_domain::ids::TenantId;
use dunlin_domain::intake::{FieldError, RawPart};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// The claim of the token that names the tenant.
const TENANT_CLAIM: &str = "custom:tenant";
/// The header that carries simulated time, which only the local stack honours.
pub const SIMULATED_TIME_HEADER: &str = "dunlin-simulated-time";

/// An answer that is not what the caller hoped for.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What kind of problem, in few words.
    pub title: &'static str,
    /// What was wrong here, and what to do.
    pub detail: String,
    /// The fields at fault, if any.
    pub errors: Vec<Value>,
    /// What else a caller may want to know of this problem, by name (RFC 9457, section 3.2).
    pub more: Vec<(String, Value)>,
}

impl Problem {
    /// A problem without particular fields.
    #[must_use]
    pub fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), errors: Vec::new(), more: Vec::new() }
    }

    /// The request cannot be read.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "The request cannot be read", detail)
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "Not found", detail)
    }

    /// Something behind the API failed; the same request may succeed later.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(503, "Try again later", "the request was not carried out in full; it is safe to send it again")
    }

    /// Something is wrong that only the operator can mend. What it is stands in the log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(500, "Something is wrong here", "the operator of this service has to look into it")
    }

    /// With a parameter at fault.
    #[must_use]
    pub fn field(mut self, field: &str, reason: impl Into<String>) -> Self {
        self.errors.push(json!({ "field": field, "reason": reason.into() }));
        self
    }

    /// With something else to know.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.more.push((name.to_owned(), value));
        self
    }

    /// The answer.
    #[must_use]
    pub fn response(&self) -> ApiGatewayV2httpResponse {
        let mut body = json!({
            "type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail,
        });
        if !self.errors.is_empty() {
            body["errors"] = Value::Array(self.errors.clone());
        }
        for (name, value) in &self.more {
            body[name.as_str()] = value.clone();
        }
        response(self.status, "application/problem+json", body.to_string())
    }
}

/// An answer with a JSON body.
#[must_use]
pub fn json_response(status: u16, body: &impl Serialize) -> ApiGatewayV2httpResponse {
    match serde_json::to_string(body) {
        Ok(text) => response(status, "application/json", text),
        Err(_) => Problem::internal().response(),
    }
}

/// An answer with any body.
#[must_use]
pub fn response(status: u16, content_type: &'static str, body: String) -> ApiGatewayV2httpResponse {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(status);
    response.headers = headers;
    response.body = Some(Body::Text(body));
    response
}

/// The same with a link to what comes next (RFC 8288), relative to what was asked for.
#[must_use]
pub fn linked(mut response: ApiGatewayV2httpResponse, next: Option<&str>) -> ApiGatewayV2httpResponse {
    let link = next.and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok());
    response.headers.extend(link.map(|link| (http::header::LINK, link)));
    response
}

/// The tenant that the caller's token names. Never anything that the caller can choose.
///
/// # Errors
/// 403 where the token names none.
pub fn tenant(request: &ApiGatewayV2httpRequest) -> Result<TenantId, Problem> {
    let authorizer = request.request_context.authorizer.as_ref();
    let claims = authorizer.and_then(|authorizer| authorizer.jwt.as_ref()).map(|jwt| &jwt.claims);
    let claim = claims.and_then(|claims| claims.get(TENANT_CLAIM)).map(String::as_str);
    claim.and_then(|claim| TenantId::parse(claim).ok()).ok_or_else(|| {
        let detail = "the token names no tenant: use an ID token of a user whose custom:tenant is set";
        Problem::new(403, "Not allowed", detail)
    })
}

/// Who calls, for the audit log: the token's subject, which names no person.
#[must_use]
pub fn caller(request: &ApiGatewayV2httpRequest) -> Actor {
    let authorizer = request.request_context.authorizer.as_ref();
    let claims = authorizer.and_then(|authorizer| authorizer.jwt.as_ref()).map(|jwt| &jwt.claims);
    let subject = claims.and_then(|claims| claims.get("sub")).map_or("unknown", String::as_str);
    Actor::new("staff", subject)
}

/// The body as it was sent, byte for byte.
///
/// # Errors
/// 400 where it says that it is base64 and is not.
pub fn raw_body(request: &ApiGatewayV2httpRequest) -> Result<Vec<u8>, Problem> {
    let text = request.body.as_deref().unwrap_or_default();
    if request.is_base64_encoded {
        return STANDARD.decode(text).map_err(|_| Problem::bad_request("the body is not valid base64"));
    }
    Ok(text.as_bytes().to_vec())
}

/// A parameter of the path, decoded.
///
/// # Errors
/// 404 where the route has no such parameter.
pub fn path_parameter<'a>(request: &'a ApiGatewayV2httpRequest, name: &str) -> Result<&'a str, Problem> {
    let value = request.path_parameters.get(name).map(String::as_str);
    value.ok_or_else(|| Problem::not_found(format!("the path has no {name}")))
}

/// A query parameter, unless blank. The gateway joins what is given several times by commas, and the library takes every
/// comma for such a joint; none of our parameters is a list, so it is put together again.
#[must_use]
pub fn query_parameter(request: &ApiGatewayV2httpRequest, name: &str) -> Option<String> {
    let value = request.query_string_parameters.all(name)?.join(",");
    (!value.trim().is_empty()).then_some(value)
}

/// A header's text.
#[must_use]
pub fn header<'a>(request: &'a ApiGatewayV2httpRequest, name: &str) -> Option<&'a str> {
    request.headers.get(name)?.to_str().ok()
}

/// The simulated time that the request brings, if it brings one. Whether it counts is for the clock to say.
#[must_use]
pub fn told_time(request: &ApiGatewayV2httpRequest) -> Option<Timestamp> {
    header(request, SIMULATED_TIME_HEADER)?.parse().ok()
}

/// How many elements one call may hand in.
pub const ELEMENTS_MAX: usize = 500;

/// The elements of a body of the form `{"<name>": [{...}, ...]}`.
///
/// # Errors
/// 400 where it is not of that form, 413 where there are more than [`ELEMENTS_MAX`].
pub fn elements(request: &ApiGatewayV2httpRequest, name: &str) -> Result<Vec<Value>, Problem> {
    let form = || format!("send a JSON object of the form {{\"{name}\": [{{...}}]}}");
    let body: Value = serde_json::from_slice(&raw_body(request)?)
        .map_err(|error| Problem::bad_request(format!("the body is not JSON ({error}); {}", form())))?;
    let elements = body.get(name).and_then(Value::as_array).ok_or_else(|| Problem::bad_request(form()))?;
    if elements.len() > ELEMENTS_MAX {
        let detail = format!("{} elements are more than the {ELEMENTS_MAX} of one call: send several", elements.len());
        return Err(Problem::new(413, "Too many elements", detail));
    }
    Ok(elements.clone())
}

/// The fields of an element as text.
///
/// # Errors
/// One complaint for each field that is not text, or that is none of `known`.
pub fn text_fields(element: &Value, known: &[&str]) -> Result<BTreeMap<String, String>, Vec<FieldError>> {
    let complaint =
        |field: &str, reason: &str| FieldError { field: field.to_owned().into(), reason: reason.to_owned() };
    let Some(object) = element.as_object() else {
        return Err(vec![complaint("", "must be an object")]);
    };
    let (mut fields, mut complaints) = (BTreeMap::new(), Vec::new());
    for (name, value) in object {
        match value {
            _ if !known.contains(&name.as_str()) => complaints.push(complaint(name, "is not a field of this call")),
            Value::Null => {}
            Value::String(text) => drop(fields.insert(name.clone(), text.clone())),
            Value::Number(_) => complaints.push(complaint(name, "must be a string, so that no digit is lost")),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => complaints.push(complaint(name, "must be a string")),
        }
    }
    if complaints.is_empty() { Ok(fields) } else { Err(complaints) }
}

/// The field that lists the invoices that a payment names.
const PARTS: &str = "allocations";

/// Fields as text, and parts for single invoices.
pub type FieldsAndParts = (BTreeMap<String, String>, Vec<RawPart>);

/// The fields of an element as text, and the parts for single invoices that it lists.
///
/// # Errors
/// As [`text_fields`].
pub fn text_fields_and_parts(element: &Value, known: &[&str]) -> Result<FieldsAndParts, Vec<FieldError>> {
    let mut element = element.clone();
    let parts = element.as_object_mut().and_then(|fields| fields.remove(PARTS)).unwrap_or(Value::Null);
    let fields = text_fields(&element, known)?;
    let parts = match parts {
        Value::Null => return Ok((fields, Vec::new())),
        Value::Array(parts) => parts,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            let reason = "must be a list of objects with invoice_number and amount".to_owned();
            return Err(vec![FieldError { field: PARTS.into(), reason }]);
        }
    };
    let part = |(index, part): (usize, &Value)| {
        let within = |error: FieldError| FieldError {
            field: format!("{PARTS}[{index}].{}", error.field).into(),
            reason: error.reason,
        };
        let fields = text_fields(part, &["invoice_number", "amount"]);
        let fields = fields.map_err(|errors| errors.into_iter().map(within).collect::<Vec<_>>())?;
        let field = |name: &str| fields.get(name).cloned();
        Ok(RawPart { invoice_number: field("invoice_number"), amount: field("amount") })
    };
    Ok((fields, parts.iter().enumerate().map(part).collect::<Result<_, Vec<_>>>()?))
}

/// Complaints about fields as the API tells them.
#[must_use]
pub fn complaints(errors: &[FieldError]) -> Vec<Value> {
    errors.iter().map(|error| json!({ "field": error.field, "reason": error.reason })).collect()
}
