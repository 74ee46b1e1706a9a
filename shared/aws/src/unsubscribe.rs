//! Tokens for the one click that ends e-mail (RFC 8058): whose, signed, so that nobody can opt another out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dunlin_domain::ids::{DebtorId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A token that was not made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this link is not complete: copy all of it from the message")]
pub struct BadToken;

/// Separates tenant and debtor; no name holds a control character.
const SEPARATOR: char = '\u{1f}';

/// A token for one debtor.
///
/// # Errors
/// Never: a key of any length will do.
pub fn token(key: &str, tenant: &TenantId, debtor: &DebtorId) -> Result<String, BadToken> {
    let whose = format!("{tenant}{SEPARATOR}{debtor}");
    let signature = signer(key, &whose)?.finalize().into_bytes();
    Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(&whose), URL_SAFE_NO_PAD.encode(signature)))
}

/// Whose token it is.
///
/// # Errors
/// [`BadToken`] if it is not one of ours.
pub fn read(key: &str, token: &str) -> Result<(TenantId, DebtorId), BadToken> {
    let (whose, signature) = token.split_once('.').ok_or(BadToken)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken);
    let whose = String::from_utf8(decode(whose)?).map_err(|_| BadToken)?;
    signer(key, &whose)?.verify_slice(&decode(signature)?).map_err(|_| BadToken)?;
    let (tenant, debtor) = whose.split_once(SEPARATOR).ok_or(BadToken)?;
    Ok((TenantId::parse(tenant).map_err(|_| BadToken)?, DebtorId::parse(debtor).map_err(|_| BadToken)?))
}

fn signer(key: &str, whose: &str) -> Result<Hmac<Sha256>, BadToken> {
    let mut signer = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|_| BadToken)?;
    signer.update(whose.as_bytes());
    Ok(signer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_tokens_are_read() {
        let (tenant, debtor) = (TenantId::parse("demo").unwrap(), DebtorId::parse("Müller #1").unwrap());
        let good = token("key", &tenant, &debtor).unwrap();
        assert_eq!(read("key", &good).unwrap(), (tenant, debtor.clone()));
        assert_eq!(read("other", &good), Err(BadToken));
        let other = token("key", &TenantId::parse("other").unwrap(), &debtor).unwrap();
        let mixed = format!("{}.{}", other.split_once('.').unwrap().0, good.split_once('.').unwrap().1);
        assert_eq!(read("key", &mixed), Err(BadToken));
        for bad in ["", ".", "x", "x.y"] {
            assert_eq!(read("key", bad), Err(BadToken));
        }
    }
}
