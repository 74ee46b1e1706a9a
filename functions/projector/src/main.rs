//! The Lambda binary; see the library for what it does.

use dunlin_aws::{bus::Bus, config, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use projector::Handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let aws = config::aws()?;
    let bus = Bus::new(aws_sdk_eventbridge::Client::new(&aws), config::require("BUS_NAME")?);
    let handler = &Handler::new(config::store(&aws)?, bus);
    run(service_fn(|event: LambdaEvent<_>| handler.handle(event.payload))).await
}
