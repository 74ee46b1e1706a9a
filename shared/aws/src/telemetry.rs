//! Logs: JSON, one line for each thing that happened, with ids that lead from one function to the next. Never personal
//! data: debtors appear by the tenant's reference, messages by their id.

use tracing_subscriber::EnvFilter;

/// Starts logging at the level that `LOG_LEVEL` names, or `info`.
pub fn init() {
    let filter = crate::config::require("LOG_LEVEL").ok().and_then(|level| EnvFilter::try_new(level).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // CloudWatch stamps each line itself.
    subscriber.without_time().with_env_filter(filter).init();
}
