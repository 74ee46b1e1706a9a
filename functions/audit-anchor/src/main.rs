//! The Lambda binary; see the library for what it does.

use audit_anchor::{AnchorBucket, Handler};
use dunlin_aws::{config, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let bucket = AnchorBucket::new(aws_sdk_s3::Client::new(&aws), config::require("ANCHOR_BUCKET")?);
    let handler = &Handler::new(config::store(&aws)?, bucket, config::clock()?);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        telemetry.invocation(&context.request_id, context.xray_trace_id.as_deref(), handler.handle(event.payload))
    }))
    .await
}
