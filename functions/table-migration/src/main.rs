//! The Lambda binary; see the library for what it does.

use dunlin_aws::{config, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use table_migration::Handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let handler = &Handler::new(config::store(&aws)?);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        let handled = handler.handle(event.payload, context.deadline());
        telemetry.invocation(&context.request_id, context.xray_trace_id.as_deref(), handled)
    }))
    .await
}
