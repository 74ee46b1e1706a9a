use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::{Channel, DebtorKind};
use dunlin_domain::gate::facts::{Inconvenient, Weekdays};
use dunlin_domain::profile::Profile;
use dunlin_domain::reach::preferences::{family_name, family_named};
use dunlin_domain::reach::{
    Address, Consent, ConsentKind, ConsentSource, ContactPoint, ContactPurpose, GivenTo, Preferences, Rest, StopReason,
    Stopped, Withdrawn,
};
use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

use super::{is_zero, known, read};
use crate::store::error::StoreError;

const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "mon"),
    (Weekday::Tuesday, "tue"),
    (Weekday::Wednesday, "wed"),
    (Weekday::Thursday, "thu"),
    (Weekday::Friday, "fri"),
    (Weekday::Saturday, "sat"),
    (Weekday::Sunday, "sun"),
];

/// Who a debtor is and how to reach them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ProfileRecord {
    name: String,
    kind: String,
    /// Since schema 3 of the head.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<PointRecord>,
    #[serde(default, skip_serializing_if = "is_zero")]
    preferences: PreferencesRecord,
    /// The four that follow were schema 2's way to say what the contacts say now.
    #[serde(default, skip_serializing)]
    email: Option<String>,
    #[serde(default, skip_serializing)]
    phone: Option<String>,
    #[serde(default, skip_serializing)]
    sms_consent: bool,
    #[serde(default, skip_serializing)]
    email_opted_out: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    time_zone: String,
}

/// An address of a debtor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PointRecord {
    channel: String,
    address: String,
    purpose: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    consents: Vec<ConsentRecord>,
    /// Bounces in a row, and until when it is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rest: Option<(u8, Timestamp)>,
    /// Why it is not used, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopped: Option<(String, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ConsentRecord {
    kind: String,
    source: String,
    given_to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_zero")]
    withdrawn: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withdrawn_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct PreferencesRecord {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inconvenient: Vec<InconvenientRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused: Vec<(String, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct InconvenientRecord {
    days: Vec<String>,
    from: Time,
    to: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    medium: Option<String>,
}

impl ProfileRecord {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn of(profile: &Profile) -> Self {
        Self {
            name: profile.name.clone(),
            kind: profile.kind.as_str().to_owned(),
            contacts: profile.contacts.iter().map(PointRecord::of).collect(),
            preferences: PreferencesRecord::of(&profile.preferences),
            email: None,
            phone: None,
            sms_consent: false,
            email_opted_out: false,
            country: profile.country.clone(),
            region: profile.region.clone(),
            language: profile.language.clone(),
            time_zone: profile.zone.name().to_owned(),
        }
    }

    /// As the latest shape has it. Schema 2 did not say since when somebody had opted out: it was at the latest `known_at`.
    pub(super) fn upgraded(self, known_at: Timestamp) -> Self {
        let point = |channel: Channel, address: &String| PointRecord {
            channel: channel.as_str().to_owned(),
            address: address.clone(),
            purpose: ContactPurpose::Billing.as_str().to_owned(),
            consents: Vec::new(),
            rest: None,
            stopped: None,
        };
        let email = self.email.as_ref().map(|email| PointRecord {
            stopped: self.email_opted_out.then(|| (StopReason::Unsubscribed.as_str().to_owned(), known_at)),
            ..point(Channel::Email, email)
        });
        let consent = ConsentRecord {
            kind: ConsentKind::Messages.as_str().to_owned(),
            source: ConsentSource::Books.as_str().to_owned(),
            given_to: GivenTo::Collector.as_str().to_owned(),
            given: None,
            expires: None,
            withdrawn: false,
            withdrawn_at: None,
        };
        let phone = self.phone.as_ref().map(|phone| PointRecord {
            consents: self.sms_consent.then_some(consent).into_iter().collect(),
            ..point(Channel::Sms, phone)
        });
        let contacts = email.into_iter().chain(phone).chain(self.contacts).collect();
        Self { contacts, email: None, phone: None, sms_consent: false, email_opted_out: false, ..self }
    }

    pub(super) fn read(&self, known_at: Timestamp) -> Result<Profile, StoreError> {
        let latest = self.clone().upgraded(known_at);
        Ok(Profile {
            name: latest.name,
            kind: read("kind", DebtorKind::parse(&latest.kind))?,
            contacts: latest.contacts.iter().map(PointRecord::read).collect::<Result<_, _>>()?,
            preferences: latest.preferences.read()?,
            country: latest.country,
            region: latest.region,
            language: latest.language,
            zone: read("time_zone", Zone::parse(&latest.time_zone))?,
        })
    }
}

impl PointRecord {
    fn of(point: &ContactPoint) -> Self {
        Self {
            channel: point.address.channel().as_str().to_owned(),
            address: point.address.as_str().to_owned(),
            purpose: point.purpose.as_str().to_owned(),
            consents: point.consents.iter().map(ConsentRecord::of).collect(),
            rest: point.rest.map(|rest| (rest.bounces, rest.until)),
            stopped: point.stopped.map(|stopped| (stopped.reason.as_str().to_owned(), stopped.since)),
        }
    }

    fn read(&self) -> Result<ContactPoint, StoreError> {
        let channel = known("channel", &self.channel, Channel::parse(&self.channel))?;
        let stopped = |(reason, since): &(String, Timestamp)| {
            let reason = known("reason", reason, StopReason::parse(reason))?;
            Ok::<_, StoreError>(Stopped { reason, since: *since })
        };
        Ok(ContactPoint {
            address: read("address", Address::parse(channel, &self.address))?,
            purpose: known("purpose", &self.purpose, ContactPurpose::parse(&self.purpose))?,
            consents: self.consents.iter().map(ConsentRecord::read).collect::<Result<_, _>>()?,
            rest: self.rest.map(|(bounces, until)| Rest { bounces, until }),
            stopped: self.stopped.as_ref().map(stopped).transpose()?,
        })
    }
}

impl ConsentRecord {
    fn of(consent: &Consent) -> Self {
        Self {
            kind: consent.kind.as_str().to_owned(),
            source: consent.source.as_str().to_owned(),
            given_to: consent.given_to.as_str().to_owned(),
            given: consent.given,
            expires: consent.expires,
            withdrawn: consent.withdrawn != Withdrawn::No,
            withdrawn_at: match consent.withdrawn {
                Withdrawn::At(at) => Some(at),
                Withdrawn::No | Withdrawn::Sometime => None,
            },
        }
    }

    fn read(&self) -> Result<Consent, StoreError> {
        Ok(Consent {
            kind: known("consent", &self.kind, ConsentKind::parse(&self.kind))?,
            source: known("source", &self.source, ConsentSource::parse(&self.source))?,
            given_to: known("given_to", &self.given_to, GivenTo::parse(&self.given_to))?,
            given: self.given,
            expires: self.expires,
            withdrawn: match self.withdrawn_at {
                Some(at) => Withdrawn::At(at),
                None if self.withdrawn => Withdrawn::Sometime,
                None => Withdrawn::No,
            },
        })
    }
}

impl PreferencesRecord {
    fn of(preferences: &Preferences) -> Self {
        let inconvenient = |one: &Inconvenient| InconvenientRecord {
            days: WEEK.iter().filter(|(day, _)| one.days.has(*day)).map(|(_, name)| (*name).to_owned()).collect(),
            from: one.from,
            to: one.to,
            zone: one.zone.as_ref().map(|zone| zone.name().to_owned()),
            medium: one.medium.map(|medium| family_name(medium).to_owned()),
        };
        let refused = preferences.refused.iter().map(|(medium, since)| (family_name(*medium).to_owned(), *since));
        Self { inconvenient: preferences.inconvenient.iter().map(inconvenient).collect(), refused: refused.collect() }
    }

    fn read(&self) -> Result<Preferences, StoreError> {
        let medium = |name: &String| known("medium", name, family_named(name));
        let refused = self.refused.iter().map(|(name, since)| Ok((medium(name)?, *since)));
        let inconvenient = self.inconvenient.iter().map(|one| {
            let day =
                |name: &String| known("day", name, WEEK.iter().find(|(_, known)| known == name).map(|(day, _)| *day));
            Ok::<_, StoreError>(Inconvenient {
                days: one.days.iter().map(day).collect::<Result<Weekdays, _>>()?,
                from: one.from,
                to: one.to,
                zone: one.zone.as_deref().map(|zone| read("zone", Zone::parse(zone))).transpose()?,
                medium: one.medium.as_ref().map(medium).transpose()?,
            })
        });
        Ok(Preferences {
            inconvenient: inconvenient.collect::<Result<_, _>>()?,
            refused: refused.collect::<Result<_, StoreError>>()?,
        })
    }
}
