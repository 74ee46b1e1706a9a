//! What people open in a spreadsheet.

use std::borrow::Cow;

/// A cell as text: a spreadsheet takes one that begins like a formula for one; an apostrophe makes it text.
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}").into() } else { cell.into() }
}
