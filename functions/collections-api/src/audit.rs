//! Handing out audit logs: of debtors, and of the tenant's settings.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, linked, query_parameter, response, told_time};
use dunlin_aws::store::{AuditPart, AuditRange};

use crate::Handler;
use crate::debtor::debtor_id;
use crate::handler::{Answer, failed};

/// Lines of JSON, as `dunlin-verify` reads them.
const LOG: &str = "application/jsonl";
/// Lambda answers with 6 MB at most, in which a quotation mark takes two bytes; a part has some lines around its records.
const BYTES_MAX: usize = 2_990_000;

impl Handler {
    /// A part of a debtor's log, with a link to the next. All parts, one after the other, are the file.
    pub(crate) async fn audit(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let (debtor, asked, now) = (debtor_id(request)?, Asked::of(request)?, self.clock.now(told_time(request)));
        let part = self.books.store().export_audit(&tenancy.tenant, &debtor, asked.range(), now).await;
        let part = part.map_err(|error| failed(&error))?;
        asked.answer(part.ok_or_else(|| Problem::not_found(format!("there is no debtor {debtor}")))?)
    }

    /// The same of the log of the tenant's own settings.
    pub(crate) async fn settings_audit(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let (asked, now) = (Asked::of(request)?, self.clock.now(told_time(request)));
        let part = self.books.store().export_settings_audit(&tenancy.tenant, asked.range(), now).await;
        asked.answer(part.map_err(|error| failed(&error))?)
    }
}

/// Which part is asked for.
struct Asked {
    after: u64,
    limit: Option<u64>,
}

impl Asked {
    fn of(request: &ApiGatewayV2httpRequest) -> Result<Self, Problem> {
        let (after, limit) = (number(request, "after", 0)?, number(request, "limit", 1)?);
        Ok(Self { after: after.unwrap_or(0), limit })
    }

    fn range(&self) -> AuditRange {
        AuditRange { after: self.after, records_max: self.limit.unwrap_or(u64::MAX), bytes_max: BYTES_MAX }
    }

    fn answer(&self, part: AuditPart) -> Answer {
        let text = String::from_utf8(part.file).map_err(|_| Problem::internal())?;
        let limit = self.limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
        let next = part.next.map(|next| format!("?after={next}{limit}"));
        Ok(linked(response(200, LOG, text), next.as_deref()))
    }
}

/// A number of the query, of at least so much.
fn number(request: &ApiGatewayV2httpRequest, name: &'static str, least: u64) -> Result<Option<u64>, Problem> {
    let Some(text) = query_parameter(request, name) else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number >= least);
    let problem =
        || Problem::bad_request("a parameter is wrong").field(name, format!("must be a number from {least} on"));
    number.map(Some).ok_or_else(problem)
}
