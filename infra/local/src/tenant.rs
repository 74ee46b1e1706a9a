//! The tenant `demo`, its owner, and its Stripe account's signing secret.

use serde_json::{Value, json};

use crate::client::{Client, ClientError};
use crate::stack::STACK_NAME;

pub(crate) const TENANT: &str = "demo";
/// Stripe signs the demo tenant's webhooks with it: a key of no worth, known to whoever reads this.
pub(crate) const STRIPE_SIGNING_SECRET: &str = "whsec_dunlin_local_demo_0123456789";

const OWNER: &str = "owner@demo.example";
const PASSWORD: &str = "Demo-password-1";

/// The domain of the template's parameter `MailFrom`.
const MAIL_DOMAIN: &str = "dunlin.example";

/// Creates what is missing and signs the owner in. Returns the ID token, which carries the tenant.
pub(crate) fn create(client: &Client) -> Result<String, ClientError> {
    client.verify_mail_domain(MAIL_DOMAIN)?;
    settings(client)?;
    stripe_secret(client)?;
    owner(client)?;
    sign_in(client)
}

/// A fresh ID token of the demo tenant's owner.
pub(crate) fn sign_in(client: &Client) -> Result<String, ClientError> {
    let answer = client.cognito(
        "InitiateAuth",
        &json!({
            "ClientId": client.stack().user_pool_client_id,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": OWNER, "PASSWORD": PASSWORD },
        }),
    )?;
    let token = answer.pointer("/AuthenticationResult/IdToken").and_then(Value::as_str);
    token.map(str::to_owned).ok_or_else(|| ClientError::unexpected("Cognito", &answer))
}

fn settings(client: &Client) -> Result<(), ClientError> {
    let item = json!({
        "PK": { "S": format!("T#{TENANT}") },
        "SK": { "S": "SETTINGS" },
        "name": { "S": "Demo Ltd" },
        "reply_to": { "S": "accounts@demo.example" },
        "time_zone": { "S": "Europe/London" },
        "policy": { "S": "default" },
        "default_portfolio": { "S": "main" },
    });
    let table = &client.stack().table;
    let put = json!({ "TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(PK)" });
    unless_there(client.dynamodb("PutItem", &put))
}

fn stripe_secret(client: &Client) -> Result<(), ClientError> {
    let secret = json!({ "signing_secrets": [STRIPE_SIGNING_SECRET] }).to_string();
    let name = format!("{STACK_NAME}/tenant/{TENANT}/stripe");
    unless_there(client.secrets("CreateSecret", &json!({ "Name": name, "SecretString": secret })))
}

fn owner(client: &Client) -> Result<(), ClientError> {
    let pool = &client.stack().user_pool_id;
    unless_there(client.cognito(
        "AdminCreateUser",
        &json!({
            "UserPoolId": pool,
            "Username": OWNER,
            "MessageAction": "SUPPRESS",
            "UserAttributes": [
                { "Name": "email", "Value": OWNER },
                { "Name": "email_verified", "Value": "true" },
                { "Name": "custom:tenant", "Value": TENANT },
            ],
        }),
    ))?;
    let password = json!({ "UserPoolId": pool, "Username": OWNER, "Password": PASSWORD, "Permanent": true });
    client.cognito("AdminSetUserPassword", &password).map(drop)
}

/// What the services say of a thing that is there already.
const THERE: [&str; 3] = ["ConditionalCheckFailedException", "ResourceExistsException", "UsernameExistsException"];

fn unless_there(answer: Result<Value, ClientError>) -> Result<(), ClientError> {
    match answer {
        Err(ClientError::Refused { kind, .. }) if THERE.contains(&kind.as_str()) => Ok(()),
        other => other.map(drop),
    }
}
