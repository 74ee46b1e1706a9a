//! Business metrics: lines of the log from which CloudWatch makes metrics by itself (its embedded metric format), so
//! that counting costs no call and cannot fail a function.
//!
//! Each pair of name and dimensions is a metric that is paid for, so dimensions are few and closed: the stack, and
//! either the rule that withheld, the source that was heard or the event of an agreement. The tenant stands beside them as a property: the log
//! can be asked for it, and a thousand tenants cost no more than one.
//!
//! | counted | where | how often |
//! | --- | --- | --- |
//! | what a commit tells: planned, sent, failed, unknown, delivered, bounced, applied, agreed | `projector`, from the stream, after the batch is through | again, should the stream deliver a batch again that was through |
//! | withheld, by the first rule that spoke against it (events carry no reasons) | with the commit | not, should the function be killed before it ends |
//! | what no commit tells: rejected, not readable, wrong sends, hours scanned | where it is noticed | the same |
//!
//! The books are in the table, exactly; these numbers are for curves and alarms.

use std::collections::BTreeMap;

use dunlin_domain::debtor::Journal;
use dunlin_domain::event::EventKind;
use dunlin_domain::ids::TenantId;
use dunlin_domain::message::Outcome;
use dunlin_domain::reason::Rule;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::telemetry;

/// The namespace of every metric, which the alarms and the dashboard of the template name too.
const NAMESPACE: &str = "Dunlin";
/// The dimension that every metric has.
const STACK: &str = "Stack";

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// A message was decided.
    Planned,
    /// A message went out.
    Sent,
    /// A message was held back, by this rule first.
    Withheld(Rule),
    /// The provider will not take a message.
    Failed,
    /// Nobody knows whether a message went out.
    Unknown,
    /// The other side took a message.
    Delivered,
    /// A message could not be delivered.
    Bounced,
    /// Its reader called a message spam.
    Complained,
    /// An address is not used any more.
    Suppressed,
    /// A message went out that the table forbade.
    WrongSend,
    /// A message went out while something came in that would have stopped it.
    Crossed,
    /// A payment or credit note was booked.
    Applied(Source),
    /// Something was agreed or held, or ended, as the event says.
    Agreed(EventKind),
    /// An invoice, payment or event was understood and not taken in.
    Rejected(Source),
    /// A webhook's signature was not accepted.
    BadSignature,
    /// A message of a queue is none of ours.
    Unreadable,
    /// It was looked which shards are due.
    HourScanned,
}

impl Metric {
    /// Its name in CloudWatch.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "Planned",
            Self::Sent => "Sent",
            Self::Withheld(_) => "Withheld",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
            Self::Delivered => "Delivered",
            Self::Bounced => "Bounced",
            Self::Complained => "Complained",
            Self::Suppressed => "Suppressed",
            Self::WrongSend => "WrongSend",
            Self::Crossed => "Crossed",
            Self::Applied(_) => "Applied",
            Self::Agreed(_) => "Agreed",
            Self::Rejected(_) => "Rejected",
            Self::BadSignature => "BadSignature",
            Self::Unreadable => "Unreadable",
            Self::HourScanned => "HourScanned",
        }
    }

    /// The dimension that tells apart what has the same name, and its value.
    fn label(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Withheld(rule) => Some(("Rule", rule.as_str())),
            Self::Agreed(kind) => Some(("Event", kind.as_str())),
            Self::Applied(source) | Self::Rejected(source) => Some(("Source", source.as_str())),
            Self::Planned
            | Self::Sent
            | Self::Failed
            | Self::Unknown
            | Self::Delivered
            | Self::Bounced
            | Self::Complained
            | Self::Suppressed
            | Self::WrongSend
            | Self::Crossed
            | Self::BadSignature
            | Self::Unreadable
            | Self::HourScanned => None,
        }
    }
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The tenant's own books, by API or by file.
    Books,
    /// Stripe.
    Stripe,
    /// A provider that has no line of its own here.
    Other,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Books => "books",
            Self::Stripe => "stripe",
            Self::Other => "other",
        }
    }

    /// The source that a remittance's id names: `payment/stripe/pi_1`.
    fn of_remittance(id: &str) -> Self {
        let source = id.split('/').nth(1).unwrap_or_default();
        [Self::Books, Self::Stripe].into_iter().find(|one| one.as_str() == source).unwrap_or(Self::Other)
    }
}

/// Counts something of a tenant in the invocation at hand.
pub fn count(tenant: &TenantId, metric: Metric, times: u64) {
    telemetry::tally(|tally| tally.add(Some(tenant.as_str()), metric, times));
}

/// Counts something that belongs to no tenant, or to none that can be trusted.
pub fn count_for_nobody(metric: Metric) {
    telemetry::tally(|tally| tally.add(None, metric, 1));
}

/// Counts what events tell, as the bus gets them.
pub fn count_told(events: &[(String, Value)]) {
    telemetry::tally(|tally| {
        for (kind, detail) in events {
            if let Some(metric) = EventKind::parse(kind).and_then(|kind| told(kind, detail)) {
                tally.add(detail["tenant"].as_str(), metric, 1);
            }
        }
    });
}

/// Counts what a commit withheld.
pub fn count_withheld(tenant: &TenantId, journal: &Journal) {
    for message in &journal.messages {
        if let Outcome::Withheld(reasons) = &message.outcome
            && let Some(first) = reasons.first()
        {
            count(tenant, Metric::Withheld(first.rule), 1);
        }
    }
}

fn told(kind: EventKind, detail: &Value) -> Option<Metric> {
    match kind {
        EventKind::MessagePlanned => Some(Metric::Planned),
        EventKind::MessageSent => Some(Metric::Sent),
        EventKind::MessageFailed => Some(Metric::Failed),
        EventKind::MessageUnknown => Some(Metric::Unknown),
        EventKind::MessageDelivered => Some(Metric::Delivered),
        EventKind::MessageBounced => Some(Metric::Bounced),
        EventKind::MessageComplained => Some(Metric::Complained),
        EventKind::ContactSuppressed => Some(Metric::Suppressed),
        EventKind::PaymentReceived | EventKind::CreditNoteIssued => {
            Some(Metric::Applied(Source::of_remittance(detail["reference"].as_str().unwrap_or_default())))
        }
        EventKind::PromiseMade
        | EventKind::PromiseKept
        | EventKind::PromisePartlyKept
        | EventKind::PromiseBroken
        | EventKind::PromiseCancelled
        | EventKind::PlanMade
        | EventKind::InstalmentPaid
        | EventKind::InstalmentMissed
        | EventKind::PlanCompleted
        | EventKind::PlanDefaulted
        | EventKind::PlanCancelled
        | EventKind::SettlementOffered
        | EventKind::SettlementKept
        | EventKind::SettlementLapsed
        | EventKind::SettlementCancelled
        | EventKind::DisputeOpened
        | EventKind::DisputeResolved
        | EventKind::HoldSet
        | EventKind::HoldEnded => Some(Metric::Agreed(kind)),
        EventKind::MessageWithheld // counted with its rule, which the event does not carry
        | EventKind::InvoiceCreated
        | EventKind::InvoiceUpdated
        | EventKind::InvoiceSettled
        | EventKind::InvoiceReopened
        | EventKind::PaymentReversed
        | EventKind::PaymentRegained
        | EventKind::CreditNoteVoided
        | EventKind::CreditArose
        | EventKind::CreditFell
        | EventKind::CreditApplied
        | EventKind::CreditMoved
        | EventKind::CreditRefunded
        | EventKind::FeeCharged
        | EventKind::FeeTakenBack
        | EventKind::InterestCharged
        | EventKind::InterestTakenBack
        | EventKind::WrittenOff
        | EventKind::Recovered
        | EventKind::RefundReviewed
        | EventKind::PaymentPending
        | EventKind::PaymentFailed
        | EventKind::CycleBegan
        | EventKind::CycleEnded
        | EventKind::CycleResumed
        | EventKind::TaskOpened
        | EventKind::ContactOptedOut
        | EventKind::DebtorUpdated
        | EventKind::CreditLimitExceeded
        | EventKind::CreditLimitRestored
        | EventKind::ContactRestored
        | EventKind::ContactReserved
        | EventKind::ContactMade
        | EventKind::ContactReleased
        | EventKind::ReplyReceived => None,
    }
}

/// What one invocation counted.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<Group, BTreeMap<&'static str, u64>>);

/// What one line is about: a line has one value for each dimension and property.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    tenant: Option<String>,
    label: Option<(&'static str, &'static str)>,
}

impl Tally {
    fn add(&mut self, tenant: Option<&str>, metric: Metric, times: u64) {
        if times > 0 {
            let group = Group { tenant: tenant.map(str::to_owned), label: metric.label() };
            let sum = self.0.entry(group).or_default().entry(metric.name()).or_default();
            *sum = sum.saturating_add(times);
        }
    }

    /// The lines that tell CloudWatch: one for each tenant and label that occurred, however much was counted.
    pub(crate) fn lines(&self, stack: &str, request_id: &str, now: Timestamp) -> Vec<String> {
        self.0.iter().map(|(group, sums)| line(group, sums, (stack, request_id), now)).collect()
    }
}

fn line(
    group: &Group,
    sums: &BTreeMap<&'static str, u64>,
    (stack, request_id): (&str, &str),
    now: Timestamp,
) -> String {
    // What has a label is also summed over all labels, so that an alarm need not know them.
    let mut dimensions = vec![vec![STACK]];
    dimensions.extend(group.label.map(|(name, _)| vec![STACK, name]));
    let metrics: Vec<Value> = sums.keys().map(|name| json!({ "Name": name, "Unit": "Count" })).collect();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics });
    let mut line = Map::new();
    line.insert("_aws".to_owned(), json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] }));
    line.insert(STACK.to_owned(), stack.into());
    line.insert("request_id".to_owned(), request_id.into());
    line.extend(group.label.map(|(name, value)| (name.to_owned(), value.into())));
    line.extend(group.tenant.iter().map(|tenant| ("tenant".to_owned(), tenant.as_str().into())));
    line.extend(sums.iter().map(|(name, sum)| ((*name).to_owned(), (*sum).into())));
    Value::Object(line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_reads_as_metrics() {
        let mut tally = Tally::default();
        tally.add(Some("acme"), Metric::Withheld(Rule::PaymentInFlight), 2);
        let lines = tally.lines("dunlin", "r-1", Timestamp::from_second(1_772_409_600).unwrap());
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        let expected = json!({
            "_aws": {
                "Timestamp": 1_772_409_600_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Dunlin",
                    "Dimensions": [["Stack"], ["Stack", "Rule"]],
                    "Metrics": [{ "Name": "Withheld", "Unit": "Count" }],
                }],
            },
            "Stack": "dunlin", "Rule": "payment_in_flight", "Withheld": 2, "tenant": "acme", "request_id": "r-1",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn an_invocation_writes_a_line_for_each_tenant_and_label_and_not_for_each_item() {
        let mut tally = Tally::default();
        for _ in 0..100 {
            tally.add(Some("acme"), Metric::Planned, 1);
            tally.add(Some("acme"), Metric::Sent, 1);
            tally.add(Some("other"), Metric::Sent, 1);
        }
        tally.add(None, Metric::Unreadable, 1);
        tally.add(Some("acme"), Metric::Failed, 0);
        let lines = tally.lines("dunlin", "r-1", Timestamp::UNIX_EPOCH);
        assert_eq!(lines.len(), 3);
        let all = lines.concat();
        assert!(all.contains("\"Planned\":100") && !all.contains("Failed"), "{all}");
    }

    #[test]
    fn payments_are_applied_by_their_source() {
        let source = |id: &str| told(EventKind::PaymentReceived, &json!({ "reference": id }));
        assert_eq!(source("payment/stripe/pi_1"), Some(Metric::Applied(Source::Stripe)));
        assert_eq!(source("payment/books/P-1"), Some(Metric::Applied(Source::Books)));
        assert_eq!(source("payment/xero/1"), Some(Metric::Applied(Source::Other)));
        assert_eq!(source(""), Some(Metric::Applied(Source::Other)));
    }
}
