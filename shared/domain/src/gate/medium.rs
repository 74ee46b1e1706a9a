//! Ways to reach someone.

use crate::contact::Channel;

/// A way to reach someone, as finely as the law tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Medium {
    /// E-mail.
    Email,
    /// A text message that no autodialler sends.
    Sms,
    /// A text message from an autodialler.
    Robotext,
    /// A call that a person dials.
    Call,
    /// A call with a prerecorded or artificial voice.
    Prerecorded,
    /// A message left on a voicemail, ringing or not.
    Voicemail,
    /// A letter in an envelope.
    Letter,
    /// A postcard.
    Postcard,
    /// Something in a social network that others can see.
    PublicPost,
}

/// What a debtor means by a medium when they ask not to be reached by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// E-mail.
    Email,
    /// Text messages.
    Texts,
    /// Calls and voicemail.
    Calls,
    /// Letters and cards.
    Post,
    /// Social networks.
    Social,
}

impl Medium {
    /// Every medium.
    pub const ALL: [Self; 9] = [
        Self::Email,
        Self::Sms,
        Self::Robotext,
        Self::Call,
        Self::Prerecorded,
        Self::Voicemail,
        Self::Letter,
        Self::Postcard,
        Self::PublicPost,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Robotext => "robotext",
            Self::Call => "call",
            Self::Prerecorded => "prerecorded",
            Self::Voicemail => "voicemail",
            Self::Letter => "letter",
            Self::Postcard => "postcard",
            Self::PublicPost => "public_post",
        }
    }

    /// Reads what [`Medium::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|medium| medium.as_str() == value)
    }

    /// What a debtor takes it for.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::Email => Family::Email,
            Self::Sms | Self::Robotext => Family::Texts,
            Self::Call | Self::Prerecorded | Self::Voicemail => Family::Calls,
            Self::Letter | Self::Postcard => Family::Post,
            Self::PublicPost => Family::Social,
        }
    }

    fn bit(self) -> u16 {
        match self {
            Self::Email => 1,
            Self::Sms => 1 << 1,
            Self::Robotext => 1 << 2,
            Self::Call => 1 << 3,
            Self::Prerecorded => 1 << 4,
            Self::Voicemail => 1 << 5,
            Self::Letter => 1 << 6,
            Self::Postcard => 1 << 7,
            Self::PublicPost => 1 << 8,
        }
    }
}

impl From<Channel> for Medium {
    /// What goes to one number that was given is no autodialled message (47 U.S.C. 227(a)(1)).
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Email => Self::Email,
            Channel::Sms => Self::Sms,
        }
    }
}

/// Some media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Media(u16);

impl Media {
    /// Whether it is one of them.
    #[must_use]
    pub fn has(self, medium: Medium) -> bool {
        self.0 & medium.bit() != 0
    }
}

impl FromIterator<Medium> for Media {
    fn from_iter<I: IntoIterator<Item = Medium>>(media: I) -> Self {
        Self(media.into_iter().fold(0, |all, medium| all | medium.bit()))
    }
}
