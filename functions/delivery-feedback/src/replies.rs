//! A debtor answers by text.

use std::collections::BTreeMap;
use std::sync::Arc;

use dunlin_aws::books::Changed;
use dunlin_aws::store::{Receipt, Tenancy};
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::reach::reply::Received;
use dunlin_domain::reach::{Address, Reply};
use jiff::{SignedDuration, Timestamp};

use crate::{FeedbackError, Handler, TextReply, answer};

/// A confirmation that comes within this time is presumed to be within the consent that it ends (47 CFR 64.1200(a)(12)).
const CONFIRMED_WITHIN: SignedDuration = SignedDuration::from_mins(5);

impl Handler {
    /// Takes a text to every debtor who was written to at the number, and answers what asks for an answer.
    pub(crate) async fn reply(&self, reply: &TextReply) -> Result<(), FeedbackError> {
        let now = self.clock.now(Some(reply.at));
        let (from, means) = (Address::Phone(reply.from.clone()), Reply::of(&reply.text));
        let received = Received { id: reply.id.clone(), from, text: reply.text.clone(), at: reply.at, means };
        let (mut told, mut is_new) = (BTreeMap::new(), false);
        let written_to = self.books.store().texted(&received.from.id()).await?;
        for (tenant, debtor) in &written_to {
            let Some(tenancy) = self.tenancies.get(tenant).await? else { continue };
            is_new |= self.tell(&tenancy, debtor, &received, now).await?;
            told.insert(tenant.clone(), tenancy);
        }
        tracing::info!(debtors = written_to.len(), ?means, is_new, "a text came back");
        if is_new {
            self.answer(&received, &told, now).await;
        }
        Ok(())
    }

    /// Whether the debtor had not heard it before, and it changed something or asks for help.
    async fn tell(
        &self,
        tenancy: &Tenancy,
        debtor: &DebtorId,
        received: &Received,
        now: Timestamp,
    ) -> Result<bool, FeedbackError> {
        let receipt = Receipt::of("reply", format!("{}/{debtor}", received.id));
        let take = |debtor: &mut Debtor, journal: &mut Journal, _: &mut _| {
            Ok::<bool, std::convert::Infallible>(debtor.answered(received, journal))
        };
        Ok(match self.books.change(tenancy, debtor, Some(&receipt), now, take).await? {
            Changed::Made { answer: stopped, .. } => stopped || received.means == Reply::Help,
            Changed::Repeated(_) | Changed::OtherCall | Changed::Refused(_) => false,
            // Nobody is left to tell; the number is stopped all the same.
            Changed::NoDebtor => {
                if let Some(stop) = received.stop() {
                    self.books.store().suppress(&tenancy.tenant, &stop).await?;
                }
                false
            }
        })
    }

    /// Says once what was heard. It comes last and leaves no trace: if it is lost, it is not said.
    async fn answer(&self, received: &Received, told: &BTreeMap<TenantId, Arc<Tenancy>>, now: Timestamp) {
        let tenancies: Vec<&Tenancy> = told.values().map(Arc::as_ref).collect();
        let text = match received.means {
            Reply::Stop | Reply::Refused => answer::confirmation(&tenancies),
            Reply::Help => answer::help(&tenancies),
            Reply::Other => return,
        };
        if now > received.at.saturating_add(CONFIRMED_WITHIN).unwrap_or(Timestamp::MAX) {
            tracing::warn!("a text is answered too late, and so not at all");
            return;
        }
        if let Err(error) = self.texts.send(&text, received.from.as_str()).await {
            tracing::warn!(%error, "a text was not answered");
        }
    }
}
