//! The Lambda binary; see the library for what it does.

use dunlin_aws::{books::Books, config, secrets::Secrets, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use payment_webhook::{Handler, SigningSecrets};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let secrets = Secrets::new(aws_sdk_secretsmanager::Client::new(&aws));
    let secrets = SigningSecrets::new(secrets, config::require("SECRET_PREFIX")?);
    let handler = &Handler::new(Books::new(config::store(&aws)?, env!("CARGO_PKG_NAME")), secrets, config::clock()?);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        telemetry.invocation(&context.request_id, context.xray_trace_id.as_deref(), handler.handle(event.payload))
    }))
    .await
}
