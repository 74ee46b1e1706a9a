//! How long a webhook takes without the table: `cargo bench -p dunlin-providers`.

#![expect(clippy::unwrap_used, reason = "in benchmarks a panic is the report")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dunlin_domain::calendar::Zone;
use dunlin_domain::ids::PortfolioId;
use dunlin_providers::stripe::{Mapping, StripeEvent, sign, verify};

/// A body as Stripe sends it, in the envelope of the HTTP API.
fn body(sample: &str) -> String {
    let request: serde_json::Value = serde_json::from_str(sample).unwrap();
    request["body"].as_str().unwrap().to_owned()
}

fn webhooks(criterion: &mut Criterion) {
    let mapping =
        Mapping { zone: Zone::parse("Europe/London").unwrap(), portfolio: PortfolioId::parse("main").unwrap() };
    let now = "2026-03-02T00:00:00Z".parse().unwrap();
    let secrets = ["whsec_test".to_owned()];
    for (name, sample) in [
        (
            "payment_intent.succeeded: signature checked, read",
            include_str!("../../../events/payment-webhook/stripe_payment_intent_succeeded.json"),
        ),
        (
            "invoice.finalized: signature checked, read",
            include_str!("../../../events/payment-webhook/stripe_invoice_finalized.json"),
        ),
    ] {
        let body = body(sample);
        let header = sign(body.as_bytes(), "whsec_test", now);
        criterion.bench_function(name, |bench| {
            bench.iter(|| {
                verify(black_box(body.as_bytes()), &header, &secrets, now).unwrap();
                StripeEvent::read(body.as_bytes(), &mapping).unwrap()
            });
        });
    }
}

criterion_group!(benches, webhooks);
criterion_main!(benches);
