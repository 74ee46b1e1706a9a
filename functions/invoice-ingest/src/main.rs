//! The Lambda binary; see the library for what it does.

use dunlin_aws::{books::Books, config, telemetry::Telemetry};
use invoice_ingest::{Handler, ImportBucket, ImportQueue, Pauses};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let bucket = ImportBucket::new(aws_sdk_s3::Client::new(&aws), config::require("IMPORT_BUCKET")?);
    let queue = ImportQueue::new(aws_sdk_sqs::Client::new(&aws), config::require("IMPORT_QUEUE_URL")?);
    let books = Books::new(config::store(&aws)?, env!("CARGO_PKG_NAME"));
    let handler = &Handler::new(books, bucket, queue, config::clock()?, Pauses::default());
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        let handled = handler.handle(event.payload, context.deadline());
        telemetry.invocation(&context.request_id, context.xray_trace_id.as_deref(), handled)
    }))
    .await
}
