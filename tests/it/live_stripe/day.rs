//! A day at Stripe: customers subscribe, are invoiced, pay, fail to pay, leave another card and are paid back.

use dunlin_local::live_stripe::LiveStripe;
use dunlin_testkit::dice::Dice;
use serde_json::{Value, json};

use crate::stripe::event;

/// Cards and accounts that localstripe charges, or declines to charge: at once, or a moment later.
const CARDS: [&str; 2] = ["4242424242424242", "4000000000000341"];
const ACCOUNTS: [&str; 2] = ["DE89370400440532013000", "DE62370400440532013001"];
const CUSTOMERS: usize = 20;

/// One day, and the events of Stripe's that localstripe does not send.
///
/// localstripe sends `payment_intent.succeeded`, `payment_intent.payment_failed` and `invoice.payment_failed` (the latter
/// two not where a card is declined at once). Stripe also tells of each invoice that it was finalized and how it ended,
/// of refunds, and of credit notes, which localstripe has not at all. These are written here from localstripe's objects
/// as its API shows them; a credit note is taken off an invoice that stays open, and is the test's own.
pub(super) struct Day {
    stripe: LiveStripe,
    dice: Dice,
    pub(super) told: Vec<Value>,
    /// What was credited of an invoice.
    pub(super) credited: Vec<(String, i64)>,
}

impl Day {
    pub(super) fn new(stripe: LiveStripe, seed: u64) -> Self {
        Self { stripe, dice: Dice::new(seed), told: Vec::new(), credited: Vec::new() }
    }

    /// Lives it. Afterwards nothing at Stripe is under way.
    pub(super) fn live(&mut self) {
        let plans = ["eur", "usd", "jpy"].map(|currency| self.plan(currency));
        for number in 0..CUSTOMERS {
            let plan = self.dice.pick(&[0, 1, 2]);
            self.customer(number, &plans[plan]);
        }
        while self.list("payment_intents").iter().any(is_under_way) {
            std::thread::yield_now();
        }
        for invoice in self.invoices() {
            self.end(&invoice);
        }
    }

    /// Every invoice that is no draft.
    pub(super) fn invoices(&self) -> Vec<Value> {
        self.list("invoices").into_iter().filter(|invoice| invoice["status"] != "draft").collect()
    }

    /// How many events of a type localstripe has made, and so sends.
    pub(super) fn made(&self, kind: &str) -> usize {
        self.list("events").iter().filter(|event| event["type"] == kind).count()
    }

    fn plan(&self, currency: &str) -> Value {
        let product = self.post("/v1/products", &json!({ "name": "Service", "type": "service" }));
        let plan = json!({ "product": product["id"], "amount": 1500, "currency": currency, "interval": "month" });
        self.post("/v1/plans", &plan)
    }

    fn customer(&mut self, number: usize, plan: &Value) {
        let named = json!({ "name": format!("Customer {number}"), "email": format!("c{number}@customers.example") });
        let customer = id(&self.post("/v1/customers", &named));
        let method = match self.dice.below(4) {
            0 => json!({ "type": "sepa_debit", "sepa_debit": { "iban": self.dice.pick(&ACCOUNTS) } }),
            _ => card(self.dice.pick(&CARDS)),
        };
        self.leave(&customer, &method);
        let subscription = json!({ "customer": customer, "items": [{ "plan": plan["id"] }] });
        let first = self.post("/v1/subscriptions", &subscription)["latest_invoice"].as_str().unwrap().to_owned();
        self.finalized(&first);
        for _ in 0..self.dice.below(4) {
            self.invoice(&customer, plan);
        }
    }

    /// What the customer pays with from now on.
    fn leave(&self, customer: &str, method: &Value) {
        let method = id(&self.post("/v1/payment_methods", method));
        self.post(&format!("/v1/payment_methods/{method}/attach"), &json!({ "customer": customer }));
        let default = json!({ "invoice_settings": { "default_payment_method": method } });
        self.post(&format!("/v1/customers/{customer}"), &default);
    }

    fn invoice(&mut self, customer: &str, plan: &Value) {
        let amount = 100 + self.dice.below(90_000);
        let item = json!({ "customer": customer, "amount": amount, "currency": plan["currency"] });
        self.post("/v1/invoiceitems", &item);
        // A subscription whose debit failed a moment ago is over, and has no further invoices.
        let draft = self.stripe.post("/v1/invoices", &json!({ "customer": customer })).unwrap();
        if !draft.is_success() {
            return;
        }
        let invoice = id(&draft.json);
        let charged = self.post(&format!("/v1/invoices/{invoice}/pay"), &json!({}));
        self.finalized(&invoice);
        if charged["status"] == "open" && charged["charge"]["status"] == "failed" {
            self.declined(&charged);
            match self.dice.below(3) {
                0 => drop(self.post(&format!("/v1/invoices/{invoice}/void"), &json!({}))),
                1 => {
                    self.leave(customer, &card(CARDS[0]));
                    self.post(&format!("/v1/invoices/{invoice}/pay"), &json!({}));
                }
                _ => {}
            }
        } else if charged["charge"]["paid"] == true && self.dice.one_in(3) {
            self.refund(&charged);
        }
    }

    /// The invoice as it was before it was charged.
    fn finalized(&mut self, invoice: &str) {
        let mut object = self.get(&format!("/v1/invoices/{invoice}"));
        let before = json!({ "status": "open", "amount_paid": 0, "attempt_count": 0 });
        object.as_object_mut().unwrap().extend(before.as_object().unwrap().clone());
        self.tell("invoice.finalized", object);
    }

    /// A card that is declined at once, of which localstripe says nothing.
    fn declined(&mut self, invoice: &Value) {
        let intent = self.get(&format!("/v1/payment_intents/{}", invoice["payment_intent"].as_str().unwrap()));
        self.tell("payment_intent.payment_failed", intent);
        self.tell("invoice.payment_failed", invoice.clone());
    }

    /// Pays back in two parts, each told of with what went back by then.
    fn refund(&mut self, invoice: &Value) {
        for _ in 0..2 {
            let part = json!({ "charge": invoice["charge"]["id"], "amount": 1 + self.dice.below(40) });
            self.post("/v1/refunds", &part);
            let charge = self.get(&format!("/v1/charges/{}", invoice["charge"]["id"].as_str().unwrap()));
            self.tell("charge.refunded", charge);
        }
    }

    /// Tells how an invoice stands at the end of the day; some of those that are open are credited in part.
    fn end(&mut self, invoice: &Value) {
        let kind = match invoice["status"].as_str().unwrap() {
            "paid" => "invoice.paid",
            "void" => "invoice.voided",
            _ => "invoice.updated",
        };
        self.tell(kind, invoice.clone());
        if kind == "invoice.updated" && self.dice.one_in(2) {
            let amount = invoice["amount_due"].as_i64().unwrap() / 3;
            self.credited.push((id(invoice), amount));
            let note = json!({
                "id": format!("cn_{}", self.credited.len()), "object": "credit_note", "invoice": invoice["id"], "amount": amount,
                "currency": invoice["currency"], "status": "issued", "created": invoice["created"],
            });
            self.tell("credit_note.created", note);
        }
    }

    fn tell(&mut self, kind: &str, object: Value) {
        // A second after the object was made, and after what was told of it before: the day is over in a few real ones.
        let before = self.told.iter().filter(|event| event["data"]["object"]["id"] == object["id"]).count();
        let created = object["created"].as_i64().unwrap() + 1 + i64::try_from(before).unwrap();
        self.told.push(event(&format!("evt_told_{}", self.told.len()), kind, created, object));
    }

    fn list(&self, objects: &str) -> Vec<Value> {
        let page = self.get(&format!("/v1/{objects}?limit=1000"));
        assert_eq!(page["has_more"], false, "{objects}");
        page["data"].as_array().unwrap().clone()
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.stripe.get(path).unwrap();
        assert!(answer.is_success(), "{path}: {}", answer.text);
        answer.json
    }

    fn post(&self, path: &str, fields: &Value) -> Value {
        let answer = self.stripe.post(path, fields).unwrap();
        assert!(answer.is_success(), "{path} {fields}: {}", answer.text);
        answer.json
    }
}

/// A debit is decided half a second after it was made; one that will succeed is called so before its money has moved.
fn is_under_way(intent: &Value) -> bool {
    match intent["status"].as_str() {
        Some("processing") => true,
        Some("succeeded") => intent["latest_charge"]["balance_transaction"].is_null(),
        _ => false,
    }
}

fn card(number: &str) -> Value {
    json!({ "type": "card", "card": { "number": number, "exp_month": 12, "exp_year": 2090, "cvc": "123" } })
}

pub(super) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}
