//! The API's edges: who calls, what they sent, and answers that say what was wrong (RFC 9457).

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dunlin_domain::ids::TenantId;
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
}

impl Problem {
    /// A problem without particular fields.
    #[must_use]
    pub fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), errors: Vec::new() }
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

    /// The answer.
    #[must_use]
    pub fn response(&self) -> ApiGatewayV2httpResponse {
        let mut body = json!({
            "type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail,
        });
        if !self.errors.is_empty() {
            body["errors"] = Value::Array(self.errors.clone());
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
