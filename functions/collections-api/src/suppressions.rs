//! Addresses that a tenant must not use: shown, stopped by hand, and lifted by hand.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, caller, json_response, query_parameter, told_time};
use dunlin_domain::debtor::Stop;
use dunlin_domain::reach::{StopReason, Stopped};
use serde_json::{Value, json};

use crate::Handler;
use crate::addresses::address;
use crate::body::Body;
use crate::debtor::limit;
use crate::handler::{Answer, cut_short, failed};
use crate::view;

/// What a person can say of an address; the rest is for the network to know.
const BY_HAND: [StopReason; 4] =
    [StopReason::Manual, StopReason::Refused, StopReason::Complaint, StopReason::Unsubscribed];

impl Handler {
    /// A page of the addresses, latest first.
    pub(crate) async fn suppressions(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let (limit, after) = (limit(request)?, query_parameter(request, "after"));
        let page = self.books.store().suppressions(&tenancy.tenant, limit, after.as_deref()).await;
        let page = page.map_err(|error| failed(&error))?;
        let suppressions: Vec<Value> = page.suppressions.iter().map(view::suppression).collect();
        Ok(json_response(200, &json!({ "suppressions": suppressions, "next": page.next })))
    }

    /// Stops an address for every debtor of the tenant. What stopped it first stays.
    pub(crate) async fn suppress(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let now = self.clock.now(told_time(request));
        let mut body = Body::of(request)?;
        let address = address(&mut body);
        let by_hand = |text: &str| StopReason::parse(text).filter(|reason| BY_HAND.contains(reason));
        let reason =
            body.parsed("reason", |text| by_hand(text).ok_or("must be manual, refused, complaint or unsubscribed"));
        let note = note(&mut body);
        let (address, note) = body.finish(address.zip(note))?;
        let stopped = Stopped { reason: reason.unwrap_or(StopReason::Manual), since: now };
        let stop = Stop { address, stopped, source: Some(note) };
        let store = self.books.store();
        store.suppress(&tenancy.tenant, &stop).await.map_err(|error| failed(&error))?;
        let kept = store.suppression(&tenancy.tenant, stop.address.channel(), &stop.address.id()).await;
        let kept = kept.map_err(|error| failed(&error))?;
        Ok(json_response(201, &json!({ "suppression": kept.map(|(kept, _)| view::suppression(&kept)) })))
    }

    /// Lifts what stopped an address, with the reason on record.
    pub(crate) async fn lift_suppression(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let now = self.clock.now(told_time(request));
        let mut body = Body::of(request)?;
        let (address, note) = (address(&mut body), note(&mut body));
        let (address, note) = body.finish(address.zip(note))?;
        let lifted = self.books.by(caller(request)).restore_address(&tenancy, &address, &note, now).await;
        if lifted.map_err(|error| cut_short(&error))? {
            Ok(json_response(200, &json!({ "lifted": address.as_str(), "note": note })))
        } else {
            Err(Problem::not_found("this address is not suppressed"))
        }
    }
}

/// Why: it is kept, and never goes to the debtor.
fn note(body: &mut Body) -> Option<String> {
    body.required("note", |text| {
        let length = text.trim().chars().count();
        if (3..=200).contains(&length) { Ok(text.trim().to_owned()) } else { Err("must be 3 to 200 characters") }
    })
}
