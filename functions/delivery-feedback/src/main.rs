//! The Lambda binary; see the library for what it does.

use delivery_feedback::Handler;
use dunlin_aws::{books::Books, config, sms::TextSender, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let texts = TextSender::new(aws_sdk_sns::Client::new(&config::without_retries(&aws)));
    let handler = &Handler::new(Books::new(config::store(&aws)?, env!("CARGO_PKG_NAME")), texts, config::clock()?);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        telemetry.invocation(&context.request_id, context.xray_trace_id.as_deref(), handler.handle(event.payload))
    }))
    .await
}
