//! The one click that ends e-mail: none of the debtor's mailboxes is used any more, by anyone of the tenant.

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_audit::Actor;
use dunlin_aws::books::Changed;
use dunlin_aws::http::{Problem, path_parameter, response, told_time};
use dunlin_aws::unsubscribe;
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::ids::{DebtorId, TenantId};

use crate::Handler;
use crate::handler::{Answer, cut_short, failed};

const HTML: &str = "text/html; charset=utf-8";

impl Handler {
    /// A button. Nothing happens before it is pressed.
    pub(crate) async fn unsubscribe_page(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        self.whose(request).await?;
        let button = "<form method=\"post\"><p>Do you want no more e-mail about your invoices?</p>\
                      <p><button>No more e-mail</button></p></form>";
        Ok(response(200, HTML, page(button)))
    }

    pub(crate) async fn unsubscribe(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let (tenant, debtor) = self.whose(request).await?;
        let now = self.clock.now(told_time(request));
        let unknown = || Problem::not_found("this link leads nowhere any more");
        let tenancy = self.tenancies.get(&tenant).await.map_err(|error| failed(&error))?.ok_or_else(unknown)?;
        let opt_out = |debtor: &mut Debtor, journal: &mut Journal, _: &mut _| {
            debtor.unsubscribe(now, journal);
            Ok::<(), Infallible>(())
        };
        let books = self.books.by(Actor::new("debtor", "unsubscribe"));
        let changed = books.change(&tenancy, &debtor, None, now, opt_out).await.map_err(|error| cut_short(&error))?;
        if matches!(changed, Changed::NoDebtor) {
            return Err(unknown());
        }
        Ok(response(200, HTML, page("<p>Done. You will get no more e-mail about your invoices from us.</p>")))
    }

    async fn whose(&self, request: &ApiGatewayV2httpRequest) -> Result<(TenantId, DebtorId), Problem> {
        let secret = self.secrets.get(&self.unsubscribe_secret).await.map_err(|error| {
            tracing::error!(%error, "the keys of unsubscribe links could not be read");
            Problem::unavailable()
        })?;
        let keys = unsubscribe::Keys::parse(&secret).map_err(|error| {
            tracing::error!(%error, "unsubscribe links cannot be checked");
            Problem::internal()
        })?;
        let token = path_parameter(request, "token")?;
        keys.read(token).map_err(|error| Problem::not_found(error.to_string()))
    }
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
         <title>E-mail about your invoices</title></head>\
         <body style=\"font-family:sans-serif;max-width:36em;margin:4em auto;padding:0 1em\">{body}</body></html>"
    )
}
