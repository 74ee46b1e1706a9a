//! Secrets, read from Secrets Manager and kept for a few minutes, so that a rotation is noticed without a deployment.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;

/// How long a secret that was read is used before it is read again.
const KEPT: Duration = Duration::from_secs(300);

/// A secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is none of that name.
    #[error("there is no such secret")]
    Unknown,
    /// Secrets Manager failed; try again later.
    #[error("secrets manager: {0}")]
    Unavailable(String),
}

/// Secrets by name or ARN.
#[derive(Debug)]
pub struct Secrets {
    client: Client,
    known: Mutex<HashMap<String, (Instant, String)>>,
}

impl Secrets {
    /// Secrets as seen through `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, known: Mutex::new(HashMap::new()) }
    }

    /// The secret's text.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn get(&self, id: &str) -> Result<String, SecretError> {
        let known = self.known.lock().ok().and_then(|known| known.get(id).cloned());
        if let Some((_, secret)) = known.filter(|(read, _)| read.elapsed() < KEPT) {
            return Ok(secret);
        }
        let answer = self.client.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| match error.as_service_error() {
            Some(GetSecretValueError::ResourceNotFoundException(_)) => SecretError::Unknown,
            _ => SecretError::Unavailable(DisplayErrorContext(&error).to_string()),
        })?;
        let secret = answer.secret_string.ok_or(SecretError::Unknown)?;
        if let Ok(mut known) = self.known.lock() {
            known.insert(id.to_owned(), (Instant::now(), secret.clone()));
        }
        Ok(secret)
    }
}
