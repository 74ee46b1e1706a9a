//! What a function is told at its start: environment variables, and the clients that follow from them.

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig};
use jiff::Timestamp;

use crate::clock::Clock;
use crate::store::{Store, TableConfig};

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

/// The AWS configuration of this environment.
pub async fn aws() -> SdkConfig {
    aws_config::load_defaults(BehaviorVersion::v2026_01_12()).await
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
    let config = TableConfig { table: require("TABLE_NAME")?, due_index: require("DUE_INDEX")?, due_shards };
    Ok(Store::new(aws_sdk_dynamodb::Client::new(aws), config))
}
