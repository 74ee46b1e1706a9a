//! Who collects.

/// On whose behalf someone collects. Many laws bind only those who collect for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectorRole {
    /// The creditor collects what it is owed, in its own name.
    FirstParty,
    /// Someone collects for others or has bought the debt (15 U.S.C. 1692a(6)). Who is unknown counts as this.
    ThirdParty,
}

impl CollectorRole {
    /// Both.
    pub const ALL: [Self; 2] = [Self::FirstParty, Self::ThirdParty];

    /// Its name in settings and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstParty => "first_party",
            Self::ThirdParty => "third_party",
        }
    }

    /// Reads its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}
