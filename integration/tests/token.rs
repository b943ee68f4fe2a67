//! Tokens that somebody made of a real one, or by himself: none opens anything.
//!
//! Each is tried where one must be signed in, and where anyone may come: a caller who believes that
//! he is signed in is not served as if he were not.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it cannot go on"
)]

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use integration::{Answer, World};
use reqwest::Method;
use serde_json::{Value, json};
use stack::keycloak::Ask;

const SIGNED_IN: &str = "/v1/invitations";
const PUBLIC: &str = "/v1/jobs";

/// A real token, taken apart.
struct Token {
    header: Value,
    claims: Value,
    signature: String,
}

impl Token {
    fn of(token: &str) -> Self {
        let mut parts = token.split('.');
        let mut json = || {
            let part = URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap();
            serde_json::from_slice(&part).unwrap()
        };
        let (header, claims) = (json(), json());
        Self { header, claims, signature: parts.next().unwrap().to_owned() }
    }

    async fn real(world: &World) -> Self {
        Self::of(&world.worker("Ivan").await.tokens.access_token)
    }

    /// Header and payload, as they are signed.
    fn message(&self) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }

    fn with_header(&self, name: &str, value: impl Into<Value>) -> String {
        let mut header = self.header.clone();
        header[name] = value.into();
        Self { header, claims: self.claims.clone(), signature: self.signature.clone() }.joined()
    }

    fn with_claim(&self, name: &str, value: impl Into<Value>) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value.into();
        Self { header: self.header.clone(), claims, signature: self.signature.clone() }.joined()
    }

    fn joined(&self) -> String {
        format!("{}.{}", self.message(), self.signature)
    }

    /// The same claims under another header, signed anew.
    fn signed(&self, header: Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let claims = self.claims.clone();
        let message = Self { header, claims, signature: String::new() }.message();
        let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

fn rs256(key: &KeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

fn hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
}

/// The realm's public key in the forms in which somebody might take it for a secret.
async fn public_keys(world: &World) -> [Vec<u8>; 3] {
    let realm = world.stack().http().get(world.stack().settings().issuer()).send().await.unwrap();
    let text = realm.json::<Value>().await.unwrap()["public_key"].as_str().unwrap().to_owned();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
    [STANDARD.decode(&text).unwrap(), text.into_bytes(), pem.into_bytes()]
}

/// Asks with these `Authorization` headers.
async fn ask(world: &World, path: &str, authorizations: &[String]) -> Answer {
    let request = world.request(Method::GET, path);
    world
        .send(authorizations.iter().fold(request, |it, value| it.header("authorization", value)))
        .await
}

#[track_caller]
fn is_refused(answer: Answer, attack: &str) {
    let challenge = answer.header("www-authenticate").to_owned();
    assert_eq!(answer.status, 401, "{attack}: {}", answer.body);
    assert!(
        challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""),
        "{attack}: {challenge}"
    );
    let _problem = answer.problem(401, "INVALID_TOKEN");
}

/// That each of these tokens is refused everywhere.
async fn are_refused(world: &World, attacks: Vec<(&str, String)>) {
    for (attack, token) in &attacks {
        for path in [SIGNED_IN, PUBLIC] {
            is_refused(ask(world, path, &[format!("Bearer {token}")]).await, attack);
        }
    }
    println!("token attacks: {} tried at {SIGNED_IN} and {PUBLIC}, 0 passed", attacks.len());
}

#[tokio::test]
async fn a_real_token_opens_what_the_attacks_below_do_not() {
    let world = World::start().await;
    let token = Token::real(&world).await;
    let real = world.worker("Ivan").await.tokens.access_token;

    for path in [SIGNED_IN, PUBLIC] {
        let _open = ask(&world, path, &[format!("Bearer {real}")]).await.ok();
    }
    assert_eq!(token.header["typ"], "at+jwt");
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let world = World::start().await;
    let token = Token::real(&world).await;
    let whole = token.joined();
    let mut flipped = URL_SAFE_NO_PAD.decode(&token.signature).unwrap();
    flipped[17] ^= 1;
    let flipped = URL_SAFE_NO_PAD.encode(flipped);

    let attacks = vec![
        ("a signature cut by one character", whole[..whole.len() - 1].to_owned()),
        ("a signature cut in half", format!("{}.{}", token.message(), &token.signature[..171])),
        ("no signature", format!("{}.", token.message())),
        ("no signature and no dot", token.message()),
        ("a bit flipped in the signature", format!("{}.{flipped}", token.message())),
        ("another user", token.with_claim("sub", uuid::Uuid::new_v4().to_string())),
        ("the role admin", token.with_claim("realm_access", json!({"roles": ["admin"]}))),
        ("the other account kind", token.with_claim("account_kind", json!(["employer"]))),
        ("a later end", token.with_claim("exp", 4_000_000_000_u64)),
    ];

    are_refused(&world, attacks).await;
}

#[tokio::test]
async fn a_token_with_another_header_is_refused() {
    let world = World::start().await;
    let token = Token::real(&world).await;
    let foreign = Ask { realm: "foreign", ..Ask::of("admin", "admin-password") };
    let foreign = Token::of(&world.stack().tokens(&foreign).await.unwrap().access_token);

    let attacks = vec![
        ("an unknown kid", token.with_header("kid", "nobody")),
        ("no kid", token.with_header("kid", Value::Null)),
        ("a kid that is a path", token.with_header("kid", "../../../../dev/null")),
        ("a foreign realm's kid", token.with_header("kid", foreign.header["kid"].clone())),
        ("a foreign realm's token under our kid", {
            foreign.with_header("kid", token.header["kid"].clone())
        }),
        ("the type JWT", token.with_header("typ", "JWT")),
        ("the type of a logout token", token.with_header("typ", "logout+jwt")),
        ("no type", token.with_header("typ", Value::Null)),
        ("an extension that must be understood", token.with_header("crit", json!(["exp"]))),
        ("an empty list of extensions", token.with_header("crit", json!([]))),
        ("an extension that turns encoding off", token.with_header("b64", false)),
        ("compression", token.with_header("zip", "DEF")),
        ("alg ES256", token.with_header("alg", "ES256")),
        ("alg PS256", token.with_header("alg", "PS256")),
    ];

    are_refused(&world, attacks).await;
}

#[tokio::test]
async fn a_token_without_a_real_signature_is_refused() {
    let world = World::start().await;
    let token = Token::real(&world).await;
    let kid = token.header["kid"].clone();
    let none = |alg: &str| json!({"alg": alg, "typ": "at+jwt", "kid": kid});
    let mut attacks = Vec::new();

    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let unsigned = token.signed(none(alg), |_| Vec::new());
        attacks.push(("alg none", unsigned.clone()));
        attacks.push(("alg none without the last dot", unsigned.trim_end_matches('.').to_owned()));
        attacks.push(("alg none with the old signature", token.with_header("alg", alg)));
    }
    for secret in public_keys(&world).await {
        let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": kid});
        let signed = token.signed(header, |message| hs256(&secret, message));
        attacks.push(("HS256 with the public key for a secret", signed));
    }
    let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": kid});
    attacks.push(("HS256 with an empty secret", token.signed(header, |it| hs256(b"", it))));

    are_refused(&world, attacks).await;
}

#[tokio::test]
async fn a_token_signed_by_a_key_of_ones_own_is_refused() {
    let world = World::start().await;
    let token = Token::real(&world).await;
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "mine",
        "n": number(key.public_key().modulus().big_endian_without_leading_zero()),
        "e": number(key.public_key().exponent().big_endian_without_leading_zero()),
    });
    let sign = |extra: Value| {
        let mut header = json!({"alg": "RS256", "typ": "at+jwt", "kid": "mine"});
        header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        token.signed(header, |message| rs256(&key, message))
    };

    let attacks = vec![
        ("under our kid", sign(json!({"kid": token.header["kid"]}))),
        ("under a kid of its own", sign(json!({}))),
        ("with the key in the header", sign(json!({"jwk": jwk}))),
        ("with the key at an address", sign(json!({"jku": "http://127.0.0.1:1/jwks"}))),
        ("with a certificate at an address", sign(json!({"x5u": "http://127.0.0.1:1/x"}))),
    ];

    are_refused(&world, attacks).await;
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let world = World::start().await;
    let token = Token::real(&world).await.joined();
    let attacks = vec![
        ("garbage", "garbage".to_owned()),
        ("dots", "..".to_owned()),
        ("many dots", ".".repeat(2_000)),
        ("five segments", format!("{token}.AAAA.AAAA")),
        ("four segments", format!("{token}.AAAA")),
        (
            "a JWE",
            format!("{}.a.b.c.d", URL_SAFE_NO_PAD.encode(r#"{"alg":"dir","enc":"A128GCM"}"#)),
        ),
        ("base64 with padding", token.replacen('.', "=.", 1)),
        ("standard base64", format!("+/{token}")),
        ("two tokens", format!("{token} {token}")),
        ("the scheme twice", format!("Bearer {token}")),
        ("a comma", format!("{token}, Bearer {token}")),
        ("10 kB", format!("{token}{}", "A".repeat(10_000))),
    ];

    are_refused(&world, attacks).await;
}

#[tokio::test]
async fn a_token_of_a_hundred_kilobytes_is_not_looked_at() {
    let world = World::start().await;
    let token = Token::real(&world).await.joined();
    let huge = format!("Bearer {token}{}", "A".repeat(100_000));

    for path in [SIGNED_IN, PUBLIC] {
        let answer = ask(&world, path, std::slice::from_ref(&huge)).await;

        assert!([401, 431].contains(&answer.status), "{}", answer.status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn the_header_holds_one_token_of_the_scheme_bearer() {
    let world = World::start().await;
    let token = Token::real(&world).await.joined();
    let real = world.worker("Ivan").await.tokens.access_token;
    let attacks = [
        ("twice", vec![format!("Bearer {real}"), format!("Bearer {real}")]),
        ("a good one and a bad one", vec![format!("Bearer {real}"), format!("Bearer {token}x")]),
        ("basic and bearer", vec!["Basic dTpw".to_owned(), format!("Bearer {real}")]),
        ("basic", vec!["Basic dTpw".to_owned()]),
        ("the scheme alone", vec!["Bearer".to_owned()]),
        ("the scheme and a space", vec!["Bearer ".to_owned()]),
        ("the token alone", vec![real.clone()]),
        ("another scheme", vec![format!("DPoP {real}")]),
        ("no space", vec![format!("Bearer{real}")]),
    ];

    for (attack, authorizations) in &attacks {
        for path in [SIGNED_IN, PUBLIC] {
            is_refused(ask(&world, path, authorizations).await, attack);
        }
    }
    for scheme in ["bearer", "BEARER"] {
        let answer = ask(&world, SIGNED_IN, &[format!("{scheme} {real}")]).await;
        assert_eq!(answer.status, 200, "RFC 9110: the scheme's case says nothing");
    }
    println!("authorization headers: {} tried, 0 passed", attacks.len());
}

#[tokio::test]
async fn a_token_anywhere_but_in_the_header_does_not_count() {
    let world = World::start().await;
    let real = world.employer("Rosa").await.tokens.access_token;
    let query = world.request(Method::GET, &format!("{SIGNED_IN}?access_token={real}"));
    let form = world.request(Method::POST, "/v1/companies").form(&[("access_token", &real)]);
    let cookie = world.request(Method::GET, SIGNED_IN).header("cookie", format!("token={real}"));
    let header = world.request(Method::GET, SIGNED_IN).header("x-access-token", &real);

    for request in [query, form, cookie, header] {
        let answer = world.send(request).await;

        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{}", answer.body);
        let _nobody = answer.problem(401, "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn what_keycloak_gives_for_others_is_refused() {
    let world = World::start().await;
    let demo = Ask::of("admin", "admin-password");
    let asks = [
        ("a foreign realm", Ask { realm: "foreign", ..demo.clone() }),
        ("a foreign audience", Ask { scope: "openid other-api", ..demo.clone() }),
        ("no audience", Ask { scope: "openid", ..demo.clone() }),
        ("a foreign client", Ask { client: "seasonal-other", ..demo.clone() }),
    ];
    let worker = world.worker("Ivan").await;
    let mut attacks = vec![
        ("an ID token", worker.tokens.id_token.clone().unwrap()),
        ("a refresh token", worker.tokens.refresh_token.clone().unwrap()),
    ];

    for (name, ask) in asks {
        attacks.push((name, world.stack().tokens(&ask).await.unwrap().access_token));
    }

    are_refused(&world, attacks).await;
}
