//! For tests: an identity provider that signs whatever it is told.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// When "now" is in the tests, in seconds since 1970.
pub const NOW: i64 = 1_795_161_600;
/// Whose tokens these are.
pub const ISSUER: &str = "https://id.example/realms/seasonal";

/// A key that signs.
#[expect(missing_debug_implementations, reason = "a private key")]
pub struct Signer {
    kid: String,
    algorithm: Algorithm,
    key: EncodingKey,
}

#[expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "for tests")]
impl Signer {
    /// RSA keys take long to make: there is one, under whatever id.
    #[must_use]
    pub fn rsa(kid: &str) -> Self {
        static PEM: OnceLock<String> = OnceLock::new();
        let pem = PEM.get_or_init(|| {
            let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
            let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
            pem(der.as_ref())
        });
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        Self { kid: kid.to_owned(), algorithm: Algorithm::RS256, key }
    }

    /// A new key on P-256.
    #[must_use]
    pub fn ec(kid: &str) -> Self {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EncodingKey::from_ec_pem(pem(der.as_ref()).as_bytes()).unwrap();
        Self { kid: kid.to_owned(), algorithm: Algorithm::ES256, key }
    }

    /// A new Ed25519 key.
    #[must_use]
    pub fn ed(kid: &str) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
        let key = EncodingKey::from_ed_pem(pem(der.as_ref()).as_bytes()).unwrap();
        Self { kid: kid.to_owned(), algorithm: Algorithm::EdDSA, key }
    }

    /// The public key.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        let Value::Object(mut jwk) = serde_json::to_value(jwk).unwrap() else { return Value::Null };
        jwk.insert("kid".to_owned(), json!(self.kid));
        jwk.insert("use".to_owned(), json!("sig"));
        Value::Object(jwk)
    }

    /// The key set with this key alone.
    #[must_use]
    pub fn jwks(&self) -> String {
        json!({ "keys": [self.jwk()] }).to_string()
    }

    /// The header of a good token.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({"alg": crate::auth::algorithm(self.algorithm), "typ": "at+jwt", "kid": self.kid})
    }

    /// A token of this header and these claims, with a true signature.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        self.sign_text(&part(header), &part(claims))
    }

    /// A token of these two parts, with a true signature.
    #[must_use]
    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{header}.{claims}");
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// A good token.
    #[must_use]
    pub fn token(&self) -> String {
        self.sign(&self.header(), &claims())
    }
}

/// What a good token says: an employer who is an operator too.
#[must_use]
pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "seasonal-api", "azp": "seasonal-web", "typ": "Bearer",
        "sub": "e0000000-0000-4000-8000-000000000001", "sid": "aBcDeFgHiJkLmNoPqRsTuVwX",
        "exp": NOW + 300, "iat": NOW - 5, "jti": "onrtac:1", "email": "Rosa@Example.org",
        "email_verified": true, "realm_access": {"roles": ["operator", "offline_access"]},
        "account_kind": ["employer"],
    })
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}
