//! The secrets that a tenant's webhooks are signed with.

use dunlin_aws::secrets::{SecretError, Secrets};
use dunlin_domain::ids::TenantId;
use serde::Deserialize;

/// The secret's content. While a key is rotated, both are listed.
#[derive(Debug, Deserialize)]
struct StripeSecret {
    signing_secrets: Vec<String>,
}

/// Signing secrets by tenant: `<prefix><tenant>/stripe`.
#[derive(Debug)]
pub struct SigningSecrets {
    secrets: Secrets,
    prefix: String,
}

impl SigningSecrets {
    /// Secrets whose names begin with `prefix`.
    #[must_use]
    pub fn new(secrets: Secrets, prefix: String) -> Self {
        Self { secrets, prefix }
    }

    /// The secrets that Stripe may have signed a tenant's events with; none for a tenant without Stripe.
    pub(crate) async fn of_stripe(&self, tenant: &TenantId) -> Result<Vec<String>, SecretError> {
        match self.secrets.get(&format!("{}{tenant}/stripe", self.prefix)).await {
            Ok(text) => {
                let secret: Result<StripeSecret, _> = serde_json::from_str(&text);
                Ok(secret.map(|secret| secret.signing_secrets).unwrap_or_default())
            }
            Err(SecretError::Unknown) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
