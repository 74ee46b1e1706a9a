//! Simulated time is for the local stack alone.

use dunlin_local::stack::Options;
use serde_json::{Value, json};

use crate::{at, eventually, json as body, start};

#[test]
fn a_stack_that_does_not_simulate_goes_by_the_clock() {
    let stack = start(&Options::for_test("real-time").with_real_time());
    let client = stack.client();
    let invoice = json!({ "invoices": [{
        "debtor_ref": "C1", "invoice_number": "A-1", "issue_date": "2020-01-01", "due_date": "2020-01-31",
        "currency": "GBP", "amount": "10.00", "time_zone": "Europe/London",
    }] });
    body(client.api_post("/v1/invoices", &invoice, at("2020-01-01T00:00:00Z")).unwrap());
    let file =
        "debtor_ref,invoice_number,issue_date,due_date,currency,amount\nC2,A-2,2020-01-01,2020-01-31,GBP,10.00\n";
    let time = [("simulated-time", "2020-01-01T00:00:00Z".to_owned())];
    client.put_object(&client.stack().import_bucket, "imports/demo/a.csv", file.as_bytes(), &time).unwrap();
    eventually("the import", || client.get_object(&client.stack().import_bucket, "results/demo/a.json").unwrap());

    // Had the told time counted, the invoices would not be due, and nothing would have happened later than 2020.
    for debtor in ["C1", "C2"] {
        let view = body(client.api_get(&format!("/v1/debtors/{debtor}")).unwrap());
        assert_eq!(view["accounts"][0]["overdue"], true);
        assert!(year(&view["next_look_at"]) > 2020, "{view}");
        let timeline = body(client.api_get(&format!("/v1/debtors/{debtor}/timeline")).unwrap());
        assert!(timeline["entries"].as_array().unwrap().iter().all(|entry| year(&entry["at"]) > 2020), "{timeline}");
    }
}

fn year(time: &Value) -> i32 {
    time.as_str().and_then(|text| text.get(..4)).and_then(|year| year.parse().ok()).unwrap()
}
