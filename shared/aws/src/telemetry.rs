//! Logs and metrics: JSON, one line for each thing that happened, with ids that lead from one function to the next.
//! Never personal data: debtors appear by the tenant's reference, messages by their id.
//!
//! An invocation is a scope, as a span of the log is: what is logged or counted within it belongs to it, and what was
//! counted is written when it ends.

use std::io::Write as _;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use tracing::{Event, Instrument as _, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::clock::Clock;
use crate::config::{self, ConfigError};
use crate::metrics::Tally;

/// The attribute of a queue's message that holds the trace it belongs to.
pub const TRACE_ATTRIBUTE: &str = "AWSTraceHeader";

tokio::task_local! {
    static SCOPE: Scope;
}

/// What the code at hand runs for.
#[derive(Debug, Clone)]
struct Scope {
    request_id: Arc<str>,
    /// The header as it came: `Root=1-...;Parent=...;Sampled=0`.
    trace: Option<Arc<str>>,
    sampling: u8,
    sampled: bool,
    tally: Arc<Mutex<Tally>>,
}

impl Scope {
    fn new(request_id: &str, trace: Option<&str>, sampling: u8) -> Self {
        let scope = Self {
            request_id: request_id.into(),
            trace: None,
            sampling,
            sampled: false,
            tally: Arc::new(Mutex::new(Tally::default())),
        };
        scope.within(trace)
    }

    /// The same invocation, in a trace. Whole traces are sampled, so that a story is told to its end or not at all.
    fn within(&self, trace: Option<&str>) -> Self {
        let sampled = is_sampled(trace.and_then(root).unwrap_or(&self.request_id), self.sampling);
        Self { trace: trace.map(Into::into), sampled, ..self.clone() }
    }

    /// At the level `error`, so that no setting of the level takes the ids away.
    fn span(&self) -> tracing::Span {
        let trace_id = self.trace.as_deref().and_then(root);
        tracing::error_span!("invocation", request_id = &*self.request_id, trace_id)
    }
}

/// Where an invocation's metrics go.
type Sink = Box<dyn Fn(&str) + Send + Sync>;

/// Watches the invocations of a function.
pub struct Telemetry {
    stack: String,
    sampling: u8,
    clock: Clock,
    sink: Sink,
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telemetry")
            .field("stack", &self.stack)
            .field("sampling", &self.sampling)
            .finish_non_exhaustive()
    }
}

impl Telemetry {
    /// Starts logging at the level that `LOG_LEVEL` names, or `info`; of routine lines, the `LOG_SAMPLING` per cent.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn start() -> Result<Self, ConfigError> {
        subscriber(filter(config::require("LOG_LEVEL").ok().as_deref()), std::io::stdout).init();
        Ok(Self::new(config::require("STACK_NAME")?, config::log_sampling()?, config::clock()?, Box::new(to_stdout)))
    }

    /// Watches for the stack called `stack`, logs `sampling` per cent of routine lines, and writes metrics to `sink`.
    #[must_use]
    pub fn new(stack: String, sampling: u8, clock: Clock, sink: Sink) -> Self {
        Self { stack, sampling, clock, sink }
    }

    /// Does the work of one invocation, and writes what was counted before it ends.
    pub fn invocation<'a, F: Future>(
        &'a self,
        request_id: &str,
        trace: Option<&str>,
        work: F,
    ) -> impl Future<Output = F::Output> + use<'a, F> {
        let scope = Scope::new(request_id, trace, self.sampling);
        // Boxed, because the futures of the SDK are nested as deep as the compiler will follow.
        let work = SCOPE.scope(scope.clone(), Box::pin(work)).instrument(scope.span());
        async move {
            let output = work.await;
            if let Ok(tally) = scope.tally.lock() {
                // The hour of the wall, also where time is simulated: CloudWatch takes nothing much older.
                let lines = tally.lines(&self.stack, &scope.request_id, self.clock.now(None));
                lines.iter().for_each(|line| (self.sink)(line));
            }
            output
        }
    }
}

/// Does a part of an invocation's work in the trace that the part came with, such as a message of a batch.
pub async fn in_trace<F: Future>(trace: Option<&str>, work: F) -> F::Output {
    let scope = SCOPE.try_with(|scope| trace.map(|trace| scope.within(Some(trace)))).ok().flatten();
    match scope {
        None => work.await,
        Some(scope) => {
            let span = scope.span();
            SCOPE.scope(scope, work).instrument(span).await
        }
    }
}

/// The header that carries the trace at hand to whoever is called or told next.
#[must_use]
pub fn trace_header() -> Option<String> {
    SCOPE.try_with(|scope| scope.trace.as_deref().map(str::to_owned)).ok().flatten()
}

/// The id of the trace at hand. A commit keeps it with what it has to tell, so that whoever listens can be followed back
/// to the request that made it.
#[must_use]
pub fn trace_id() -> Option<String> {
    SCOPE.try_with(|scope| scope.trace.as_deref().and_then(root).map(str::to_owned)).ok().flatten()
}

/// The header of a trace of which the id alone is known.
#[must_use]
pub fn header_of(trace_id: &str) -> String {
    format!("Root={trace_id}")
}

/// Changes what the invocation at hand has counted.
pub(crate) fn tally(change: impl FnOnce(&mut Tally)) {
    let counted = SCOPE.try_with(|scope| {
        if let Ok(mut tally) = scope.tally.lock() {
            change(&mut tally);
        }
    });
    if counted.is_err() {
        tracing::debug!("nothing is counted outside an invocation");
    }
}

/// The trace's id in its header.
fn root(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

/// Whether an id is among the `percent` of all ids whose routine lines are logged: always the same answer.
fn is_sampled(id: &str, percent: u8) -> bool {
    let number = Sha256::digest(id).iter().take(4).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    number.checked_rem(100).unwrap_or(0) < u32::from(percent)
}

fn to_stdout(line: &str) {
    // Nobody is left to tell where standard output is closed.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// One level, or several by module: `warn,dunlin_aws=debug`. `Targets` and not `EnvFilter`, which would bring regular
/// expressions to choose spans by.
fn filter(level: Option<&str>) -> Targets {
    let filter = level.and_then(|level| level.parse().ok());
    filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

fn subscriber<W>(filter: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // CloudWatch stamps each line itself.
    tracing_subscriber::registry().with(lines.without_time().with_writer(writer)).with(filter).with(Sampling)
}

/// Leaves out routine lines of invocations that are not sampled; warnings and errors always stand.
struct Sampling;

impl<S: Subscriber> Layer<S> for Sampling {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        *event.metadata().level() <= Level::WARN || SCOPE.try_with(|scope| scope.sampled).unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use serde_json::Value;

    const TRACE: &str = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0";

    fn telemetry(sampling: u8) -> (Telemetry, Arc<Mutex<Vec<String>>>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&lines);
        let sink = Box::new(move |line: &str| into.lock().unwrap().push(line.to_owned()));
        let clock = Clock::new(|| Timestamp::UNIX_EPOCH, false);
        (Telemetry::new("dunlin".to_owned(), sampling, clock, sink), lines)
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        fn lines(&self) -> Vec<Value> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
    }

    /// What is logged by `work` in an invocation of which `sampling` per cent are logged.
    async fn logged(level: &str, sampling: u8, work: impl Future<Output = ()>) -> Vec<Value> {
        let log = Log::default();
        let writer = log.clone();
        let _guard = tracing::subscriber::set_default(subscriber(filter(Some(level)), move || writer.clone()));
        telemetry(sampling).0.invocation("r-1", Some(TRACE), work).await;
        log.lines()
    }

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

    #[tokio::test]
    async fn every_line_names_its_invocation_and_its_trace() {
        let lines = logged("warn", 100, async { tracing::warn!("careful") }).await;
        assert_eq!(lines[0]["span"]["request_id"], "r-1");
        assert_eq!(lines[0]["span"]["trace_id"], "1-67891233-abcdef012345678912345678");
    }

    #[tokio::test]
    async fn a_message_of_a_batch_is_logged_in_its_own_trace() {
        let lines = logged("info", 100, async {
            in_trace(Some("Root=1-0-1"), async { tracing::info!("one") }).await;
            in_trace(None, async { tracing::info!("two") }).await;
        })
        .await;
        assert_eq!((&lines[0]["span"]["trace_id"], &lines[0]["span"]["request_id"]), (&"1-0-1".into(), &"r-1".into()));
        assert_eq!(lines[1]["span"]["trace_id"], "1-67891233-abcdef012345678912345678");
    }

    #[tokio::test]
    async fn sampling_leaves_out_routine_lines_and_nothing_else() {
        let work = || async {
            tracing::info!("routine");
            tracing::warn!("careful");
            tracing::error!("broken");
        };
        let messages = |lines: Vec<Value>| lines.iter().map(|line| line["message"].to_string()).collect::<Vec<_>>();
        assert_eq!(messages(logged("info", 0, work()).await), ["\"careful\"", "\"broken\""]);
        assert_eq!(logged("info", 100, work()).await.len(), 3);
    }

    #[test]
    fn the_same_id_is_always_sampled_alike_and_the_share_is_about_right() {
        let sampled = |percent| (0..1000).filter(|n| is_sampled(&format!("request-{n}"), percent)).count();
        assert_eq!((sampled(0), sampled(100)), (0, 1000));
        assert_eq!(sampled(10), sampled(10));
        assert!((60..140).contains(&sampled(10)), "{}", sampled(10));
        let kept_by_few = (0..1000).filter(|n| is_sampled(&format!("request-{n}"), 10));
        assert!(kept_by_few.into_iter().all(|n| is_sampled(&format!("request-{n}"), 20)), "more means no other ones");
    }

    #[tokio::test]
    async fn what_was_counted_is_written_once_when_the_invocation_ends() {
        let (telemetry, lines) = telemetry(100);
        let written = Arc::clone(&lines);
        telemetry
            .invocation("r-1", None, async {
                crate::metrics::count_for_nobody(crate::metrics::Metric::HourScanned);
                in_trace(Some(TRACE), async {
                    crate::metrics::count_for_nobody(crate::metrics::Metric::HourScanned);
                })
                .await;
                assert!(written.lock().unwrap().is_empty());
            })
            .await;
        let lines = lines.lock().unwrap();
        assert!(lines.len() == 1 && lines[0].contains("\"HourScanned\":2"), "{lines:?}");
    }

    #[tokio::test]
    async fn the_trace_at_hand_is_passed_on_as_it_came() {
        assert_eq!(trace_header(), None);
        let (telemetry, _) = telemetry(100);
        assert_eq!(telemetry.invocation("r-1", Some(TRACE), async { trace_header() }).await.as_deref(), Some(TRACE));
        assert_eq!(telemetry.invocation("r-1", None, async { trace_header() }).await, None);
    }
}
