//! What the law asks of whoever collects: by when, what must be said, what must not be done, what must be kept.
//!
//! The figures are data; how they are counted and what follows is here. Whatever stands in the way of an action is a
//! [`Bar`]: the rule, where it can be read, what is wrong, and when it is gone.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`period`] | how the law counts days, months and years |
//! | [`provision`], [`because`] | a rule of law, and what it stops |
//! | [`validation`], [`notice`] | the validation notice, the time to dispute, disputes |
//! | [`limitation`] | how long one may sue |
//! | [`optout`] | by when it must be honoured that somebody wants no more messages |
//! | [`preaction`] | what passes between a letter of claim and a claim |
//! | [`steps`] | what may be done about a debt on a day |
//! | [`outreach`] | what a message must say, by who writes to whom, how and about what |
//! | [`wording`], [`mod@lint`] | the words of a language, and what is wrong with a message in it |
//! | [`retention`], [`privacy`] | what must be kept, and what people may ask of their data |

pub mod because;
pub mod limitation;
pub mod lint;
pub mod notice;
pub mod optout;
pub mod outreach;
pub mod period;
pub mod preaction;
pub mod privacy;
pub mod provision;
pub mod retention;
pub mod steps;
pub mod validation;
pub mod wording;

use std::collections::BTreeMap;

use jiff::civil::Date;

use outreach::Block;

pub use because::Because;
pub use limitation::LimitationLaw;
pub use lint::lint;
pub use optout::OptOutLaw;
pub use period::Period;
pub use preaction::PreActionLaw;
pub use privacy::PrivacyLaw;
pub use provision::{Bar, Lifts, Provision};
pub use retention::RetentionFloor;
pub use validation::ValidationLaw;

/// What the law of one place asks, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Duties {
    /// Of collectors towards consumers: to say what is owed, and to stop while it is disputed.
    pub validation: Option<ValidationLaw>,
    /// By when opting out must be honoured.
    pub opt_out: Option<OptOutLaw>,
    /// How long one may sue.
    pub limitation: Option<LimitationLaw>,
    /// What comes before a claim.
    pub pre_action: Option<PreActionLaw>,
    /// What a moratorium stops.
    pub moratorium: Option<Provision>,
    /// What a bankruptcy stops.
    pub stay: Option<Provision>,
    /// How long records must be kept.
    pub retention: Vec<RetentionFloor>,
    /// What people may ask of their data.
    pub privacy: Option<PrivacyLaw>,
    /// What messages must say, and by which law. Who writes to whom decides which of it.
    pub blocks: BTreeMap<Block, Provision>,
    /// The law by which the outside of a message must not tell of a debt.
    pub discretion: Option<Provision>,
}

impl Duties {
    /// What is in force on a day. Rules of limitation go by the day on which a claim accrued, and stay.
    #[must_use]
    pub fn in_force(mut self, on: Date) -> Self {
        self.validation = self.validation.filter(|law| law.notice.in_force(on));
        self.opt_out = self.opt_out.filter(|law| law.revocation.in_force(on));
        self.moratorium = self.moratorium.filter(|law| law.in_force(on));
        self.stay = self.stay.filter(|law| law.in_force(on));
        self.retention.retain(|floor| floor.provision.in_force(on));
        self.privacy = self.privacy.filter(|law| law.answers.in_force(on));
        self.blocks.retain(|_, provision| provision.in_force(on));
        self.discretion = self.discretion.filter(|law| law.in_force(on));
        self
    }

    /// These, and where they say nothing, those of a wider place. Floors of retention hold side by side.
    #[must_use]
    pub fn or(mut self, wider: Self) -> Self {
        self.retention.extend(wider.retention);
        let mut blocks = wider.blocks;
        blocks.extend(self.blocks);
        Self {
            validation: self.validation.or(wider.validation),
            opt_out: self.opt_out.or(wider.opt_out),
            limitation: self.limitation.or(wider.limitation),
            pre_action: self.pre_action.or(wider.pre_action),
            moratorium: self.moratorium.or(wider.moratorium),
            stay: self.stay.or(wider.stay),
            retention: self.retention,
            privacy: self.privacy.or(wider.privacy),
            blocks,
            discretion: self.discretion.or(wider.discretion),
        }
    }
}
