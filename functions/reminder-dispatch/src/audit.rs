//! Was it right to send? Asked of the table when the outcome is written down, so that a mistake in what should make it
//! impossible is seen and not believed away.

use dunlin_aws::metrics::{self, Metric};
use dunlin_aws::store::{Loaded, Tenancy};
use dunlin_domain::decide::{Recheck, recheck};
use dunlin_domain::ids::TenantId;
use dunlin_domain::message::MessageId;
use jiff::Timestamp;

use crate::handler::Claim;

/// What the table says of a message that the provider took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It was right.
    Right,
    /// Something came in while it was being handed over. Nothing that was known forbade it.
    Crossed,
    /// It was forbidden by what was known. This has to be impossible.
    Wrong,
}

/// Takes the claim back and asks the rules as at the moment of the claim, of the debtor as the table has it.
///
/// Where nothing was committed since the claim, the answer can only be the message itself: the claim was committed on
/// this very state. Where something was, what came in between is to blame and nobody could have known.
pub(crate) fn audit(loaded: &Loaded, claim: &Claim, tenancy: &Tenancy, claimed_at: Timestamp) -> Finding {
    let mut unclaimed = loaded.debtor.clone();
    unclaimed.release(&claim.account);
    let asked = recheck(&unclaimed, &claim.plan.id, &tenancy.policies, &tenancy.calendar, claimed_at);
    match asked {
        Recheck::Send(plan) if plan == claim.plan => Finding::Right,
        Recheck::Send(_) | Recheck::Withhold(..) | Recheck::UnderWay | Recheck::Over
            if loaded.version() == claim.version =>
        {
            Finding::Wrong
        }
        Recheck::Send(_) | Recheck::Withhold(..) | Recheck::UnderWay | Recheck::Over => Finding::Crossed,
    }
}

impl Finding {
    /// Counts it, and names the message.
    pub(crate) fn count(self, tenant: &TenantId, message: &MessageId) {
        match self {
            Self::Right => {}
            Self::Crossed => {
                tracing::warn!(%tenant, message_id = %message, "something came in while the message went out");
                metrics::count(tenant, Metric::Crossed, 1);
            }
            Self::Wrong => {
                tracing::error!(%tenant, message_id = %message, "the message went out although the table forbade it");
                metrics::count(tenant, Metric::WrongSend, 1);
            }
        }
    }
}
