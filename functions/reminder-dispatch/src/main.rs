//! The Lambda binary; see the library for what it does.

use dunlin_aws::mail::Mailer;
use dunlin_aws::{books::Books, config, secrets::Secrets, sms::TextSender, telemetry::Telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use reminder_dispatch::{Handler, Post};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let telemetry = &Telemetry::start()?;
    let aws = config::aws()?;
    let once = config::without_retries(&aws);
    let post = Post {
        mailer: Mailer::new(aws_sdk_sesv2::Client::new(&once), config::require("CONFIGURATION_SET")?),
        texts: TextSender::new(aws_sdk_sns::Client::new(&once)),
        secrets: Secrets::new(aws_sdk_secretsmanager::Client::new(&aws)),
        unsubscribe_secret: config::require("UNSUBSCRIBE_SECRET")?,
        public_url: config::require("PUBLIC_URL")?,
        mail_from: config::require("MAIL_FROM")?,
    };
    let handler = &Handler::new(Books::new(config::store(&aws)?, env!("CARGO_PKG_NAME")), post, config::clock()?);
    run(service_fn(|event: LambdaEvent<_>| {
        let context = &event.context;
        telemetry.invocation(
            &context.request_id,
            context.xray_trace_id.as_deref(),
            handler.handle(event.payload, context.request_id.clone()),
        )
    }))
    .await
}
