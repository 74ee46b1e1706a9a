//! Audit logs are anchored, by a function that reaches of the table no more than it needs.

use dunlin_audit::{Anchor, Anchors, verify};
use dunlin_local::client::Client;
use serde_json::json;

use crate::eventually;

/// What moved is noted by its day; the daily run puts it where the log of `C1` meets it.
pub(crate) fn its_log_meets_an_anchor(client: &Client) {
    let day = eventually("a note", || noted_day(client));
    client.invoke("audit-anchor", &json!({ "time": "2026-03-31T01:15:00Z" })).unwrap();
    let key = format!("anchors/demo/{day}.json");
    let anchor = client.get_object(&client.stack().anchor_bucket, &key).unwrap().unwrap();
    let anchors = Anchors::new([Anchor::read(anchor.as_bytes()).unwrap()]).unwrap();
    let log = client.api_get("/v1/debtors/C1/audit").unwrap();
    assert!(log.is_success(), "{}", log.text);
    assert_eq!(verify(log.text.as_bytes(), &anchors).unwrap().anchors, 1);
}

/// A day on which a log was told to have moved, of those that a run at the end of March looks back to.
fn noted_day(client: &Client) -> Option<String> {
    let notes = json!({
        "TableName": client.stack().table, "FilterExpression": "begins_with(PK, :notes)",
        "ExpressionAttributeValues": { ":notes": { "S": "DEPLOYMENT#MOVED#" } },
    });
    let found = client.dynamodb("Scan", &notes).unwrap();
    let keys = found["Items"].as_array()?.iter().filter_map(|note| note["PK"]["S"].as_str());
    let days = keys.filter_map(|key| key.strip_prefix("DEPLOYMENT#MOVED#"));
    days.filter(|day| *day >= "2026-03-02").map(str::to_owned).next()
}
