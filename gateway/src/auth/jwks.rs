//! The key set of the realm, and which of its keys we take.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// The most keys that are looked at.
const KEYS_MAX: usize = 32;
/// The least and the most bytes of an RSA modulus: 2048 and 8192 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;
const KID_MAX: usize = 256;

/// The keys that sign tokens now, by their id.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    keys: HashMap<String, Arc<Key>>,
}

/// A key that verifies tokens.
pub(crate) struct Key {
    material: Jwk,
    pub(crate) algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
    current: AtomicBool,
}

/// Why a key set is not taken, or a key of it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the key set cannot be read")]
    Unreadable,
    #[error("the key set has more than {KEYS_MAX} keys")]
    TooMany,
    #[error("two keys of the key set have the same id")]
    Duplicate,
    #[error("the key set has no key that signs tokens")]
    Empty,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Jwk>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a JWKS document. Keys that do not sign, or are weak or of another kind, are left out;
    /// keys that `before` has too stay the same.
    ///
    /// # Errors
    /// The document as a whole cannot be trusted.
    pub(crate) fn read(json: &[u8], before: &Self) -> Result<Self, Unfit> {
        let document: Document = serde_json::from_slice(json).map_err(|_| Unfit::Unreadable)?;
        if document.keys.len() > KEYS_MAX {
            return Err(Unfit::TooMany);
        }
        let mut keys = HashMap::new();
        for jwk in document.keys.into_iter().filter(|jwk| jwk.r#use.as_deref() == Some("sig")) {
            let Some(kid) = jwk.kid.clone().filter(|kid| (1..=KID_MAX).contains(&kid.len())) else {
                continue;
            };
            let kept = before.get(&kid).filter(|key| key.material == jwk).cloned();
            let Some(key) = kept.or_else(|| Key::read(jwk).map(Arc::new)) else { continue };
            if keys.insert(kid, key).is_some() {
                return Err(Unfit::Duplicate);
            }
        }
        if keys.is_empty() { Err(Unfit::Empty) } else { Ok(Self { keys }) }
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&Arc<Key>> {
        self.keys.get(kid)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Marks the keys that `next` no longer has: what they verified counts no more.
    pub(crate) fn retire(&self, next: &Self) {
        for (kid, key) in &self.keys {
            if !next.get(kid).is_some_and(|kept| Arc::ptr_eq(kept, key)) {
                key.current.store(false, Ordering::Release);
            }
        }
    }
}

impl Key {
    /// Whether the realm still signs with it.
    pub(crate) fn is_current(&self) -> bool {
        self.current.load(Ordering::Acquire)
    }

    /// The key decides the algorithm, never the token.
    fn read(material: Jwk) -> Option<Self> {
        let (algorithm, decoding) = match material.kty.as_str() {
            "RSA" => (Algorithm::RS256, rsa(&material)?),
            "EC" if material.crv.as_deref() == Some("P-256") => (Algorithm::ES256, ec(&material)?),
            "OKP" if material.crv.as_deref() == Some("Ed25519") => {
                (Algorithm::EdDSA, DecodingKey::from_ed_components(material.x.as_deref()?).ok()?)
            }
            _ => return None,
        };
        let fits = material.alg.as_deref().is_none_or(|alg| alg == name(algorithm));
        fits.then(|| Self { material, algorithm, decoding, current: AtomicBool::new(true) })
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// The name that a token's header says for it.
pub(crate) fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::ES256 => "ES256",
        Algorithm::EdDSA => "EdDSA",
        _ => "none of ours",
    }
}

fn rsa(jwk: &Jwk) -> Option<DecodingKey> {
    let (n, e) = (jwk.n.as_deref()?, jwk.e.as_deref()?);
    let modulus = URL_SAFE_NO_PAD.decode(n).ok()?;
    let modulus = modulus.iter().skip_while(|byte| **byte == 0).count();
    let is_exponent = matches!(URL_SAFE_NO_PAD.decode(e).ok()?.as_slice(), [1, 0, 1]);
    if !MODULUS_BYTES.contains(&modulus) || !is_exponent {
        return None;
    }
    DecodingKey::from_rsa_components(n, e).ok()
}

fn ec(jwk: &Jwk) -> Option<DecodingKey> {
    let (x, y) = (jwk.x.as_deref()?, jwk.y.as_deref()?);
    let is_coordinate = |text| URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
    (is_coordinate(x) && is_coordinate(y)).then(|| DecodingKey::from_ec_components(x, y).ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::Signer;

    fn read(keys: &Value) -> Result<KeySet, Unfit> {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes(), &KeySet::default())
    }

    fn with(signer: &Signer, member: &str, value: Value) -> Value {
        let mut jwk = signer.jwk();
        jwk[member] = value;
        jwk
    }

    #[test]
    fn keys_of_each_allowed_kind_are_taken() {
        let signers = [Signer::rsa("a"), Signer::ec("b"), Signer::ed("c")];

        let set = read(&signers.iter().map(Signer::jwk).collect()).unwrap();

        let algorithm = |kid: &str| set.get(kid).unwrap().algorithm;
        assert_eq!(algorithm("a"), Algorithm::RS256);
        assert_eq!(algorithm("b"), Algorithm::ES256);
        assert_eq!(algorithm("c"), Algorithm::EdDSA);
    }

    #[test]
    fn keys_that_do_not_sign_or_do_not_fit_are_left_out() {
        let (rsa, ec) = (Signer::rsa("a"), Signer::ec("b"));
        let unfit = [
            with(&rsa, "use", json!("enc")),
            with(&rsa, "use", Value::Null),
            with(&rsa, "alg", json!("RS512")),
            with(&rsa, "alg", json!("RSA-OAEP")),
            with(&rsa, "kty", json!("EC")),
            with(&rsa, "n", json!(URL_SAFE_NO_PAD.encode([0xc1; 128]))),
            with(&rsa, "e", json!("Aw")),
            with(&rsa, "kid", Value::Null),
            with(&ec, "crv", json!("P-384")),
            with(&ec, "kty", json!("RSA")),
            json!({"kty": "oct", "kid": "s", "use": "sig", "alg": "HS256", "k": "c2VjcmV0"}),
        ];
        for jwk in unfit {
            assert_eq!(read(&json!([jwk])).unwrap_err(), Unfit::Empty, "{jwk}");
        }
    }

    #[test]
    fn a_key_set_that_cannot_be_trusted_is_refused_as_a_whole() {
        let signer = Signer::ec("b");
        let many: Value = (0..33).map(|n| with(&signer, "kid", json!(n.to_string()))).collect();

        assert_eq!(read(&json!([signer.jwk(), signer.jwk()])).unwrap_err(), Unfit::Duplicate);
        assert_eq!(read(&many).unwrap_err(), Unfit::TooMany);
        assert_eq!(read(&json!("none")).unwrap_err(), Unfit::Unreadable);
        assert_eq!(read(&json!([])).unwrap_err(), Unfit::Empty);
    }

    #[test]
    fn a_key_that_vanishes_or_changes_is_no_longer_current() {
        let set = read(&json!([Signer::ec("stays").jwk(), Signer::ec("changes").jwk()]));
        let (set, ed) = (set.unwrap(), Signer::ed("changes"));
        let stays = set.get("stays").unwrap().clone();
        let json = json!({"keys": [stays.material.json(), ed.jwk()]}).to_string();

        let next = KeySet::read(json.as_bytes(), &set).unwrap();
        set.retire(&next);

        assert!(stays.is_current());
        assert!(!set.get("changes").unwrap().is_current());
        assert!(next.get("changes").unwrap().is_current());
    }

    impl Jwk {
        fn json(&self) -> Value {
            json!({"kty": self.kty, "kid": self.kid, "use": self.r#use, "alg": self.alg,
                   "crv": self.crv, "x": self.x, "y": self.y})
        }
    }
}
