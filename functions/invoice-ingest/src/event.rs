//! What wakes the function.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_lambda_events::s3::S3Event;
use serde::Deserialize;

/// An event as Lambda delivers it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Trigger {
    /// Objects were put into the import bucket.
    Bucket(S3Event),
    /// A call of the API.
    Call(Box<ApiGatewayV2httpRequest>),
}
