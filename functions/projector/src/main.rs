//! The Lambda binary; see the library for what it does.

use dunlin_aws::{bus::Bus, config, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use projector::Handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let bus = Bus::new(aws_sdk_eventbridge::Client::new(&aws), config::require("BUS_NAME")?);
    let handler = &Handler::new(config::store(&aws)?, bus);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        telemetry.invocation(&context.request_id, context.xray_trace_id.as_deref(), handler.handle(event.payload))
    }))
    .await
}
