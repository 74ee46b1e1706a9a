//! Addresses of a debtor, what was agreed to for each, and what the debtor wants.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, path_parameter, told_time};
use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::Channel;
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::gate::facts::{Inconvenient, Weekdays};
use dunlin_domain::gate::medium::Family;
use dunlin_domain::reach::address::AddressId;
use dunlin_domain::reach::preferences::family_named;
use dunlin_domain::reach::{
    Address, Consent, ConsentKind, ConsentSource, ContactPurpose, GivenTo, PointError, Withdrawn,
};
use jiff::civil::Time;
use jiff::{Timestamp, civil};

use crate::Handler;
use crate::body::Body;
use crate::call::{Call, made, refused};
use crate::handler::Answer;
use crate::view;

/// More times than anyone calls inconvenient.
const TIMES_MAX: usize = 20;

impl Handler {
    /// Adds an address, or says what a known one is for.
    pub(crate) async fn put_address(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let mut body = Body::of(request)?;
        let address = address(&mut body);
        let purpose = body.parsed("purpose", |text| ContactPurpose::parse(text).ok_or("must be billing or escalation"));
        let address = body.finish(address)?;
        let purpose = purpose.unwrap_or(ContactPurpose::Billing);
        let put = |debtor: &mut Debtor, _: Timestamp| debtor.profile.contacts.put(address.clone(), purpose);
        self.change_addresses(request, put).await
    }

    /// Takes an address away. What stopped it stays known to the tenant.
    pub(crate) async fn remove_address(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let id = address_id(request)?;
        self.change_addresses(request, |debtor, _| debtor.profile.contacts.remove(&id)).await
    }

    /// Writes down what was agreed to for an address. It does not lift what stopped the address.
    pub(crate) async fn put_consent(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let (id, kind) = (address_id(request)?, consent_kind(request)?);
        let mut body = Body::of(request)?;
        let given_to = body.parsed("given_to", |text| GivenTo::parse(text).ok_or("must be collector or other"));
        let source = body.parsed("source", |text| ConsentSource::parse(text).ok_or("must be staff, debtor or books"));
        let (given, expires) = (body.parsed("given_at", moment), body.parsed("expires_at", moment));
        if given.zip(expires).is_some_and(|(given, expires)| expires <= given) {
            body.complain("expires_at", "must be after given_at");
        }
        body.finish(Some(()))?;
        let agree = |debtor: &mut Debtor, now: Timestamp| {
            let point = debtor.profile.contacts.get_mut(&id).ok_or(PointError::Unknown)?;
            point.agree(Consent {
                kind,
                source: source.unwrap_or(ConsentSource::Staff),
                given_to: given_to.unwrap_or(GivenTo::Collector),
                given: given.or(Some(now)),
                expires,
                withdrawn: Withdrawn::No,
            });
            Ok(())
        };
        self.change_addresses(request, agree).await
    }

    /// Takes every consent of a kind for an address back.
    pub(crate) async fn withdraw_consent(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let (id, kind) = (address_id(request)?, consent_kind(request)?);
        let withdraw = |debtor: &mut Debtor, now: Timestamp| {
            let point = debtor.profile.contacts.get_mut(&id).ok_or(PointError::Unknown)?;
            point.withdraw(kind, Withdrawn::At(now));
            Ok(())
        };
        self.change_addresses(request, withdraw).await
    }

    /// Says what the debtor wants: the times and media that are named, and no others.
    pub(crate) async fn put_preferences(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let mut body = Body::of(request)?;
        let inconvenient = body.objects("inconvenient", inconvenient);
        if inconvenient.len() > TIMES_MAX {
            body.complain("inconvenient", format!("must be at most {TIMES_MAX} times"));
        }
        let media = body.texts("refused_media").iter().map(|name| medium(name)).collect::<Result<Vec<_>, _>>();
        let media = media.map_err(|reason| body.complain("refused_media", reason)).ok();
        let media = body.finish(media)?;
        let put = |debtor: &mut Debtor, now: Timestamp| {
            let preferences = &mut debtor.profile.preferences;
            preferences.inconvenient.clone_from(&inconvenient);
            preferences.refuse(&media, now);
            Ok(())
        };
        self.change_addresses(request, put).await
    }

    /// Makes a change, and shows what is known of the debtor's addresses then.
    async fn change_addresses(
        &self,
        request: &ApiGatewayV2httpRequest,
        change: impl Fn(&mut Debtor, Timestamp) -> Result<(), PointError>,
    ) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let change = |debtor: &mut Debtor, _: &mut Journal, _: &mut _| change(debtor, call.now);
        let books = call.books(&self.books);
        let changed = books.change(&tenancy, &call.debtor, call.receipt.as_ref(), call.now, change).await;
        let refused = |error: &PointError| match error {
            PointError::Unknown => Problem::not_found(error.to_string()),
            PointError::TooMany => refused("email", error),
        };
        let done = made(changed, &call, refused)?;
        let mut shown = view::reach(&done.debtor.profile, call.now);
        shown["repeated"] = done.is_repeated().into();
        Ok(json_response(200, &shown))
    }
}

/// An address, given as `email` or as `phone`.
pub(crate) fn address(body: &mut Body) -> Option<Address> {
    let read = |channel: Channel| move |text: &str| Address::parse(channel, text);
    if body.has("email") && body.has("phone") {
        body.complain("phone", "name either an email or a phone");
    }
    if body.has("phone") {
        body.parsed("email", read(Channel::Email));
        return body.required("phone", read(Channel::Sms));
    }
    body.required("email", read(Channel::Email))
}

fn address_id(request: &ApiGatewayV2httpRequest) -> Result<AddressId, Problem> {
    let id = AddressId::parse(path_parameter(request, "address")?);
    id.ok_or_else(|| Problem::not_found(PointError::Unknown.to_string()))
}

fn consent_kind(request: &ApiGatewayV2httpRequest) -> Result<ConsentKind, Problem> {
    let kind = ConsentKind::parse(path_parameter(request, "consent")?);
    kind.ok_or_else(|| Problem::not_found("a consent is to messages, prior_express or at_work"))
}

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().map_err(|_| "must be a time such as 2026-03-31T09:00:00Z")
}

fn medium(name: &str) -> Result<Family, &'static str> {
    family_named(name).ok_or("must be of email, texts, calls, post and social")
}

fn inconvenient(body: &mut Body) -> Option<Inconvenient> {
    let time = |text: &str| civil::Time::strptime("%H:%M", text).map_err(|_| "must be a time such as 09:00");
    let from: Option<Time> = body.required("from", time);
    let to = body.required("to", time);
    let zone = body.parsed("time_zone", Zone::parse);
    let medium = body.parsed("medium", medium);
    let days = body.texts("days");
    let day = |name: &String| view::WEEK.iter().find(|(_, known)| known == name).map(|(day, _)| *day);
    let known: Option<Weekdays> = days.iter().map(day).collect();
    if known.is_none() {
        body.complain("days", "must be of mon, tue, wed, thu, fri, sat and sun");
    }
    let days = if days.is_empty() { Weekdays::ALL } else { known? };
    Some(Inconvenient { days, from: from?, to: to?, zone, medium })
}
