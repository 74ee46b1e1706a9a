//! The Lambda binary; see the library for what it does.

use collections_api::Handler;
use dunlin_aws::{backtests::BacktestQueue, books::Books, config, secrets::Secrets, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let secrets = Secrets::new(aws_sdk_secretsmanager::Client::new(&aws));
    let key = config::require("UNSUBSCRIBE_SECRET")?;
    let queue = BacktestQueue::new(aws_sdk_sqs::Client::new(&aws), config::require("BACKTEST_QUEUE_URL")?);
    let books = Books::new(config::store(&aws)?, env!("CARGO_PKG_NAME"));
    let handler = &Handler::new(books, secrets, key, queue, config::clock()?);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        telemetry.invocation(&context.request_id, context.xray_trace_id.as_deref(), handler.handle(event.payload))
    }))
    .await
}
