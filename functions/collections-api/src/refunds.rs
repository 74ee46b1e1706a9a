//! Chasing on after a refund.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, told_time};
use dunlin_domain::debtor::{BookingError, Debtor, Journal};

use crate::Handler;
use crate::body::Body;
use crate::call::{Call, answer, made, refused};
use crate::charges::{invoice, reason};
use crate::handler::Answer;

/// Why there is nothing to review.
enum Refusal {
    NotStopped,
    Booking(BookingError),
}

impl Handler {
    /// Takes note that a person has looked at a refund: what is open is chased again.
    pub(crate) async fn review_refunds(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let mut body = Body::of(request)?;
        let (invoice, reason) = (invoice(&mut body, &tenancy.default_portfolio), reason(&mut body));
        let (invoice, reason) = body.finish(invoice.zip(reason))?;
        let review = |debtor: &mut Debtor, journal: &mut Journal| {
            let stopped = debtor.review_refunds(&invoice, &reason, journal).map_err(Refusal::Booking)?;
            if stopped { Ok(()) } else { Err(Refusal::NotStopped) }
        };
        let books = call.books(&self.books);
        let whose = (&call.debtor, &invoice);
        let changed = books.change_invoice(&tenancy, whose, call.receipt.as_ref(), call.now, review).await;
        let done = made(changed, &call, problem)?;
        Ok(answer(&call, 201, "refund_review", None, &done))
    }
}

fn problem(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::NotStopped => refused("invoice_number", &"no refund stops this invoice from being chased"),
        Refusal::Booking(error) => refused("invoice_number", error),
    }
}
