//! Stripe's signature scheme: HMAC-SHA256 over `<timestamp>.<raw body>`, hexadecimal, in the header
//! `Stripe-Signature: t=<timestamp>,v1=<signature>[,v1=<signature>]`.
//!
//! Source: Stripe, "Verify webhook signatures manually" (docs.stripe.com/webhooks). While a secret is rotated, Stripe
//! signs with both, so any of the known secrets may match any of the signatures.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

/// How far a signature's time may lie from ours, as in Stripe's own libraries.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(300);

/// Why a body is not taken for Stripe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is missing or not of the scheme.
    #[error("the Stripe-Signature header is missing or cannot be read")]
    Unreadable,
    /// Signed too long ago, or in the future.
    #[error("the signature's time is more than 300 seconds from ours")]
    OutsideTolerance,
    /// None of the secrets made any of the signatures.
    #[error("the signature does not match: is the endpoint's signing secret the one that is stored?")]
    NoMatch,
}

/// Checks that `body` was signed with one of `secrets`, recently. The comparison takes the same time whatever differs.
///
/// # Errors
/// [`SignatureError`].
pub fn verify(body: &[u8], header: &str, secrets: &[String], now: Timestamp) -> Result<(), SignatureError> {
    let (mut signed_at, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", time)) => signed_at = time.parse::<i64>().ok(),
            Some(("v1", signature)) => signatures.extend(unhex(signature)),
            _ => {}
        }
    }
    let signed_at = signed_at.filter(|_| !signatures.is_empty()).ok_or(SignatureError::Unreadable)?;
    let at = Timestamp::from_second(signed_at).map_err(|_| SignatureError::Unreadable)?;
    if now.duration_since(at).abs() > TOLERANCE {
        return Err(SignatureError::OutsideTolerance);
    }
    let matches = |secret: &String| {
        signatures.iter().any(|signature| {
            signer(secret, signed_at, body).is_some_and(|signer| signer.verify_slice(signature).is_ok())
        })
    };
    if secrets.iter().any(matches) { Ok(()) } else { Err(SignatureError::NoMatch) }
}

/// The header that Stripe would send, for tests and the local stack.
#[must_use]
pub fn sign(body: &[u8], secret: &str, at: Timestamp) -> String {
    let signature = signer(secret, at.as_second(), body).map(|signer| signer.finalize().into_bytes());
    let hex: String = signature.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
    format!("t={},v1={hex}", at.as_second())
}

fn signer(secret: &str, signed_at: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut signer = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    signer.update(signed_at.to_string().as_bytes());
    signer.update(b".");
    signer.update(body);
    Some(signer)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from((high << 4) | low).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn secrets(all: &[&str]) -> Vec<String> {
        all.iter().map(|secret| (*secret).to_owned()).collect()
    }

    #[test]
    fn a_known_signature_matches() {
        // Computed with: printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let header = sign(BODY, "whsec_test", at(1_700_000_000));
        assert_eq!(header, "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925");
        assert_eq!(verify(BODY, &header, &secrets(&["whsec_test"]), at(1_700_000_000)), Ok(()));
    }

    #[test]
    fn any_changed_byte_is_seen() {
        let header = sign(BODY, "whsec_test", at(1_700_000_000));
        for index in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[index] ^= 1;
            let checked = verify(&body, &header, &secrets(&["whsec_test"]), at(1_700_000_000));
            assert_eq!(checked, Err(SignatureError::NoMatch));
        }
    }

    #[test]
    fn tolerance_is_five_minutes_either_way() {
        let header = sign(BODY, "s", at(1_000_000));
        for (now, expected) in [
            (1_000_300, Ok(())),
            (999_700, Ok(())),
            (1_000_301, Err(SignatureError::OutsideTolerance)),
            (999_699, Err(SignatureError::OutsideTolerance)),
        ] {
            assert_eq!(verify(BODY, &header, &secrets(&["s"]), at(now)), expected, "{now}");
        }
    }

    #[test]
    fn a_rotated_key_matches_while_both_are_known() {
        let (old, new) = (sign(BODY, "old", at(5)), sign(BODY, "new", at(5)));
        let both = format!("{old},{}", new.split_once(',').unwrap().1);
        assert_eq!(verify(BODY, &both, &secrets(&["new"]), at(5)), Ok(()));
        assert_eq!(verify(BODY, &old, &secrets(&["new", "old"]), at(5)), Ok(()));
        assert_eq!(verify(BODY, &old, &secrets(&["new"]), at(5)), Err(SignatureError::NoMatch));
        assert_eq!(verify(BODY, &old, &[], at(5)), Err(SignatureError::NoMatch));
    }

    #[test]
    fn headers_of_another_form_are_unreadable() {
        for header in ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v0=00", "t=1,v1=zz"] {
            assert_eq!(verify(BODY, header, &secrets(&["s"]), at(1)), Err(SignatureError::Unreadable), "{header}");
        }
    }
}
