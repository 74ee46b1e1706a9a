//! Templates: they are tried, saved and shown; nothing is sent from here.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, path_parameter, query_parameter, told_time};
use dunlin_aws::store::{StoreError, Tenancy};
use dunlin_domain::ids::{DebtorId, TemplateName};
use dunlin_domain::message::MessageId;
use dunlin_domain::template::shelf::occasions;
use dunlin_domain::template::{Edition, Form, Language, TemplateKey, TemplateRef, Texts};
use dunlin_letters::built_in::{VERSION, built_in};
use dunlin_letters::check::{channel, check};
use dunlin_letters::sample::{self, Sample, SampleError, samples};
use dunlin_letters::{Fault, Writer, again, compose};
use serde_json::{Value, json};

use crate::Handler;
use crate::body::Body;
use crate::debtor::debtor_id;
use crate::handler::{Answer, failed};
use crate::template_view as view;

/// A link for messages that nobody gets.
const NO_LINK: &str = "https://example.com/unsubscribe/of-the-debtor";

impl Handler {
    /// What there is, and what a template may name.
    pub(crate) async fn templates(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.fresh(request).await?;
        let own =
            tenancy.shelf.versions().map(|(key, version, at)| view::version(key, Edition::Own(version), Some(at)));
        let built_in = built_in().keys().map(|key| view::version(key, Edition::BuiltIn(VERSION), None));
        let templates: Vec<Value> = own.chain(built_in).collect();
        let answer = json!({ "templates": templates, "variables": view::variables(), "blocks": view::blocks() });
        Ok(json_response(200, &answer))
    }

    /// The versions of a name, those in use with their texts; or one version.
    pub(crate) async fn template(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.fresh(request).await?;
        let name = name(request)?;
        if let Some(wanted) = asked(request, &name)? {
            let texts = self.texts_of(&tenancy, &wanted).await?;
            return Ok(json_response(200, &view::with_texts(view::version(&wanted.key, wanted.edition, None), &texts)));
        }
        let own: Vec<_> = tenancy.shelf.versions().filter(|(key, ..)| key.name == name).collect();
        let versions: Vec<Value> =
            own.iter().map(|(key, version, at)| view::version(key, Edition::Own(*version), Some(*at))).collect();
        let mut in_use: BTreeMap<TemplateKey, Edition> = BTreeMap::new();
        in_use.extend(
            built_in().keys().filter(|key| key.name == name).map(|key| (key.clone(), Edition::BuiltIn(VERSION))),
        );
        in_use.extend(own.into_iter().map(|(key, version, _)| (key.clone(), Edition::Own(version))));
        let mut shown = Vec::new();
        for (key, edition) in in_use {
            let texts = self.texts_of(&tenancy, &TemplateRef { key: key.clone(), edition }).await?;
            shown.push(view::with_texts(view::version(&key, edition, None), &texts));
        }
        if shown.is_empty() {
            return Err(Problem::not_found(format!("there is no template {name}")));
        }
        Ok(json_response(200, &json!({ "name": name.as_str(), "in_use": shown, "versions": versions })))
    }

    /// Saves the next version, if it may be used.
    pub(crate) async fn save_template(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let by = self.author(request);
        let mut body = Body::of(request)?;
        let draft = draft(&mut body, name(request)?);
        let (key, texts) = body.finish(draft)?;
        loop {
            let tenancy = self.fresh(request).await?;
            let sender = tenancy.sender(&tenancy.default_portfolio, None, NO_LINK);
            let findings = check(&key, &texts, &sender, &tenancy.policies).map_err(|error| made_up(&error))?;
            if !findings.is_empty() {
                return Err(view::refused(&findings));
            }
            let latest = tenancy.shelf.latest(&key).unwrap_or_default();
            let known = TemplateRef { key: key.clone(), edition: Edition::Own(latest) };
            if latest > 0 && self.texts_of(&tenancy, &known).await? == texts {
                return Ok(json_response(200, &view::version(&key, known.edition, None)));
            }
            let version = latest.saturating_add(1);
            match self.books.store().save_template(&tenancy.tenant, &key, version, &texts, &by).await {
                Ok(()) => return Ok(json_response(201, &view::version(&key, Edition::Own(version), Some(by.at)))),
                // Somebody else saved that version: this one becomes the next.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    /// What a template would say: made up, or to a debtor.
    pub(crate) async fn preview_template(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.fresh(request).await?;
        let mut body = Body::of(request)?;
        let (name, debtor) = (name(request)?, body.parsed("debtor_ref", DebtorId::parse));
        let is_draft = ["subject", "text", "html"].iter().any(|field| body.has(field));
        let (key, texts) = if is_draft {
            let draft = draft(&mut body, name);
            body.finish(draft)?
        } else {
            let wanted = wanted(&mut body, name, &tenancy);
            let wanted = body.finish(wanted)?;
            let texts = self.texts_of(&tenancy, &wanted).await?;
            (wanted.key, texts)
        };
        let situations = match debtor {
            Some(debtor) => vec![self.of_debtor(request, &tenancy, &key, &debtor).await?],
            None => made_up_for(&key, &tenancy)?,
        };
        let shown = situations.iter().map(|sample| {
            let sender =
                tenancy.sender(&sample.plan.account.portfolio, sample.debtor.profile.country.as_deref(), NO_LINK);
            let writer = Writer { debtor: &sample.debtor, sender: &sender, now: sample.now };
            view::written(&sample.name, &compose(&texts, &key.language, &sample.plan, writer))
        });
        Ok(json_response(200, &json!({ "situations": shown.collect::<Vec<_>>() })))
    }

    /// What a message said, written again from its record.
    pub(crate) async fn message(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let (debtor, id) = (debtor_id(request)?, path_parameter(request, "message")?);
        let planned_at =
            query_parameter(request, "planned_at").and_then(|text| text.parse().ok()).ok_or_else(|| {
                let reason = "must be the planned_at of the message in the timeline, such as 2026-03-31T08:00:00Z";
                Problem::bad_request("a parameter is wrong").field("planned_at", reason)
            })?;
        let said =
            self.books.store().said(&tenancy.tenant, &debtor, &MessageId::stored(id.to_owned()), planned_at).await;
        let said = said.map_err(|error| failed(&error))?;
        let said = said.ok_or_else(|| Problem::not_found(format!("there is no record of what a message {id} said")))?;
        let template = self.texts_of(&tenancy, &said.written.template).await?;
        let texts =
            again(&template, &said.written.template.key.language, &said.plan, &said.facts).map_err(|fault| {
                tracing::error!(%fault, message_id = %said.plan.id, "a message cannot be written again");
                Problem::internal()
            })?;
        let shown = json!({
            "message_id": said.plan.id.as_str(),
            "status": said.outcome.status(),
            "template": said.written.template.to_string(),
            "digest": said.written.digest,
            "as_it_left": texts.digest() == said.written.digest,
        });
        Ok(json_response(200, &view::with_texts(shown, &texts)))
    }

    /// The caller's tenant, as it is now: what was just saved is in it.
    async fn fresh(&self, request: &ApiGatewayV2httpRequest) -> Result<Tenancy, Problem> {
        let tenant = self.tenancy(request).await?.tenant.clone();
        let tenancy = self.books.store().tenancy(&tenant).await.map_err(|error| failed(&error))?;
        tenancy.ok_or_else(|| Problem::new(403, "Not allowed", "this tenant is not set up"))
    }

    async fn texts_of(&self, tenancy: &Tenancy, template: &TemplateRef) -> Result<Texts, Problem> {
        let texts = self.texts.get(&tenancy.tenant, template).await.map_err(|error| failed(&error))?;
        let texts = texts.ok_or_else(|| Problem::not_found(format!("there is no template {template}")))?;
        Ok(Texts::clone(&texts))
    }

    /// All that a debtor owes on one account, as a message of the template would say it now.
    async fn of_debtor(
        &self,
        request: &ApiGatewayV2httpRequest,
        tenancy: &Tenancy,
        key: &TemplateKey,
        debtor: &DebtorId,
    ) -> Result<Sample, Problem> {
        let wrong =
            |reason: String| Problem::new(422, "Nothing can be shown", "see the field").field("debtor_ref", reason);
        let loaded = self.books.store().load(&tenancy.tenant, debtor).await.map_err(|error| failed(&error))?;
        let loaded = loaded.ok_or_else(|| wrong(format!("there is no debtor {debtor}")))?;
        let occasion = occasions(&key.name, &tenancy.policies).first().copied();
        let occasion = occasion.ok_or_else(|| no_use(key))?;
        let now = self.clock.now(told_time(request));
        let shown = sample::of_debtor(loaded.debtor, occasion, channel(key.form), now);
        shown.map_err(|error| made_up(&error))?.ok_or_else(|| wrong(format!("{debtor} owes nothing")))
    }
}

fn made_up_for(key: &TemplateKey, tenancy: &Tenancy) -> Result<Vec<Sample>, Problem> {
    let occasion = occasions(&key.name, &tenancy.policies).first().copied().ok_or_else(|| no_use(key))?;
    samples(occasion, tenancy.role, channel(key.form)).map_err(|error| made_up(&error))
}

fn no_use(key: &TemplateKey) -> Problem {
    Problem::not_found(format!("{} {}", key.name, Fault::NoUse))
}

fn made_up(error: &SampleError) -> Problem {
    tracing::error!(%error, "a sample cannot be made up");
    Problem::internal()
}

fn name(request: &ApiGatewayV2httpRequest) -> Result<TemplateName, Problem> {
    let name = path_parameter(request, "name")?;
    TemplateName::parse(name).map_err(|error| Problem::not_found(error.to_string()))
}

fn form(text: &str) -> Result<Form, &'static str> {
    Form::parse(text).ok_or("must be email, sms or letter")
}

/// What a template is for, as a body says it.
fn key(body: &mut Body, name: TemplateName) -> Option<TemplateKey> {
    let (form, language) = (body.required("channel", form), body.required("language", Language::parse));
    Some(TemplateKey { name, form: form?, language: language? })
}

/// A template as a body brings it.
fn draft(body: &mut Body, name: TemplateName) -> Option<(TemplateKey, Texts)> {
    let key = key(body, name);
    let [subject, text, html] = ["subject", "text", "html"].map(|field| body.text(field));
    let key = key?;
    match Texts::new(key.form, subject, text, html) {
        Ok(texts) => Some((key, texts)),
        Err(errors) => {
            errors.iter().for_each(|error| body.complain(error.field(), error));
            None
        }
    }
}

/// A template that there is, as a body names it: in the version that it says, or in the one that is in use.
fn wanted(body: &mut Body, name: TemplateName, tenancy: &Tenancy) -> Option<TemplateRef> {
    let key = key(body, name);
    let version = body.text("version");
    let key = key?;
    let latest = || tenancy.shelf.latest(&key).map_or(Edition::BuiltIn(VERSION), Edition::Own);
    match version {
        None => Some(TemplateRef { edition: latest(), key }),
        Some(version) => match TemplateRef::parse(&format!("{key}@{version}")) {
            Ok(wanted) => Some(wanted),
            Err(error) => {
                body.complain("version", error);
                None
            }
        },
    }
}

/// The version that a query asks for: `channel`, `language` and `version`, all or none.
fn asked(request: &ApiGatewayV2httpRequest, name: &TemplateName) -> Result<Option<TemplateRef>, Problem> {
    let given = ["channel", "language", "version"].map(|parameter| query_parameter(request, parameter));
    let [channel, language, version] = match given {
        [None, None, None] => return Ok(None),
        [Some(channel), Some(language), Some(version)] => [channel, language, version],
        _ => {
            let reason = "give channel, language and version, or none of them";
            return Err(Problem::bad_request("a parameter is missing").field("version", reason));
        }
    };
    let wanted = TemplateRef::parse(&format!("{name}/{channel}/{language}@{version}"));
    let wanted =
        wanted.map_err(|error| Problem::bad_request("a parameter is wrong").field("version", error.to_string()));
    wanted.map(Some)
}
