//! From a plan to an envelope: what it says, to whom, and handing it over.

use dunlin_aws::mail::{Addressing, Mailer, SendError, tags_of};
use dunlin_aws::secrets::Secrets;
use dunlin_aws::sms::TextSender;
use dunlin_aws::store::{MessageRef, Tenancy};
use dunlin_aws::templates::Templates;
use dunlin_aws::unsubscribe;
use dunlin_domain::contact::{EmailAddress, PhoneNumber};
use dunlin_domain::debtor::Debtor;
use dunlin_domain::message::{Pending, Written};
use dunlin_domain::reach::Address;
use dunlin_domain::reason::{Detail, Reason, Rule};
use dunlin_domain::template::language::preferred;
use dunlin_domain::template::{Facts, Letter, TemplateRef, Texts};
use dunlin_letters::built_in::version;
use dunlin_letters::{Fault, Writer, compose};
use jiff::Timestamp;

use crate::DispatchError;

/// All that it takes to send.
#[derive(Debug)]
pub struct Post {
    /// SES.
    pub mailer: Mailer,
    /// SNS.
    pub texts: TextSender,
    /// Where the key of unsubscribe links lies.
    pub secrets: Secrets,
    /// That secret's name.
    pub unsubscribe_secret: String,
    /// Where the API is, without a slash at its end.
    pub public_url: String,
    /// The sender of tenants that have none of their own.
    pub mail_from: String,
}

/// A message that only has to be handed over, and by what it was written.
#[derive(Debug)]
pub(crate) struct Parcel {
    content: Content,
    pub(crate) written: Written,
    pub(crate) facts: Facts,
}

impl Parcel {
    /// Whether it goes as a text message.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.content, Content::Text { .. })
    }
}

#[derive(Debug)]
enum Content {
    /// An e-mail.
    Mail { letter: Letter, to: EmailAddress, from: String, reply_to: String, unsubscribe_url: String },
    /// A text message.
    Text { text: String, to: PhoneNumber },
}

/// What came of writing a message.
pub(crate) enum Packed {
    /// It may leave.
    Ready(Box<Parcel>),
    /// What it would say may not be said.
    Refused(Vec<Reason>),
}

/// The most faults of one message that are put on record: they are often of one kind.
const FAULTS_MAX: usize = 8;

impl Post {
    /// Writes the message and holds it against the law. Everything that can fail before the claim fails here.
    pub(crate) async fn pack(
        &self,
        pending: &Pending,
        (debtor, to): (&Debtor, &Address),
        tenancy: &Tenancy,
        templates: &Templates,
        now: Timestamp,
    ) -> Result<Packed, DispatchError> {
        let plan = &pending.plan;
        let keys = unsubscribe::Keys::parse(&self.secrets.get(&self.unsubscribe_secret).await?)?;
        let token = keys.token(&debtor.tenant, &debtor.id)?;
        let unsubscribe_url = format!("{}/unsubscribe/{token}", self.public_url.trim_end_matches('/'));
        let languages = preferred(debtor.profile.language.as_deref(), tenancy.language.as_ref());
        let Some(template) = tenancy.shelf.choose(plan, pending.planned_at, &languages, version) else {
            return Ok(Packed::Refused(vec![refusal("there is no template for the step, its stage and its channel")]));
        };
        let texts = templates.get(&tenancy.tenant, &template).await?;
        let texts = texts.ok_or_else(|| DispatchError::NoTemplate(template.to_string()))?;
        let sender = tenancy.sender(&plan.account.portfolio, debtor.profile.country.as_deref(), &unsubscribe_url);
        let writer = Writer { debtor, sender: &sender, now };
        let composed = match compose(&texts, &template.key.language, plan, writer) {
            Ok(composed) => composed,
            Err(faults) => return Ok(Packed::Refused(refusals(&template, &faults))),
        };
        let written = Written { template, digest: composed.texts.digest() };
        let content = match (composed.texts, to.clone()) {
            (Texts::Email(letter), Address::Email(to)) => Content::Mail {
                letter,
                to,
                from: named(&tenancy.name, tenancy.mail_from.as_deref().unwrap_or(&self.mail_from)),
                reply_to: tenancy.reply_to.clone(),
                unsubscribe_url,
            },
            (Texts::Sms(text), Address::Phone(to)) => Content::Text { text, to },
            (Texts::Email(_) | Texts::Sms(_) | Texts::Paper(_), _) => {
                return Ok(Packed::Refused(vec![refusal("the template is for another channel than the address")]));
            }
        };
        Ok(Packed::Ready(Box::new(Parcel { content, written, facts: composed.facts })))
    }

    /// Hands a message over, once.
    pub(crate) async fn send(&self, parcel: &Parcel, whose: &MessageRef) -> Result<String, SendError> {
        match &parcel.content {
            Content::Text { text, to } => self.texts.send(text, to.as_str()).await,
            Content::Mail { letter, to, from, reply_to, unsubscribe_url } => {
                let addressing =
                    Addressing { from: from.clone(), to: to.as_str(), reply_to, unsubscribe_url, tags: tags_of(whose) };
                self.mailer.send(letter, &addressing).await
            }
        }
    }
}

fn refusal(detail: impl Into<Detail>) -> Reason {
    Reason::against(Rule::MessageRefused, detail)
}

fn refusals(template: &TemplateRef, faults: &[Fault]) -> Vec<Reason> {
    let told = faults.iter().take(FAULTS_MAX);
    told.map(|fault| refusal(Detail::Written(format!("{template}, {}: {fault}", fault.field())))).collect()
}

/// `"Demo Ltd" <billing@example.com>`: the creditor's name with the sender's address, whatever name that came with. A
/// character that could break out of the quotes is left out.
fn named(name: &str, sender: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control() && !"\"\\<>".contains(*c)).collect();
    let address = sender.rsplit_once('<').map_or(sender, |(_, address)| address.trim_end_matches('>'));
    format!("\"{name}\" <{address}>")
}
