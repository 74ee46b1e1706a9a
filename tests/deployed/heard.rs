//! What SES says of a message, from the queue on: nobody but AWS may say it on the bus.

use std::collections::BTreeMap;

use dunlin_aws::mail::tags_of;
use dunlin_aws::store::MessageRef;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::message::MessageId;
use dunlin_local::client::Client;
use serde_json::{Value, json};

use crate::{eventually, json as body};

/// The first message that `C1` was sent was delivered: that is heard, and kept with it.
pub(crate) fn a_delivery_is_heard(client: &Client) {
    let tags: BTreeMap<&str, [String; 1]> =
        tags_of(&message(client)).into_iter().map(|(tag, value)| (tag, [value])).collect();
    let at = "2026-02-27T08:00:05Z";
    let detail = json!({
        "eventType": "Delivery",
        "mail": { "timestamp": at, "messageId": "ses", "destination": ["ap@acme.example"], "tags": tags },
        "delivery": { "timestamp": at },
    });
    let event = json!({ "source": "aws.ses", "detail-type": "Email Delivered", "time": at, "detail": detail });
    client.sqs_send(&client.stack().feedback_queue_url, &event).unwrap();
    eventually("the delivery", || {
        let timeline = body(client.api_get("/v1/debtors/C1/timeline?limit=200").unwrap());
        let heard = timeline["entries"].as_array().unwrap().iter().any(|entry| entry["kind"] == "feedback");
        heard.then_some(())
    });
}

/// The first message of `C1`, by its record.
fn message(client: &Client) -> MessageRef {
    let query = json!({
        "TableName": client.stack().table, "KeyConditionExpression": "PK = :pk AND begins_with(SK, :past)",
        "ExpressionAttributeValues": { ":pk": { "S": "T#demo#D#C1" }, ":past": { "S": "PAST#" } },
    });
    let found = client.dynamodb("Query", &query).unwrap();
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let items = found["Items"].as_array().unwrap();
    let sent = items.iter().find(|item| text(item, "SK").contains("#MESSAGE#")).unwrap();
    let key = text(sent, "SK");
    let (_, number) = key.split_once("#MESSAGE#").unwrap();
    let (id, attempt) = number.split_once('.').unwrap();
    MessageRef {
        tenant: TenantId::parse("demo").unwrap(),
        debtor: DebtorId::parse("C1").unwrap(),
        message: MessageId::stored(id.to_owned()),
        attempt: attempt.to_owned(),
        planned_at: text(sent, "planned_at").parse().unwrap(),
    }
}
