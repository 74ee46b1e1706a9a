//! Logs: JSON, one line for each thing that happened, with ids that lead from one function to the next. Never personal
//! data: debtors appear by the tenant's reference, messages by their id.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging at the level that `LOG_LEVEL` names, or `info`.
pub fn init() {
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    let filter = filter(crate::config::require("LOG_LEVEL").ok().as_deref());
    // CloudWatch stamps each line itself.
    tracing_subscriber::registry().with(lines.without_time()).with(filter).init();
}

/// One level, or several by module: `warn,dunlin_aws=debug`. `Targets` and not `EnvFilter`, which would bring regular
/// expressions to choose spans by.
fn filter(level: Option<&str>) -> Targets {
    let filter = level.and_then(|level| level.parse().ok());
    filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_holds_for_everything_or_for_one_module() {
        assert_eq!(filter(Some("error")), Targets::new().with_default(LevelFilter::ERROR));
        let expected = Targets::new().with_default(LevelFilter::WARN).with_target("dunlin_aws", LevelFilter::DEBUG);
        assert_eq!(filter(Some("warn,dunlin_aws=debug")), expected);
    }

    #[test]
    fn what_is_missing_or_cannot_be_read_is_info() {
        let info = Targets::new().with_default(LevelFilter::INFO);
        assert_eq!(filter(None), info);
        assert_eq!(filter(Some("dunlin_aws=loud")), info);
    }
}
