//! How long a text message is: networks carry it in segments, and each is paid for (3GPP TS 23.038, 23.040).

/// The basic characters of GSM 03.38; each takes one of a segment's places.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those of its extension, which take two places.
const EXTENDED: &str = "^{}\\[~]|€\u{c}";

/// The most segments that a message of ours takes.
pub const SEGMENTS_MAX: usize = 4;

/// How many segments a text takes: of 160 places if one is enough, else of 153; of 70 and 67 where any character needs two
/// bytes (UCS-2).
#[must_use]
pub fn segments(text: &str) -> usize {
    let places = |c: char| match c {
        _ if BASIC.contains(c) => Some(1),
        _ if EXTENDED.contains(c) => Some(2),
        _ => None,
    };
    let narrow: Option<usize> = text.chars().map(places).try_fold(0_usize, |sum, next| Some(sum.saturating_add(next?)));
    match narrow {
        Some(0..=160) => 1,
        Some(places) => places.div_ceil(153),
        None => match text.encode_utf16().count() {
            0..=70 => 1,
            units => units.div_ceil(67),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_as_networks_do() {
        for (text, counted) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            ("ł".repeat(70), 1),
            ("ł".repeat(71), 2),
            ("ł".repeat(135), 3),
            ("😀".repeat(35), 1),
            ("😀".repeat(36), 2),
            (format!("{}ł", "a".repeat(69)), 1),
        ] {
            assert_eq!(segments(&text), counted, "{text}");
        }
    }
}
