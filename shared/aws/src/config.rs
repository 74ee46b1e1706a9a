//! What a function is told at its start: environment variables, and the clients that follow from them.

use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector, http_client_fn};
use aws_types::SdkConfig;
use aws_types::sdk_config::RetryConfig;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::store::{Store, TableConfig};

/// What every event needs and hardly ever changes is read once a minute.
const SETTINGS_KEPT: Duration = Duration::from_secs(60);

/// A setting is missing or wrong; the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not set.
    #[error("environment variable {0} is not set; the template sets it")]
    Missing(&'static str),
    /// It is set to something that cannot be read.
    #[error("environment variable {0} is {1:?}: {2}")]
    Unreadable(&'static str, String, &'static str),
}

/// The value of an environment variable.
///
/// # Errors
/// [`ConfigError::Missing`].
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn require(name: &'static str) -> Result<String, ConfigError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(ConfigError::Missing(name))
}

/// The clock, simulated where `SIMULATED_TIME` is `on`, which only the local stack sets.
///
/// # Errors
/// [`ConfigError`] where `SIMULATED_TIME` is neither `on` nor `off`.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn clock() -> Result<Clock, ConfigError> {
    match require("SIMULATED_TIME") {
        Err(_) => Ok(Clock::new(Timestamp::now, false)),
        Ok(value) if value == "off" => Ok(Clock::new(Timestamp::now, false)),
        Ok(value) if value == "on" => Ok(Clock::new(Timestamp::now, true)),
        Ok(value) => Err(ConfigError::Unreadable("SIMULATED_TIME", value, "must be on or off")),
    }
}

/// Of how many invocations in a hundred routine lines are logged: `LOG_SAMPLING`, or all.
///
/// # Errors
/// [`ConfigError`] where `LOG_SAMPLING` is no number from 0 to 100.
pub fn log_sampling() -> Result<u8, ConfigError> {
    let Ok(value) = require("LOG_SAMPLING") else { return Ok(100) };
    let percent = value.parse().ok().filter(|percent| *percent <= 100);
    percent.ok_or(ConfigError::Unreadable("LOG_SAMPLING", value, "must be 0 to 100"))
}

/// How long a connection may take to be made: what the SDK takes by itself.
const CONNECT_WITHIN: Duration = Duration::from_millis(3100);

/// The AWS configuration of this environment: region and keys where Lambda puts them, and the address of the local
/// stack where there is one.
///
/// Not by the `aws-config` crate, which would look for the same in files, containers and metadata services too, and
/// brings the code for all of that.
///
/// # Errors
/// [`ConfigError::Missing`].
pub fn aws() -> Result<SdkConfig, ConfigError> {
    let (key, secret) = (require("AWS_ACCESS_KEY_ID")?, require("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(key, secret, require("AWS_SESSION_TOKEN").ok(), None, "environment");
    let mut aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(require("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .http_client(http_client());
    aws.set_endpoint_url(require("AWS_ENDPOINT_URL").ok());
    Ok(aws.build())
}

/// One for all clients. Each would otherwise read the root certificates into a TLS configuration of its own, and do
/// so during its first call, where a function has a fraction of the processor that it has at its start.
fn http_client() -> SharedHttpClient {
    let connector = aws_smithy_http_client::Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT_WITHIN).build())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .build();
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// The same, for clients whose calls must not be repeated by themselves: a message that was sent and not answered for
/// would be sent again.
#[must_use]
pub fn without_retries(aws: &SdkConfig) -> SdkConfig {
    aws.to_builder().retry_config(RetryConfig::disabled()).build()
}

/// The table, as `TABLE_NAME`, `DUE_INDEX` and `DUE_SHARDS` say.
///
/// # Errors
/// [`ConfigError`].
pub fn store(aws: &SdkConfig) -> Result<Store, ConfigError> {
    let shards = require("DUE_SHARDS")?;
    let due_shards = shards.parse().ok().filter(|shards| (1..=1024).contains(shards));
    let due_shards = due_shards.ok_or(ConfigError::Unreadable("DUE_SHARDS", shards, "must be 1 to 1024"))?;
    let (table, due_index) = (require("TABLE_NAME")?, require("DUE_INDEX")?);
    let config = TableConfig { table, due_index, due_shards, settings_kept: SETTINGS_KEPT };
    Ok(Store::new(aws_sdk_dynamodb::Client::new(aws), config))
}
