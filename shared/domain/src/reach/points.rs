//! All addresses of a debtor, in the order in which they are used.

use jiff::Timestamp;

use super::address::{Address, AddressId};
use super::consent::ConsentKind;
use super::point::{ContactPoint, ContactPurpose, Way};
use crate::contact::{Channel, EmailAddress, PhoneNumber};
use crate::policy::Stage;

/// A debtor has at most so many addresses.
pub const POINTS_MAX: usize = 20;

/// What is wrong with an address of a debtor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// There are too many.
    #[error("a debtor has at most {POINTS_MAX} addresses: take one away first")]
    TooMany,
    /// There is no such address.
    #[error("the debtor has no such address")]
    Unknown,
}

/// The addresses of a debtor; none is there twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactPoints(Vec<ContactPoint>);

impl ContactPoints {
    /// The addresses, in order.
    pub fn iter(&self) -> impl Iterator<Item = &ContactPoint> {
        self.0.iter()
    }

    /// An address by its id.
    #[must_use]
    pub fn get(&self, id: &AddressId) -> Option<&ContactPoint> {
        self.0.iter().find(|point| point.address.id() == *id)
    }

    /// An address by its id, to be changed.
    pub fn get_mut(&mut self, id: &AddressId) -> Option<&mut ContactPoint> {
        self.0.iter_mut().find(|point| point.address.id() == *id)
    }

    /// Adds an address, or changes what a known one is for.
    ///
    /// # Errors
    /// [`PointError::TooMany`].
    pub fn put(&mut self, address: Address, purpose: ContactPurpose) -> Result<(), PointError> {
        if let Some(known) = self.get_mut(&address.id()) {
            known.purpose = purpose;
        } else if self.0.len() < POINTS_MAX {
            self.0.push(ContactPoint::new(address, purpose));
        } else {
            return Err(PointError::TooMany);
        }
        Ok(())
    }

    /// Takes an address away.
    ///
    /// # Errors
    /// [`PointError::Unknown`].
    pub fn remove(&mut self, id: &AddressId) -> Result<(), PointError> {
        let before = self.0.len();
        self.0.retain(|point| point.address.id() != *id);
        if self.0.len() < before { Ok(()) } else { Err(PointError::Unknown) }
    }

    /// The first e-mail address for billing.
    #[must_use]
    pub fn email(&self) -> Option<&EmailAddress> {
        match &self.first(Channel::Email)?.address {
            Address::Email(email) => Some(email),
            Address::Phone(_) => None,
        }
    }

    /// The first phone number for billing.
    #[must_use]
    pub fn phone(&self) -> Option<&PhoneNumber> {
        match &self.first(Channel::Sms)?.address {
            Address::Phone(phone) => Some(phone),
            Address::Email(_) => None,
        }
    }

    /// Whether texts to the first phone number for billing are agreed to.
    #[must_use]
    pub fn sms_consent(&self, now: Timestamp) -> bool {
        self.first(Channel::Sms).is_some_and(|point| point.has_consent(ConsentKind::Messages, now))
    }

    /// Makes an address the first of its channel for billing. It takes the place of the one before, with which goes what
    /// was agreed to for that one; a known address keeps what is known of it.
    pub fn set(&mut self, address: Address) {
        let channel = address.channel();
        if self.first(channel).is_some_and(|first| first.address == address || first.address.id() == address.id()) {
            return;
        }
        let place = self.0.iter().position(|point| is_first_of(channel, point));
        if let Some(place) = place {
            self.0.remove(place);
        }
        let known = self.0.iter().position(|point| point.address.id() == address.id()).map(|at| self.0.remove(at));
        let point = known.unwrap_or_else(|| ContactPoint::new(address, ContactPurpose::Billing));
        let place = place.unwrap_or(self.0.len()).min(self.0.len());
        self.0.insert(place, ContactPoint { purpose: ContactPurpose::Billing, ..point });
    }

    /// Takes the first address of a channel for billing away.
    pub fn clear(&mut self, channel: Channel) {
        if let Some(place) = self.0.iter().position(|point| is_first_of(channel, point)) {
            self.0.remove(place);
        }
    }

    /// Takes over what the tenant's books say of texts: it is said of the first phone number for billing.
    pub fn set_sms_consent(&mut self, consents: bool) {
        if let Some(point) = self.0.iter_mut().find(|point| is_first_of(Channel::Sms, point)) {
            point.told_by_books(consents);
        }
    }

    /// How a message of a stage can go by a channel: late ones to those who decide on payment, where there are any, all
    /// others to those who see to invoices. The first address that can be used is; one that rests is waited for.
    #[must_use]
    pub fn way(&self, channel: Channel, stage: Stage, now: Timestamp) -> Way<'_> {
        let purposes = match ContactPurpose::of(stage) {
            ContactPurpose::Billing => [ContactPurpose::Billing].as_slice(),
            ContactPurpose::Escalation => &[ContactPurpose::Escalation, ContactPurpose::Billing],
        };
        let points = purposes.iter().flat_map(|purpose| self.0.iter().filter(|point| point.purpose == *purpose));
        let mut ways = points.filter(|point| point.address.channel() == channel).map(|point| point.way(now));
        ways.find(|way| *way != Way::Closed).unwrap_or(Way::Closed)
    }

    /// The first address of a channel for billing.
    #[must_use]
    pub fn first(&self, channel: Channel) -> Option<&ContactPoint> {
        self.0.iter().find(|point| is_first_of(channel, point))
    }
}

fn is_first_of(channel: Channel, point: &ContactPoint) -> bool {
    point.purpose == ContactPurpose::Billing && point.address.channel() == channel
}

impl FromIterator<ContactPoint> for ContactPoints {
    /// Of an address that is there twice the first counts.
    fn from_iter<I: IntoIterator<Item = ContactPoint>>(points: I) -> Self {
        points.into_iter().fold(Self::default(), |mut all, point| {
            if all.get(&point.address.id()).is_none() {
                all.0.push(point);
            }
            all
        })
    }
}
