//! The Lambda binary; see the library for what it does.

use dunlin_aws::{backtests::BacktestQueue, config, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use policy_backtest::Handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let queue = BacktestQueue::new(aws_sdk_sqs::Client::new(&aws), config::require("BACKTEST_QUEUE_URL")?);
    let handler = &Handler::new(config::store(&aws)?, queue);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        let handled = handler.handle(event.payload, context.deadline());
        telemetry.invocation(&context.request_id, context.xray_trace_id.as_deref(), handled)
    }))
    .await
}
