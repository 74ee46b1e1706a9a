//! Names of plain enums, as they are stored and told.

/// Gives an enum without fields all its values, their names, and the way back.
macro_rules! named {
    ($name:ident, $($variant:ident => $text:literal),+ $(,)?) => {
        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// Reads what `as_str` writes.
            #[must_use]
            pub fn parse(value: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == value)
            }
        }
    };
}

pub(crate) use named;
