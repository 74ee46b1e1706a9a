//! Promises, plans, settlements, disputes and holds: making and ending them.
//!
//! A call with an `Idempotency-Key` is carried out once, however often it is sent; `?preview=true` says what it would do
//! and does nothing.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::books::ResolveError;
use dunlin_aws::http::{Problem, path_parameter, told_time};
use dunlin_domain::agreement::AgreementError;
use dunlin_domain::debtor::{Debtor, HoldError, Journal, Proposal};
use dunlin_domain::hold::{Hold, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId};

use jiff::Timestamp;

use crate::Handler;
use crate::body::Body;
use crate::call::{Call, answer, made, over, refused};
use crate::handler::Answer;
use crate::terms::{self, Kind};
use crate::view;

const NOTE_MAX: usize = 1_000;

impl Handler {
    /// Makes an agreement.
    pub(crate) async fn agree(&self, request: &ApiGatewayV2httpRequest, kind: Kind) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let mut body = Body::of(request)?;
        let about = terms::about(&mut body, &tenancy.default_portfolio, kind);
        let agreed = terms::terms(&mut body, kind, about.as_ref().map(|about| about.account.currency));
        let (made_by, note) = (terms::set_by(&mut body), note(&mut body));
        let (about, terms) = body.finish(about.zip(agreed))?;
        let id = AgreementId::parse(&call.id).map_err(|_| Problem::internal())?;
        let invoices = about.invoices;
        let proposal = Proposal { id: id.clone(), account: about.account, invoices, made_by, terms, note };
        let agree =
            |debtor: &mut Debtor, journal: &mut Journal, _: &mut _| debtor.agree(proposal.clone(), call.now, journal);
        let books = call.books(&self.books);
        let changed = books.change(&tenancy, &call.debtor, call.receipt.as_ref(), call.now, agree).await;
        let refused = |error: &AgreementError| refused(terms::field_of(error, kind), error);
        let done = made(changed, &call, refused)?;
        let name = proposal.terms.kind();
        let agreement = done.debtor.agreements.get(&id).map_or_else(|| over(id.as_str()), view::agreement);
        Ok(answer(&call, 201, name, Some(agreement), &done))
    }

    /// Calls an agreement off.
    pub(crate) async fn cancel(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let id = AgreementId::parse(path_parameter(request, "agreement")?);
        let id = id.map_err(|error| Problem::not_found(error.to_string()))?;
        let end = |debtor: &mut Debtor, now, journal: &mut Journal| debtor.cancel(&id, SetBy::Api, now, journal);
        self.end(request, "agreement", end).await
    }

    /// Decides a dispute.
    pub(crate) async fn resolve(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let id = AgreementId::parse(path_parameter(request, "dispute")?);
        let id = id.map_err(|error| Problem::not_found(error.to_string()))?;
        let mut body = Body::of(request)?;
        let resolution = terms::resolution(&mut body);
        let resolution = body.finish(resolution)?;
        let books = call.books(&self.books);
        let whose = (&call.debtor, &id);
        let changed = books.resolve_dispute(&tenancy, whose, resolution, call.receipt.as_ref(), call.now).await;
        let refused = |error: &ResolveError| match error {
            ResolveError::Agreement(AgreementError::NoDispute(_)) => Problem::not_found(error.to_string()),
            ResolveError::Agreement(_) | ResolveError::Booking(_) => refused("amount", error),
        };
        let done = made(changed, &call, refused)?;
        Ok(answer(&call, 200, "dispute", None, &done))
    }

    /// Sets a hold.
    pub(crate) async fn set_hold(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let mut body = Body::of(request)?;
        let terms = terms::hold(&mut body, &tenancy.default_portfolio);
        let (set_by, note) = (terms::set_by(&mut body), note(&mut body));
        let terms = body.finish(terms)?;
        let id = HoldId::parse(&call.id).map_err(|_| Problem::internal())?;
        let set = |debtor: &mut Debtor, journal: &mut Journal, _: &mut _| {
            let until = terms.until.map(|until| until.instant(&debtor.profile.zone));
            let began = terms.since.map(|day| debtor.profile.zone.midnight(day));
            let since = began.unwrap_or(call.now);
            let (reason, scope, note) = (terms.reason, terms.scope.clone(), note.clone());
            let ends_with = terms.ends_with.clone();
            let hold = Hold { id: id.clone(), reason, scope, since, until, ends_with, set_by, note };
            debtor.hold(hold, call.now, journal)
        };
        let books = call.books(&self.books);
        let changed = books.change(&tenancy, &call.debtor, call.receipt.as_ref(), call.now, set).await;
        let refused = |error: &HoldError| {
            let field = match error {
                HoldError::ComesByAgreement(_) => "reason",
                HoldError::Over(_) => "until",
                HoldError::IdTaken(_) => "Idempotency-Key",
                HoldError::NothingOpen(_) => "invoice_number",
                HoldError::NotYet(_) => "since",
                HoldError::NoAgreement(_) => "agreement",
                HoldError::Money(_) | HoldError::NoAccount(_) => "currency",
            };
            refused(field, error)
        };
        let done = made(changed, &call, refused)?;
        let hold = done.debtor.holds.get(&id).map_or_else(|| over(id.as_str()), view::hold);
        Ok(answer(&call, 201, "hold", Some(hold), &done))
    }

    /// Lifts a hold.
    pub(crate) async fn lift_hold(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let id = HoldId::parse(path_parameter(request, "hold")?);
        let id = id.map_err(|error| Problem::not_found(error.to_string()))?;
        let lift = |debtor: &mut Debtor, now, journal: &mut Journal| debtor.lift(&id, SetBy::Api, now, journal);
        self.end(request, "hold", lift).await
    }

    /// Ends something. What has ended already, or never was, is not found.
    async fn end(
        &self,
        request: &ApiGatewayV2httpRequest,
        what: &'static str,
        end: impl Fn(&mut Debtor, Timestamp, &mut Journal) -> bool,
    ) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let end = |debtor: &mut Debtor, journal: &mut Journal, _: &mut _| {
            end(debtor, call.now, journal).then_some(()).ok_or(())
        };
        let books = call.books(&self.books);
        let changed = books.change(&tenancy, &call.debtor, call.receipt.as_ref(), call.now, end).await;
        let unknown = |(): &()| Problem::not_found(format!("there is no such {what} that stands"));
        let done = made(changed, &call, unknown)?;
        Ok(answer(&call, 200, what, None, &done))
    }
}

/// A note, which may be left out.
pub(crate) fn note(body: &mut Body) -> Option<String> {
    body.parsed("note", |text| {
        if text.chars().count() <= NOTE_MAX {
            Ok(text.to_owned())
        } else {
            Err(format!("must be at most {NOTE_MAX} characters"))
        }
    })
}
