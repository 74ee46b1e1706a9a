//! From a plan to an envelope: what it says, to whom, and handing it over.

use dunlin_aws::mail::{Addressing, Letter, Mailer, Renderer, SendError, Sender, tags_of};
use dunlin_aws::secrets::Secrets;
use dunlin_aws::sms::TextSender;
use dunlin_aws::store::{MessageRef, Tenancy};
use dunlin_aws::unsubscribe;
use dunlin_domain::contact::{EmailAddress, PhoneNumber};
use dunlin_domain::debtor::Debtor;
use dunlin_domain::message::Plan;
use dunlin_domain::reach::Address;
use jiff::Timestamp;

use crate::DispatchError;

/// All that it takes to send.
#[derive(Debug)]
pub struct Post {
    /// What messages say.
    pub renderer: Renderer,
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

/// A message that only has to be handed over.
#[derive(Debug)]
pub(crate) enum Parcel {
    /// An e-mail.
    Mail { letter: Letter, to: EmailAddress, from: String, reply_to: String, unsubscribe_url: String },
    /// A text message.
    Text { text: String, to: PhoneNumber },
}

impl Post {
    /// Writes the message. Everything that can fail before the claim fails here.
    pub(crate) async fn pack(
        &self,
        plan: &Plan,
        (debtor, to): (&Debtor, &Address),
        tenancy: &Tenancy,
        now: Timestamp,
    ) -> Result<Parcel, DispatchError> {
        let keys = unsubscribe::Keys::parse(&self.secrets.get(&self.unsubscribe_secret).await?)?;
        let token = keys.token(&debtor.tenant, &debtor.id)?;
        let unsubscribe_url = format!("{}/unsubscribe/{token}", self.public_url.trim_end_matches('/'));
        let sender = Sender {
            creditor: &tenancy.name,
            pay_url: tenancy.pay_url.as_deref(),
            unsubscribe_url: &unsubscribe_url,
            today: debtor.today(now),
        };
        Ok(match to.clone() {
            Address::Email(to) => Parcel::Mail {
                letter: self.renderer.letter(plan, debtor, &sender)?,
                to,
                from: named(&tenancy.name, tenancy.mail_from.as_deref().unwrap_or(&self.mail_from)),
                reply_to: tenancy.reply_to.clone(),
                unsubscribe_url,
            },
            Address::Phone(to) => Parcel::Text { text: self.renderer.text_message(plan, debtor, &sender)?, to },
        })
    }

    /// Hands a message over, once.
    pub(crate) async fn send(&self, parcel: &Parcel, whose: &MessageRef) -> Result<String, SendError> {
        match parcel {
            Parcel::Text { text, to } => self.texts.send(text, to.as_str()).await,
            Parcel::Mail { letter, to, from, reply_to, unsubscribe_url } => {
                let addressing =
                    Addressing { from: from.clone(), to: to.as_str(), reply_to, unsubscribe_url, tags: tags_of(whose) };
                self.mailer.send(letter, &addressing).await
            }
        }
    }
}

/// `"Demo Ltd" <billing@example.com>`: the creditor's name with the sender's address, whatever name that came with. A
/// character that could break out of the quotes is left out.
fn named(name: &str, sender: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control() && !"\"\\<>".contains(*c)).collect();
    let address = sender.rsplit_once('<').map_or(sender, |(_, address)| address.trim_end_matches('>'));
    format!("\"{name}\" <{address}>")
}
