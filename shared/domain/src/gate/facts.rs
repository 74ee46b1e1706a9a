//! What is known of a debtor that rules of contact may hang on. What is not known reads restrictively.

use crate::collector::CollectorRole;
use crate::obligor::Obligor;
use jiff::civil::{Date, Time, Weekday};
use jiff::{Timestamp, ToSpan as _};

use super::medium::{Family, Medium};
use super::place::Place;
use crate::calendar::Zone;
use crate::contact::DebtorKind;
use crate::ids::ParticularDebt;
use crate::money::Money;

/// Who gave the credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creditor {
    /// A lender, a provider of commercial financing, or who bought such a debt.
    Financing,
    /// Who sold goods or services.
    Supplier,
}

/// The credit that is collected. Where several debts are, what protects most of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credit {
    /// Whether it is regulated consumer credit.
    pub regulated: Option<bool>,
    /// Who gave it.
    pub creditor: Option<Creditor>,
    /// When it was entered, renewed, sold or assigned last.
    pub entered: Option<Date>,
    /// All that is owed to the same lender.
    pub aggregate: Option<Money>,
    /// For how many days it has been past due.
    pub days_past_due: Option<i32>,
    /// Whether billing has stopped and collection begun: statements ended, debt accelerated, suit brought or threatened.
    pub in_collection: Option<bool>,
    /// When it became due.
    pub due: Option<Date>,
    /// When it was last paid on or acknowledged, so that limitation began anew.
    pub acknowledged: Option<Date>,
    /// The years after which suit is barred, where they are known.
    pub limitation_years: Option<i16>,
    /// Whether its data came from a creditor and not from the person.
    pub data_from_creditor: Option<bool>,
    /// The last day of the period in which it may be disputed (12 CFR 1006.34(b)(5)).
    pub validation_ends: Option<Date>,
}

impl Credit {
    fn and(self, told: Self) -> Self {
        Self {
            regulated: told.regulated.or(self.regulated),
            creditor: told.creditor.or(self.creditor),
            entered: told.entered.or(self.entered),
            aggregate: told.aggregate.or(self.aggregate),
            days_past_due: told.days_past_due.or(self.days_past_due),
            in_collection: told.in_collection.or(self.in_collection),
            due: told.due.or(self.due),
            acknowledged: told.acknowledged.or(self.acknowledged),
            limitation_years: told.limitation_years.or(self.limitation_years),
            data_from_creditor: told.data_from_creditor.or(self.data_from_creditor),
            validation_ends: told.validation_ends.or(self.validation_ends),
        }
    }

    /// The last day on which suit may be brought, where it can be known: the anniversary of the due date or of the last
    /// acknowledgment, whichever is later.
    #[must_use]
    pub fn last_day_to_sue(&self, years: i16) -> Option<Date> {
        let from = self.due.max(self.acknowledged)?;
        Some(from.saturating_add(i64::from(years).years()))
    }
}

/// A demand that contact cease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cease {
    /// When it was received.
    pub received: Timestamp,
    /// Whether in writing, which it is by any electronic way that the collector accepts.
    pub written: bool,
    /// About which debt; all where none is named.
    pub debt: Option<ParticularDebt>,
}

/// An attorney who acts for the debtor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attorney {
    /// For which debt; all where none is named.
    pub debt: Option<ParticularDebt>,
    /// Whether name and address are known or readily found.
    pub reachable: Option<bool>,
    /// When the attorney was asked, without an answer until now.
    pub silent_since: Option<Timestamp>,
}

/// How a debtor told of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeForm {
    /// By mouth.
    Oral,
    /// In writing, or by an electronic way that the collector accepts.
    Written,
}

/// A debt, or a part of one, that is contested.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contested {
    /// Which debt; all where none is named.
    pub debt: Option<ParticularDebt>,
    /// When it was received; before all rules ask where that is not known.
    pub received: Option<Date>,
    /// How.
    pub form: Option<DisputeForm>,
    /// What is left to demand, where only a part is contested.
    pub undisputed: Option<Money>,
    /// Whether there are valid grounds, where that was looked into.
    pub grounds: Option<bool>,
    /// When verification was sent.
    pub verified: Option<Date>,
}

/// A written request for name and address of the original creditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditorRequest {
    /// When it was received.
    pub received: Date,
    /// When it was answered.
    pub answered: Option<Date>,
}

/// A debt adviser who works on a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adviser {
    /// When the creditor was told.
    pub told: Date,
    /// Whether a plan is seen to come about.
    pub plan_in_progress: bool,
}

/// Days on which the law keeps creditors off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Respite {
    /// The first day.
    pub first: Date,
    /// The last day; none is known while a crisis lasts.
    pub last: Option<Date>,
}

/// What a consent allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentKind {
    /// Calls beyond what may be presumed: on that day, or for at most seven days (12 CFR 1006.14(b)(3)(i)).
    ExtraCalls {
        /// The one day on which a call was asked for.
        on: Option<Date>,
    },
    /// Contact at hours otherwise closed.
    Hours {
        /// From this time on.
        from: Option<Time>,
        /// Before this time.
        until: Option<Time>,
    },
    /// Recorded voice and autodialled messages (47 U.S.C. 227(b)(1)).
    PriorExpress,
    /// Electronic messages by a medium, or by all.
    Electronic(Option<Family>),
    /// Calls at work.
    AtWork,
}

/// A consent that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// What it allows.
    pub kind: ConsentKind,
    /// Whether it was given directly to this collector, and not to a creditor or a collector before.
    pub direct: bool,
    /// When it was given.
    pub given: Option<Timestamp>,
    /// When it ended, or will.
    pub ends: Option<Timestamp>,
}

impl Consent {
    /// Whether it stands at a moment.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        self.given.is_none_or(|given| given <= now) && self.ends.is_none_or(|ends| now < ends)
    }
}

/// Some days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether it is one of them.
    #[must_use]
    pub fn has(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        Self(days.into_iter().fold(0, |all, day| all | (1 << day.to_monday_zero_offset())))
    }
}

/// A time that the debtor called inconvenient. It begins before midnight and may end after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inconvenient {
    /// The days on which it begins.
    pub days: Weekdays,
    /// From this time on.
    pub from: Time,
    /// To before this time; the whole day where both are the same.
    pub to: Time,
    /// On which clock; on each that counts where none is named.
    pub zone: Option<Zone>,
    /// By what; by anything where nothing is named.
    pub medium: Option<Family>,
}

/// What the debtor refused, for good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    /// Media that the debtor does not want, by mouth or in writing, and since when.
    pub media: Vec<(Family, Timestamp)>,
    /// Media of which one address or another has opted out.
    pub addresses: Vec<(Family, Timestamp)>,
    /// Since when an answer to marketing has revoked consent to recorded and autodialled messages.
    pub marketing: Option<Timestamp>,
    /// Whether the debtor objected to marketing (GDPR art. 21(2)).
    pub objected: bool,
    /// Whether the debtor asked for something about when or how to be contacted that nobody has read yet.
    pub unread: bool,
}

impl Refused {
    fn and(mut self, told: Self) -> Self {
        self.media.extend(told.media);
        self.addresses.extend(told.addresses);
        Self {
            marketing: told.marketing.or(self.marketing),
            objected: told.objected || self.objected,
            unread: told.unread || self.unread,
            ..self
        }
    }
}

/// What stops contact altogether, or nearly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stops {
    /// When insolvency was filed for.
    pub insolvent_since: Option<Date>,
    /// Days on which the law keeps creditors off.
    pub respites: Vec<Respite>,
    /// Demands that contact cease.
    pub ceases: Vec<Cease>,
    /// Attorneys.
    pub attorneys: Vec<Attorney>,
    /// Whether the debtor has died.
    pub deceased: bool,
    /// What is contested.
    pub contested: Vec<Contested>,
    /// A request for the original creditor.
    pub creditor_request: Option<CreditorRequest>,
    /// Whether the debtor says that data are wrong, and nobody has verified them yet (GDPR art. 18(1)(a)).
    pub accuracy_contested: bool,
    /// A debt adviser.
    pub adviser: Option<Adviser>,
    /// Whether the employer is known, or must be thought, to forbid contact at work.
    pub employer_prohibits: bool,
}

impl Stops {
    fn and(mut self, told: Self) -> Self {
        self.respites.extend(told.respites);
        self.ceases.extend(told.ceases);
        self.attorneys.extend(told.attorneys);
        self.contested.extend(told.contested);
        Self {
            insolvent_since: told.insolvent_since.or(self.insolvent_since),
            deceased: told.deceased || self.deceased,
            creditor_request: told.creditor_request.or(self.creditor_request),
            accuracy_contested: told.accuracy_contested || self.accuracy_contested,
            adviser: told.adviser.or(self.adviser),
            employer_prohibits: told.employer_prohibits || self.employer_prohibits,
            ..self
        }
    }
}

/// All that is known of a debtor, for the credit that is collected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Who collects.
    pub collector: Option<CollectorRole>,
    /// Consumer or business.
    pub kind: Option<DebtorKind>,
    /// What the debtor is in law.
    pub obligor: Option<Obligor>,
    /// Everywhere the debtor may be.
    pub places: Vec<Place>,
    /// The zone in which the debtor's calendar days are counted; each zone of the places where it is not known.
    pub calendar: Option<Zone>,
    /// What is collected.
    pub credit: Credit,
    /// What stops contact.
    pub stops: Stops,
    /// What was refused.
    pub refused: Refused,
    /// What was consented to.
    pub consents: Vec<Consent>,
    /// Times that do not suit.
    pub inconvenient: Vec<Inconvenient>,
}

impl Facts {
    /// The same with what someone adds: lists grow, a stop stays one, and of all else what is told counts before what was
    /// known.
    #[must_use]
    pub fn and(mut self, told: Self) -> Self {
        self.places.extend(told.places);
        self.consents.extend(told.consents);
        self.inconvenient.extend(told.inconvenient);
        Self {
            collector: told.collector.or(self.collector),
            kind: told.kind.or(self.kind),
            obligor: told.obligor.or(self.obligor),
            calendar: told.calendar.or(self.calendar),
            credit: self.credit.and(told.credit),
            stops: self.stops.and(told.stops),
            refused: self.refused.and(told.refused),
            ..self
        }
    }

    /// Whether a consent of the kind asked for stands.
    #[must_use]
    pub fn consents_to(&self, now: Timestamp, asked: impl Fn(&Consent) -> bool) -> bool {
        self.consents.iter().any(|consent| consent.stands(now) && asked(consent))
    }

    /// Whether electronic messages by a medium were consented to.
    #[must_use]
    pub fn accepts_electronic(&self, medium: Medium, now: Timestamp) -> bool {
        let family = medium.family();
        self.consents_to(now, |consent| match consent.kind {
            ConsentKind::Electronic(to) => consent.direct && to.is_none_or(|to| to == family),
            ConsentKind::ExtraCalls { .. }
            | ConsentKind::Hours { .. }
            | ConsentKind::PriorExpress
            | ConsentKind::AtWork => false,
        })
    }
}
