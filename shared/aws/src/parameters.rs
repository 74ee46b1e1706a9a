//! Which parameters a call may have in its query. One that is not known is refused: who misspells `preview` must not book.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;

use crate::http::{Problem, query_parameter};

const PREVIEW: &str = "preview";
const PAGE: &[&str] = &["limit", "after"];
/// The parameters of each route that has any, but for [`PREVIEW`].
const PARAMETERS: [(&str, &[&str]); 15] = [
    ("DELETE /v1/debtors/{id}/contacts/{contact}", &["reason"]),
    ("GET /v1/audit", PAGE),
    ("GET /v1/debtors", &["name", "portfolio", "state", "limit", "after"]),
    ("GET /v1/debtors/{id}/audit", PAGE),
    ("GET /v1/debtors/{id}/decisions", PAGE),
    ("GET /v1/debtors/{id}/group", PAGE),
    ("GET /v1/debtors/{id}/messages/{message}", &["planned_at"]),
    ("GET /v1/debtors/{id}/statement", &["from", "to", "currency", "group"]),
    ("GET /v1/debtors/{id}/timeline", &["kind", "limit", "after"]),
    ("GET /v1/imports", PAGE),
    ("GET /v1/payments/{ref}", &["source", "limit", "after"]),
    ("GET /v1/reports/agreements", &["from", "to", "portfolio", "currency"]),
    ("GET /v1/reports/aging", &["as_of", "portfolio", "currency", "bounds"]),
    ("GET /v1/suppressions", PAGE),
    ("GET /v1/templates/{name}", &["channel", "language", "version"]),
];

/// Refuses what a route does not know. Only our own API is so strict: providers and mail programs add to addresses.
///
/// # Errors
/// 400 that names each parameter.
pub fn check(request: &ApiGatewayV2httpRequest) -> Result<(), Problem> {
    let route = request.route_key.as_deref().unwrap_or_default();
    if !route.contains(" /v1/") {
        return Ok(());
    }
    let known = PARAMETERS.iter().find(|(of, _)| *of == route).map_or(&[][..], |(_, known)| known);
    let is_known = |name: &str| known.contains(&name) || (name == PREVIEW && can_be_previewed(route));
    let mut unknown: Vec<&str> = request.query_string_parameters.iter().map(|(name, _)| name).collect();
    unknown.retain(|name| !is_known(name));
    if unknown.is_empty() {
        return Ok(());
    }
    unknown.sort_unstable();
    unknown.dedup();
    let problem = Problem::bad_request("leave out the parameters that are named, or mend their names");
    Err(unknown.into_iter().fold(problem, |problem, name| problem.field(name, "is not a parameter of this call")))
}

/// Whatever changes debtors and what they owe says what it would do.
fn can_be_previewed(route: &str) -> bool {
    let of_debtors = route.contains(" /v1/debtors/{id}") && !route.starts_with("GET ");
    let asks = route.ends_with("/contacts/check");
    (of_debtors && !asks) || matches!(route, "POST /v1/invoices" | "POST /v1/payments")
}

/// Whether a call only asks what it would do.
///
/// # Errors
/// 400 where it says neither yes nor no.
pub fn preview(request: &ApiGatewayV2httpRequest) -> Result<bool, Problem> {
    match query_parameter(request, PREVIEW).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::bad_request("a parameter is wrong").field(PREVIEW, "must be true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_a_route_does_not_know_is_named() {
        let asked = |route: &str, query: &str| {
            let mut request = ApiGatewayV2httpRequest::default();
            request.route_key = Some(route.to_owned());
            request.query_string_parameters = query.parse().unwrap();
            check(&request).map_or_else(|problem| problem.errors[0]["field"].to_string(), |()| String::new())
        };
        for (route, query, expected) in [
            ("POST /v1/payments", "preview=true", ""),
            ("POST /v1/payments", "dry_run=true", "\"dry_run\""),
            ("POST /v1/debtors/{id}/holds", "preview=true", ""),
            ("POST /v1/debtors/{id}/contacts/check", "preview=true", "\"preview\""),
            ("DELETE /v1/debtors/{id}/contacts/{contact}", "reason=x&preview=true", ""),
            ("PATCH /v1/debtors/{id}", "Preview=true", "\"Preview\""),
            ("GET /v1/debtors/{id}", "preview=true", "\"preview\""),
            ("GET /v1/debtors/{id}/statement", "from=2026-01-01&too=2026-01-31", "\"too\""),
            ("POST /v1/policies", "preview=true", "\"preview\""),
            ("GET /unsubscribe/{token}", "utm_source=mail", ""),
            ("POST /webhooks/stripe/{tenant}", "a=b", ""),
        ] {
            assert_eq!(asked(route, query), expected, "{route}?{query}");
        }
    }
}
