//! Where a message can go.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::contact::{Channel, ContactError, EmailAddress, PhoneNumber};
use crate::message::hex;

/// Where a message can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A mailbox.
    Email(EmailAddress),
    /// A phone.
    Phone(PhoneNumber),
}

impl Address {
    /// Reads an address of a channel.
    ///
    /// # Errors
    /// [`ContactError`], which says what form it must have.
    pub fn parse(channel: Channel, value: &str) -> Result<Self, ContactError> {
        match channel {
            Channel::Email => EmailAddress::parse(value).map(Self::Email),
            Channel::Sms => PhoneNumber::parse(value).map(Self::Phone),
        }
    }

    /// By what messages reach it.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Phone(_) => Channel::Sms,
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::Phone(phone) => phone.as_str(),
        }
    }

    /// What it is known by where the address itself would be too much said.
    #[must_use]
    pub fn id(&self) -> AddressId {
        // Mailboxes differ by case in theory only (RFC 5321, 2.4), and who has opted out must not be found again by it.
        let text = format!("{}\u{1f}{}", self.channel().as_str(), self.as_str().to_lowercase());
        AddressId(hex(&Sha256::digest(text), 16))
    }
}

/// The id of an address: 32 hexadecimal digits, the same however its letters are written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressId(String);

impl AddressId {
    /// Reads what [`fmt::Display`] writes; `None` where it is no id.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let well_formed = value.len() == 32 && value.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        well_formed.then(|| Self(value.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AddressId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_again_however_it_is_written() {
        let id = |channel, value| Address::parse(channel, value).unwrap().id();
        assert_eq!(id(Channel::Email, "AP@Customer.example"), id(Channel::Email, "ap@customer.example"));
        assert_eq!(id(Channel::Sms, "+44 1632 960123"), id(Channel::Sms, "+441632960123"));
        assert_ne!(id(Channel::Email, "a@customer.example"), id(Channel::Email, "b@customer.example"));
        let some = id(Channel::Email, "a@customer.example");
        assert_eq!(AddressId::parse(some.as_str()), Some(some));
        for bad in ["", "xyz", "0123456789ABCDEF0123456789ABCDEF"] {
            assert_eq!(AddressId::parse(bad), None);
        }
    }
}
