//! What a rule asks, as a file writes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dunlin_domain::gate::Kind;
use dunlin_domain::gate::hours::Week;
use dunlin_domain::gate::law::{Cap, Demand, DisputeRule, Frequency, Hours, LiftedBy, Permission, Span, Stop};
use jiff::civil::Time;
use serde::Deserialize;

use crate::Calendars;
use crate::error::Reason;
use crate::rule::media;

/// The names of the week, from Monday on.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RawKind {
    Insolvency,
    Respite,
    Cease { oral: bool },
    Attorney,
    Deceased,
    Dispute { oral: bool, late: bool, grounds: bool, after_days: i32 },
    CreditorRequest,
    AccuracyContested,
    Adviser { days: i32 },
    Extinguished { years: i16 },
    MediumRefused,
    OptedOut { whole_medium: bool, confirm_minutes: i32 },
    Revoked,
    PriorExpress,
    Electronic,
    MailBasis { notice_days: i32, public_domains: Vec<String> },
    TextBasis { max_age_days: i32 },
    WorkMail,
    Public,
    Workplace { if_prohibited: bool },
    ThirdParty { spouse: bool },
    Objection,
    Window { open: BTreeMap<String, (Time, Time)>, holidays: Option<String>, consent: bool },
    Inconvenient,
    Cap(RawCap),
    Cooldown { days: i32, each_debt: bool },
    Gap { minutes: i32 },
    OptOutLine,
    OneClick,
    CommercialOptOut,
    Disclosure,
    LimitedContent { revealing: Vec<String> },
    Overshadowing,
    BarredThreat,
    PrivacyNotice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCap {
    most: u32,
    days: Option<i32>,
    hours: Option<i32>,
    counts: Vec<String>,
    #[serde(default)]
    conversations: bool,
    #[serde(default)]
    each_debt: bool,
    lifted_by: Option<RawLift>,
    #[serde(default)]
    daily: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawLift {
    ExtraCalls,
    PriorExpress,
}

impl RawKind {
    pub(crate) fn kind(self, calendars: &Calendars) -> Result<Kind, Reason> {
        Ok(match self {
            Self::Insolvency => Kind::Stop(Stop::Insolvency),
            Self::Respite => Kind::Stop(Stop::Respite),
            Self::Cease { oral } => Kind::Stop(Stop::Cease { oral }),
            Self::Attorney => Kind::Stop(Stop::Attorney),
            Self::Deceased => Kind::Stop(Stop::Deceased),
            Self::Dispute { oral, late, grounds, after_days } => {
                Kind::Stop(Stop::Dispute(DisputeRule { oral, late, grounds, after_days }))
            }
            Self::CreditorRequest => Kind::Stop(Stop::CreditorRequest),
            Self::AccuracyContested => Kind::Stop(Stop::AccuracyContested),
            Self::Adviser { days } => Kind::Stop(Stop::Adviser { days }),
            Self::Extinguished { years } => Kind::Stop(Stop::Extinguished { years }),
            Self::Window { open, holidays, consent } => {
                Kind::Hours(Hours::Window { week: week(&open, holidays.as_deref(), calendars)?, consent })
            }
            Self::Inconvenient => Kind::Hours(Hours::Inconvenient),
            Self::Cap(raw) => Kind::Frequency(Frequency::Cap(raw.cap()?)),
            Self::Cooldown { days, each_debt } => Kind::Frequency(Frequency::Cooldown { days, each_debt }),
            Self::Gap { minutes } => Kind::Frequency(Frequency::Gap { minutes }),
            Self::OptOutLine => Kind::Demand(Demand::OptOutLine),
            Self::OneClick => Kind::Demand(Demand::OneClick),
            Self::CommercialOptOut => Kind::Demand(Demand::CommercialOptOut),
            Self::Disclosure => Kind::Demand(Demand::Disclosure),
            Self::LimitedContent { revealing } => Kind::Demand(Demand::LimitedContent { revealing }),
            Self::Overshadowing => Kind::Demand(Demand::Overshadowing),
            Self::BarredThreat => Kind::Demand(Demand::BarredThreat),
            Self::PrivacyNotice => Kind::Demand(Demand::PrivacyNotice),
            Self::MediumRefused => Kind::Permission(Permission::MediumRefused),
            Self::OptedOut { whole_medium, confirm_minutes } => {
                Kind::Permission(Permission::OptedOut { whole_medium, confirm_minutes })
            }
            Self::Revoked => Kind::Permission(Permission::Revoked),
            Self::PriorExpress => Kind::Permission(Permission::PriorExpress),
            Self::Electronic => Kind::Permission(Permission::Electronic),
            Self::MailBasis { notice_days, public_domains } => {
                Kind::Permission(Permission::MailBasis { notice_days, public_domains })
            }
            Self::TextBasis { max_age_days } => Kind::Permission(Permission::TextBasis { max_age_days }),
            Self::WorkMail => Kind::Permission(Permission::WorkMail),
            Self::Public => Kind::Permission(Permission::Public),
            Self::Workplace { if_prohibited } => Kind::Permission(Permission::Workplace { if_prohibited }),
            Self::ThirdParty { spouse } => Kind::Permission(Permission::ThirdParty { spouse }),
            Self::Objection => Kind::Permission(Permission::Objection),
        })
    }
}

impl RawCap {
    fn cap(self) -> Result<Cap, Reason> {
        let span = match (self.days, self.hours) {
            (Some(days), None) if days > 0 => Span::Days(days),
            (None, Some(hours)) if hours > 0 => Span::Hours(hours),
            _ => return Err(Reason::Span),
        };
        if self.most == 0 {
            return Err(Reason::Span);
        }
        let lifted_by = self.lifted_by.map(|lift| match lift {
            RawLift::ExtraCalls => LiftedBy::ExtraCalls,
            RawLift::PriorExpress => LiftedBy::PriorExpress,
        });
        let Self { most, conversations, each_debt, daily, .. } = self;
        Ok(Cap { most, span, counts: media(&self.counts)?, conversations, each_debt, lifted_by, daily })
    }
}

/// Hours by day: `daily`, `weekdays` (Monday to Friday), `workdays` (Monday to Saturday), or a day's own name.
fn week(open: &BTreeMap<String, (Time, Time)>, holidays: Option<&str>, calendars: &Calendars) -> Result<Week, Reason> {
    let mut hours = [None; 7];
    for (name, times) in open {
        let days = match name.as_str() {
            "daily" => 0..7,
            "weekdays" => 0..5,
            "workdays" => 0..6,
            day => {
                let at = DAYS.iter().position(|name| *name == day).ok_or_else(|| Reason::Day(name.clone()))?;
                at..at.saturating_add(1)
            }
        };
        for slot in hours.get_mut(days).into_iter().flatten() {
            *slot = Some(*times);
        }
    }
    let calendar =
        |place: &str| calendars.get(place).map(Arc::clone).ok_or_else(|| Reason::NoHolidays(place.to_owned()));
    Ok(Week::new(hours, holidays.map(calendar).transpose()?)?)
}
