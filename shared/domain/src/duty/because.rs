//! Why an action may not be taken, in words for the person who wanted to.

use jiff::civil::Date;

use super::outreach::Block;
use super::validation::NoticePart;
use crate::money::{Money, MoneyError};

/// Why an action may not be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Because {
    /// The validation notice came after its last day.
    #[error("the validation notice had to be given by {0}")]
    NoticeLate(Date),
    /// The validation notice is still owed.
    #[error("the validation notice is owed by {0}: only a debt that is paid by then needs none")]
    NoticeOwed(Date),
    /// Nobody was named who may act for the estate.
    #[error("the debtor has died: address the notice by name to a person who may act for the estate")]
    EstateUnnamed,
    /// Something that a validation notice must say is not said.
    #[error("the validation notice does not say {0}")]
    NoticeLacks(NoticePart),
    /// The parts do not come to the amount that the notice names.
    #[error("the itemized parts come to {parts}, and the notice names {named}: make them the same, to the cent")]
    Itemization {
        /// What the parts come to.
        parts: Money,
        /// What is named.
        named: Money,
    },
    /// The parts cannot be added.
    #[error("the itemized parts cannot be added: {0}")]
    Parts(#[from] MoneyError),
    /// The validation period that the notice names ends too early.
    #[error("the validation period ends on {0} at the earliest: name that day or a later one")]
    PeriodTooShort(Date),
    /// What the debtor is told cuts the time to dispute short.
    #[error("until {0} the debtor may dispute the debt: nothing may be said that is at odds with that")]
    Overshadows(Date),
    /// The debt, or a part of it, is disputed and not verified.
    #[error("the debt is disputed, all of it or a part: send verification, or demand only what is not disputed")]
    Disputed,
    /// The debtor asked who the original creditor is.
    #[error("the debtor asked for the original creditor: send name and address first")]
    OriginalCreditor,
    /// The creditor's notice left too little time to opt out of e-mail.
    #[error("the creditor's notice must leave time to opt out until {0} at least: have it sent again")]
    WindowTooShort(Date),
    /// The time to opt out of e-mail runs.
    #[error("the debtor may opt out of e-mail until {0}")]
    WindowOpen(Date),
    /// A suit came too late.
    #[error("the time to sue ended on {0}: no claim may be issued or threatened")]
    TimeBarred(Date),
    /// The law does not say, as far as is known, how long one may sue.
    #[error("it is not known how long one may sue here: ask counsel")]
    LimitationUnknown,
    /// The debt is gone.
    #[error("the debt is extinguished since the end of {0}: it may not be asked for at all")]
    Extinguished(Date),
    /// The debtor is in a moratorium.
    #[error("the debtor is in a moratorium until {0}: nothing may be demanded or enforced")]
    Moratorium(Date),
    /// The debtor is bankrupt.
    #[error("a petition in bankruptcy was filed on {0}: nothing may be collected; a proof of claim may be filed")]
    Stay(Date),
    /// The debtor's time to answer a letter of claim runs.
    #[error("the debtor may answer the letter of claim until {0}: issue no claim before the day after")]
    TimeToAnswer(Date),
    /// Documents that the debtor asked for are owed.
    #[error("the debtor asked for documents: provide them first")]
    DocumentsOwed,
    /// No letter of claim was sent.
    #[error("send a letter of claim first")]
    NoLetterOfClaim,
    /// A text that the law demands is not there.
    #[error("it must carry the block {0}: include it")]
    Unsaid(Block),
    /// A record has to be kept.
    #[error("the record must be kept through {0}")]
    Retained(Date),
    /// A record is needed while its purpose lasts.
    #[error("the debt is still open, so its records are needed")]
    InUse,
    /// The data is needed for legal claims or by law.
    #[error("the data is needed for legal claims or kept by law: refuse, give the reason, and restrict its use")]
    NeededForClaims,
    /// The debtor objected.
    #[error("the debtor objected to the use of personal data")]
    Objected,
    /// What is contested has not been verified.
    #[error("the debtor contests that the data is right: verify it first")]
    AccuracyContested,
    /// An answer to a request was late.
    #[error("the request had to be answered by {0}")]
    AnswerLate(Date),
}
