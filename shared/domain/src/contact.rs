//! How a debtor can be reached. Addresses print redacted, so that no log holds one by accident.

use std::fmt;

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// Not of the form `name@host.tld` in at most 254 characters (RFC 5321, 4.5.3.1).
    #[error("is not an e-mail address of the form name@example.com")]
    Email,
    /// Not of the form `+441632960123` (E.164: `+`, then 8 to 15 digits).
    #[error("is not a phone number in international form, such as +441632960123")]
    Phone,
    /// Neither `consumer` nor `business`.
    #[error("must be consumer or business")]
    Kind,
}

/// An e-mail address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Checks the form, not that the mailbox exists.
    ///
    /// # Errors
    /// [`ContactError::Email`].
    pub fn parse(value: &str) -> Result<Self, ContactError> {
        let well_formed = value.split_once('@').is_some_and(|(name, host)| {
            let label =
                |l: &str| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-') && !l.starts_with('-');
            !name.is_empty() && name.len() <= 64 && host.contains('.') && host.split('.').all(label)
        });
        let printable = !value.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;\"()".contains(c));
        if well_formed && printable && value.len() <= 254 {
            Ok(Self(value.to_owned()))
        } else {
            Err(ContactError::Email)
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

/// A phone number in international form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Checks the form of E.164; blanks, hyphens and brackets are dropped.
    ///
    /// # Errors
    /// [`ContactError::Phone`].
    pub fn parse(value: &str) -> Result<Self, ContactError> {
        let number: String = value.chars().filter(|c| !" -()".contains(*c)).collect();
        let digits = number.strip_prefix('+').ok_or(ContactError::Phone)?;
        let well_formed =
            (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if well_formed { Ok(Self(number)) } else { Err(ContactError::Phone) }
    }

    /// The number as text, `+` and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(..)")
    }
}

/// Who owes: the law protects consumers more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DebtorKind {
    /// A natural person with a personal debt. What is unknown counts as this.
    Consumer,
    /// Everything else.
    Business,
}

impl DebtorKind {
    /// Reads `consumer` or `business`.
    ///
    /// # Errors
    /// [`ContactError::Kind`].
    pub fn parse(value: &str) -> Result<Self, ContactError> {
        match value {
            "consumer" => Ok(Self::Consumer),
            "business" => Ok(Self::Business),
            _ => Err(ContactError::Kind),
        }
    }

    /// What [`DebtorKind::parse`] reads.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Business => "business",
        }
    }
}

/// A way to send a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// E-mail, through SES.
    Email,
    /// Text message, through SNS.
    Sms,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];

    /// `email` or `sms`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// Reads what [`Channel::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_redacted() {
        let address = EmailAddress::parse("ap+c1@customers.example").unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(..)");
        for bad in ["", "a", "a@b", "a@b@c.d", "a b@c.de", "a@.de", "a@c..de", "x@y.de\r\nBcc: z@y.de"] {
            assert_eq!(EmailAddress::parse(bad), Err(ContactError::Email), "{bad}");
        }
    }

    #[test]
    fn phone_numbers_are_international() {
        assert_eq!(PhoneNumber::parse("+44 (1632) 960-123").unwrap().as_str(), "+441632960123");
        for bad in ["", "01632960123", "+0163296012", "+123", "+1234567890123456", "+44x1632960"] {
            assert_eq!(PhoneNumber::parse(bad), Err(ContactError::Phone), "{bad}");
        }
    }
}
