//! The Lambda binary; see the library for what it does.

use dunlin_aws::{books::Books, config, telemetry};
use invoice_ingest::{Handler, ImportBucket};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let aws = config::aws()?;
    let bucket = ImportBucket::new(aws_sdk_s3::Client::new(&aws));
    let handler = &Handler::new(Books::new(config::store(&aws)?), bucket, config::clock()?);
    run(service_fn(|event: LambdaEvent<_>| handler.handle(event.payload))).await
}
