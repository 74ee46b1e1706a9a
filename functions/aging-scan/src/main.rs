//! The Lambda binary; see the library for what it does.

use aging_scan::{Handler, ScanQueue};
use dunlin_aws::{books::Books, config, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let queue = ScanQueue::new(aws_sdk_sqs::Client::new(&aws), config::require("SCAN_QUEUE_URL")?);
    let handler = &Handler::new(Books::new(config::store(&aws)?, env!("CARGO_PKG_NAME")), queue);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        telemetry.invocation(
            &context.request_id,
            context.xray_trace_id.as_deref(),
            handler.handle(event.payload, context.deadline()),
        )
    }))
    .await
}
