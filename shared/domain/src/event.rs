//! What happened, for those who listen: one event for each fact that another system may act on.

use crate::debtor::{ReopenedBy, Reopening};
use crate::ids::{AccountKey, AgreementId, HoldId, InvoiceId};
use crate::message::MessageId;
use crate::money::Money;

/// What an event is about. The names are part of the public interface of the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// An invoice was taken in.
    InvoiceCreated,
    /// An invoice's terms changed.
    InvoiceUpdated,
    /// Nothing is owed on an invoice any more.
    InvoiceSettled,
    /// Something is owed again on an invoice that was settled.
    InvoiceReopened,
    /// A payment came in.
    PaymentReceived,
    /// A payment went back, to the debtor or through the bank.
    PaymentReversed,
    /// A payment that had gone back came in again: a chargeback was won.
    PaymentRegained,
    /// A credit note reduced what is owed, or is unapplied credit.
    CreditNoteIssued,
    /// A credit note was taken back.
    CreditNoteVoided,
    /// An invoice was paid with more than was owed on it: the rest is unapplied credit.
    CreditArose,
    /// Less of what an invoice was paid with is left over than was told.
    CreditFell,
    /// Unapplied money, of a payment on account or a credit, was placed on invoices.
    CreditApplied,
    /// Unapplied credit went to another portfolio.
    CreditMoved,
    /// Unapplied credit was paid back.
    CreditRefunded,
    /// A fee was charged on an invoice.
    FeeCharged,
    /// A fee was taken back.
    FeeTakenBack,
    /// Interest was charged on an invoice.
    InterestCharged,
    /// Interest that was charged was taken back.
    InterestTakenBack,
    /// What was open on an invoice was given up, or so much of it.
    WrittenOff,
    /// What had been given up came in after all, or so much of it.
    Recovered,
    /// A person has looked at what was refunded of an invoice: what is open of it is chased again.
    RefundReviewed,
    /// A payment is under way.
    PaymentPending,
    /// A payment that was under way will not come.
    PaymentFailed,
    /// An account has something overdue now.
    CycleBegan,
    /// An account has nothing overdue any more.
    CycleEnded,
    /// Something of what is owed is not chased any more.
    HoldSet,
    /// It is chased again, or settled.
    HoldEnded,
    /// The debtor promised to pay.
    PromiseMade,
    /// What was promised came in time.
    PromiseKept,
    /// A part of what was promised came in time.
    PromisePartlyKept,
    /// Nothing of what was promised came in time.
    PromiseBroken,
    /// A promise was called off.
    PromiseCancelled,
    /// A payment plan was agreed.
    PlanMade,
    /// An instalment was paid.
    InstalmentPaid,
    /// An instalment did not come in time.
    InstalmentMissed,
    /// A plan was paid to its end.
    PlanCompleted,
    /// Too many instalments were missed: all is owed at once.
    PlanDefaulted,
    /// A plan was called off.
    PlanCancelled,
    /// Less was offered to be taken.
    SettlementOffered,
    /// The offer was paid in time, and the rest given up.
    SettlementKept,
    /// The offer was not paid in time: all is owed.
    SettlementLapsed,
    /// An offer was taken back.
    SettlementCancelled,
    /// The debtor contests an invoice, or a part of it.
    DisputeOpened,
    /// A dispute is over: decided, called off, or settled with its invoice.
    DisputeResolved,
    /// A debt that was settled is owed again, and its ladder goes on from where it was left.
    CycleResumed,
    /// A message was decided; `reminder-dispatch` listens to this one.
    MessagePlanned,
    /// A message went out.
    MessageSent,
    /// A message was not sent.
    MessageWithheld,
    /// A message could not be sent.
    MessageFailed,
    /// Nobody knows whether a message went out.
    MessageUnknown,
    /// A person has something to do.
    TaskOpened,
    /// The debtor wants no more e-mail.
    ContactOptedOut,
    /// Who a debtor is, what it is granted, or whose child it is, was changed.
    DebtorUpdated,
    /// More is owed than may be, by a debtor or by a group: a hold on further credit is in order.
    CreditLimitExceeded,
    /// What is owed is within the limit again.
    CreditLimitRestored,
    /// An address of the debtor is not used any more, by anyone of the tenant: why is in the detail.
    ContactSuppressed,
    /// A person has lifted that.
    ContactRestored,
    /// A person reserved the slot of a contact.
    ContactReserved,
    /// A person made a contact, or knows better what came of it.
    ContactMade,
    /// A contact was not made, and its slot is free again.
    ContactReleased,
    /// The other side took a message.
    MessageDelivered,
    /// A message could not be delivered.
    MessageBounced,
    /// Its reader called a message spam.
    MessageComplained,
    /// A debtor answered by text.
    ReplyReceived,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 64] = [
        Self::InvoiceCreated,
        Self::InvoiceUpdated,
        Self::InvoiceSettled,
        Self::InvoiceReopened,
        Self::PaymentReceived,
        Self::PaymentReversed,
        Self::PaymentRegained,
        Self::CreditNoteIssued,
        Self::CreditNoteVoided,
        Self::CreditArose,
        Self::CreditFell,
        Self::CreditApplied,
        Self::CreditMoved,
        Self::CreditRefunded,
        Self::FeeCharged,
        Self::FeeTakenBack,
        Self::InterestCharged,
        Self::InterestTakenBack,
        Self::WrittenOff,
        Self::Recovered,
        Self::RefundReviewed,
        Self::PaymentPending,
        Self::PaymentFailed,
        Self::CycleBegan,
        Self::CycleEnded,
        Self::HoldSet,
        Self::HoldEnded,
        Self::PromiseMade,
        Self::PromiseKept,
        Self::PromisePartlyKept,
        Self::PromiseBroken,
        Self::PromiseCancelled,
        Self::PlanMade,
        Self::InstalmentPaid,
        Self::InstalmentMissed,
        Self::PlanCompleted,
        Self::PlanDefaulted,
        Self::PlanCancelled,
        Self::SettlementOffered,
        Self::SettlementKept,
        Self::SettlementLapsed,
        Self::SettlementCancelled,
        Self::DisputeOpened,
        Self::DisputeResolved,
        Self::CycleResumed,
        Self::MessagePlanned,
        Self::MessageSent,
        Self::MessageWithheld,
        Self::MessageFailed,
        Self::MessageUnknown,
        Self::TaskOpened,
        Self::ContactOptedOut,
        Self::DebtorUpdated,
        Self::CreditLimitExceeded,
        Self::CreditLimitRestored,
        Self::ContactSuppressed,
        Self::ContactRestored,
        Self::ContactReserved,
        Self::ContactMade,
        Self::ContactReleased,
        Self::MessageDelivered,
        Self::MessageBounced,
        Self::MessageComplained,
        Self::ReplyReceived,
    ];

    /// The detail type on the bus.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvoiceCreated => "invoice.created",
            Self::InvoiceUpdated => "invoice.updated",
            Self::InvoiceSettled => "invoice.settled",
            Self::InvoiceReopened => "invoice.reopened",
            Self::PaymentReceived => "payment.received",
            Self::PaymentReversed => "payment.reversed",
            Self::PaymentRegained => "payment.regained",
            Self::CreditNoteIssued => "credit_note.issued",
            Self::CreditNoteVoided => "credit_note.voided",
            Self::CreditArose => "credit.arose",
            Self::CreditFell => "credit.fell",
            Self::CreditApplied => "credit.applied",
            Self::CreditMoved => "credit.moved",
            Self::CreditRefunded => "credit.refunded",
            Self::FeeCharged => "fee.charged",
            Self::FeeTakenBack => "fee.taken_back",
            Self::InterestCharged => "interest.charged",
            Self::InterestTakenBack => "interest.taken_back",
            Self::WrittenOff => "write_off.made",
            Self::Recovered => "write_off.recovered",
            Self::RefundReviewed => "refund.reviewed",
            Self::PaymentPending => "payment.pending",
            Self::PaymentFailed => "payment.failed",
            Self::CycleBegan => "cycle.began",
            Self::CycleEnded => "cycle.ended",
            Self::HoldSet => "hold.set",
            Self::HoldEnded => "hold.ended",
            Self::PromiseMade => "promise.made",
            Self::PromiseKept => "promise.kept",
            Self::PromisePartlyKept => "promise.partly_kept",
            Self::PromiseBroken => "promise.broken",
            Self::PromiseCancelled => "promise.cancelled",
            Self::PlanMade => "plan.made",
            Self::InstalmentPaid => "plan.instalment_paid",
            Self::InstalmentMissed => "plan.instalment_missed",
            Self::PlanCompleted => "plan.completed",
            Self::PlanDefaulted => "plan.defaulted",
            Self::PlanCancelled => "plan.cancelled",
            Self::SettlementOffered => "settlement.offered",
            Self::SettlementKept => "settlement.kept",
            Self::SettlementLapsed => "settlement.lapsed",
            Self::SettlementCancelled => "settlement.cancelled",
            Self::DisputeOpened => "dispute.opened",
            Self::DisputeResolved => "dispute.resolved",
            Self::CycleResumed => "cycle.resumed",
            Self::MessagePlanned => "message.planned",
            Self::MessageSent => "message.sent",
            Self::MessageWithheld => "message.withheld",
            Self::MessageFailed => "message.failed",
            Self::MessageUnknown => "message.unknown",
            Self::TaskOpened => "task.opened",
            Self::ContactOptedOut => "contact.opted_out",
            Self::DebtorUpdated => "debtor.updated",
            Self::CreditLimitExceeded => "credit_limit.exceeded",
            Self::CreditLimitRestored => "credit_limit.restored",
            Self::ContactSuppressed => "contact.suppressed",
            Self::ContactRestored => "contact.restored",
            Self::ContactReserved => "contact.reserved",
            Self::ContactMade => "contact.made",
            Self::ContactReleased => "contact.released",
            Self::MessageDelivered => "message.delivered",
            Self::MessageBounced => "message.bounced",
            Self::MessageComplained => "message.complained",
            Self::ReplyReceived => "reply.received",
        }
    }

    /// Reads what [`EventKind::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == value)
    }
}

/// Something that happened to a debtor, with as much as a listener needs to look the rest up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Creditor and currency, where it is about one account.
    pub account: Option<AccountKey>,
    /// The invoice, where it is about one.
    pub invoice: Option<InvoiceId>,
    /// The message, where it is about one.
    pub message: Option<MessageId>,
    /// The agreement, where it is about one.
    pub agreement: Option<AgreementId>,
    /// The hold, where it is about one.
    pub hold: Option<HoldId>,
    /// The amount by which something changed, where there is one.
    pub amount: Option<Money>,
    /// What brought it about: a payment, a credit note or an order, by its id.
    pub reference: Option<String>,
    /// How an agreement or a hold ended.
    pub outcome: Option<&'static str>,
    /// Why something is owed again.
    pub cause: Option<ReopenedBy>,
    /// The step, task, reason or authority.
    pub detail: Option<String>,
}

impl Event {
    /// An event with no particulars yet.
    #[must_use]
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            account: None,
            invoice: None,
            message: None,
            agreement: None,
            hold: None,
            amount: None,
            reference: None,
            outcome: None,
            cause: None,
            detail: None,
        }
    }

    /// About this account.
    #[must_use]
    pub fn account(mut self, account: &AccountKey) -> Self {
        self.account = Some(account.clone());
        self
    }

    /// About this invoice.
    #[must_use]
    pub fn invoice(mut self, invoice: &InvoiceId) -> Self {
        self.invoice = Some(invoice.clone());
        self
    }

    /// About this message.
    #[must_use]
    pub fn message(mut self, message: &MessageId) -> Self {
        self.message = Some(message.clone());
        self
    }

    /// About this agreement.
    #[must_use]
    pub fn agreement(mut self, agreement: &AgreementId) -> Self {
        self.agreement = Some(agreement.clone());
        self
    }

    /// About this hold.
    #[must_use]
    pub fn hold(mut self, hold: &HoldId) -> Self {
        self.hold = Some(hold.clone());
        self
    }

    /// Brought about by this.
    #[must_use]
    pub fn reference(mut self, reference: impl Into<String>) -> Self {
        self.reference = Some(reference.into());
        self
    }

    /// That ended so.
    #[must_use]
    pub fn outcome(mut self, outcome: &'static str) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Because of this.
    #[must_use]
    pub fn because(mut self, why: &Reopening) -> Self {
        self.cause = Some(why.by);
        self.reference.clone_from(&why.reference);
        self
    }

    /// Of this amount.
    #[must_use]
    pub fn amount(mut self, amount: Money) -> Self {
        self.amount = Some(amount);
        self
    }

    /// With this particular.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
