//! Tokens for the one click that ends e-mail (RFC 8058): whose, signed, so that nobody can opt another out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dunlin_domain::ids::{DebtorId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// A token that was not made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this link is not complete: copy all of it from the message")]
pub struct BadToken;

/// Separates tenant and debtor; no name holds a control character.
const SEPARATOR: char = '\u{1f}';

/// The secret holds no key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of unsubscribe links must be a key, or {{\"keys\": [\"the one that signs\", \"an earlier one\"]}}")]
pub struct BadKeys;

/// The keys of unsubscribe links: the first signs, and each is accepted, because a link is good for as long as somebody
/// keeps the message.
pub struct Keys(Vec<String>);

#[derive(Deserialize)]
struct KeyList {
    keys: Vec<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

impl Keys {
    /// Reads the secret: a list, or the bare key that the deployment generated.
    ///
    /// # Errors
    /// [`BadKeys`] where there is no key, or an empty one.
    pub fn parse(secret: &str) -> Result<Self, BadKeys> {
        let keys = if secret.trim_start().starts_with('{') {
            serde_json::from_str::<KeyList>(secret).map_err(|_| BadKeys)?.keys
        } else {
            vec![secret.to_owned()]
        };
        let usable = !keys.is_empty() && keys.iter().all(|key| !key.is_empty());
        usable.then_some(Self(keys)).ok_or(BadKeys)
    }

    /// A token for one debtor, signed with the first key.
    ///
    /// # Errors
    /// Never: a key of any length will do.
    pub fn token(&self, tenant: &TenantId, debtor: &DebtorId) -> Result<String, BadKeys> {
        let whose = format!("{tenant}{SEPARATOR}{debtor}");
        let signer = self.0.first().and_then(|key| signer(key, &whose));
        let signature = signer.ok_or(BadKeys)?.finalize().into_bytes();
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(&whose), URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`BadToken`] if none of the keys signed it.
    pub fn read(&self, token: &str) -> Result<(TenantId, DebtorId), BadToken> {
        let (whose, signature) = token.split_once('.').ok_or(BadToken)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| BadToken);
        let (whose, signature) = (String::from_utf8(decode(whose)?).map_err(|_| BadToken)?, decode(signature)?);
        let signed = |key: &String| signer(key, &whose).is_some_and(|signer| signer.verify_slice(&signature).is_ok());
        if !self.0.iter().any(signed) {
            return Err(BadToken);
        }
        let (tenant, debtor) = whose.split_once(SEPARATOR).ok_or(BadToken)?;
        Ok((TenantId::parse(tenant).map_err(|_| BadToken)?, DebtorId::parse(debtor).map_err(|_| BadToken)?))
    }
}

fn signer(key: &str, whose: &str) -> Option<Hmac<Sha256>> {
    let mut signer = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    signer.update(whose.as_bytes());
    Some(signer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str) -> Keys {
        Keys::parse(secret).unwrap()
    }

    fn whose() -> (TenantId, DebtorId) {
        (TenantId::parse("demo").unwrap(), DebtorId::parse("Müller #1").unwrap())
    }

    #[test]
    fn only_our_own_tokens_are_read() {
        let (tenant, debtor) = whose();
        let key = keys("key");
        let good = key.token(&tenant, &debtor).unwrap();
        assert_eq!(key.read(&good).unwrap(), (tenant, debtor.clone()));
        assert_eq!(keys("other").read(&good), Err(BadToken));
        let other = key.token(&TenantId::parse("other").unwrap(), &debtor).unwrap();
        let mixed = format!("{}.{}", other.split_once('.').unwrap().0, good.split_once('.').unwrap().1);
        assert_eq!(key.read(&mixed), Err(BadToken));
        for bad in ["", ".", "x", "x.y"] {
            assert_eq!(key.read(bad), Err(BadToken));
        }
    }

    #[test]
    fn a_link_outlives_the_rotation_of_its_key_until_the_key_is_dropped() {
        let (tenant, debtor) = whose();
        let old_link = keys("old").token(&tenant, &debtor).unwrap();
        let announced = keys(r#"{"keys": ["old", "new"]}"#);
        assert_eq!(announced.token(&tenant, &debtor).unwrap(), old_link, "the first key signs");
        let rotated = keys(r#"{"keys": ["new", "old"]}"#);
        let new_link = rotated.token(&tenant, &debtor).unwrap();
        assert_ne!(new_link, old_link);
        for keys in [&announced, &rotated] {
            assert!(keys.read(&old_link).is_ok() && keys.read(&new_link).is_ok(), "{keys:?}");
        }
        let dropped = keys(r#"{"keys": ["new"]}"#);
        assert!(dropped.read(&new_link).is_ok());
        assert_eq!(dropped.read(&old_link), Err(BadToken));
    }

    #[test]
    fn a_secret_without_a_key_is_refused_and_none_is_shown() {
        for bad in ["", "{", r#"{"keys": []}"#, r#"{"keys": [""]}"#, r#"{"key": "x"}"#] {
            assert_eq!(Keys::parse(bad).unwrap_err(), BadKeys, "{bad}");
        }
        assert_eq!(format!("{:?}", keys("s3cret")), "Keys(1)");
    }
}
