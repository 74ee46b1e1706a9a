//! Handing out a debtor's audit log.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, response, told_time};

use crate::Handler;
use crate::debtor::debtor_id;
use crate::handler::{Answer, failed};

/// Lines of JSON, as `dunlin-verify` reads them.
const LOG: &str = "application/jsonl";
/// What API Gateway passes on, less its headers.
const BYTES_MAX: usize = 5 * 1024 * 1024;

impl Handler {
    pub(crate) async fn audit(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let debtor = debtor_id(request)?;
        let now = self.clock.now(told_time(request));
        let log = self.books.store().export_audit(&tenancy.tenant, &debtor, now).await;
        let log = log.map_err(|error| failed(&error))?;
        let log = log.ok_or_else(|| Problem::not_found(format!("there is no debtor {debtor}")))?;
        if log.len() > BYTES_MAX {
            let detail = format!("the log has {} bytes, and an answer at most {BYTES_MAX}", log.len());
            return Err(Problem::new(413, "The log is too large for one answer", detail));
        }
        let text = String::from_utf8(log).map_err(|_| Problem::internal())?;
        Ok(response(200, LOG, text))
    }
}
