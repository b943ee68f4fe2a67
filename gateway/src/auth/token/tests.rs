//! Every attack on a token that we know, each with its own case.

use serde_json::{Value, json};

use super::*;
use crate::fixture::{ISSUER, NOW, Signer, claims};

fn rules() -> Rules {
    Rules {
        issuer: ISSUER.to_owned(),
        audience: "seasonal-api".to_owned(),
        parties: vec!["seasonal-web".to_owned(), "seasonal-mobile".to_owned()],
        leeway_seconds: 10,
    }
}

fn keys(signer: &Signer) -> KeySet {
    KeySet::read(signer.jwks().as_bytes(), &KeySet::default()).unwrap()
}

fn verify(token: &str, keys: &KeySet) -> Result<Verified, Refusal> {
    let parts = Parts::of(token)?;
    parts.verify(parts.key(keys)?, &rules(), NOW)
}

/// What becomes of a token whose claims are changed in one place.
fn claimed(name: &str, value: Value) -> Result<Verified, Refusal> {
    let signer = Signer::ec("k");
    let mut claims = claims();
    claims[name] = value;
    verify(&signer.sign(&signer.header(), &claims), &keys(&signer))
}

/// What becomes of a token that lacks a claim.
fn without(name: &str) -> Refusal {
    let signer = Signer::ec("k");
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    verify(&signer.sign(&signer.header(), &claims), &keys(&signer)).unwrap_err()
}

/// What becomes of a token whose header is changed in one place.
fn headed(name: &str, value: Value) -> Refusal {
    let signer = Signer::ec("k");
    let mut header = signer.header();
    header[name] = value;
    verify(&signer.sign(&header, &claims()), &keys(&signer)).unwrap_err()
}

#[test]
fn a_token_of_each_algorithm_is_taken() {
    for signer in [Signer::rsa("k"), Signer::ec("k"), Signer::ed("k")] {
        let user = verify(&signer.token(), &keys(&signer)).unwrap().user;

        assert_eq!(user.id.to_string(), "e0000000-0000-4000-8000-000000000001");
        assert_eq!(user.session.as_deref(), Some("aBcDeFgHiJkLmNoPqRsTuVwX"));
    }
}

#[test]
fn roles_come_from_realm_and_account_kind_alone() {
    let roles = |user: User| user.roles.as_str().to_owned();
    let kinds = |kinds| roles(claimed("account_kind", kinds).unwrap().user);
    let realm = |realm| roles(claimed("realm_access", realm).unwrap().user);

    assert_eq!(roles(claimed("azp", json!("seasonal-web")).unwrap().user), "operator,employer");
    assert_eq!(kinds(json!(["worker", "admin", "operator"])), "operator,worker");
    assert_eq!(kinds(json!("worker")), "operator,worker");
    assert_eq!(realm(json!({"roles": ["worker", "admin", "manage-users"]})), "admin,employer");
    assert_eq!(realm(json!({})), "employer");
    let foreign = json!({"realm-management": {"roles": ["admin"]}});
    assert_eq!(
        roles(claimed("resource_access", foreign).unwrap().user),
        "operator,employer",
        "a client's role of the same name does not count"
    );
}

#[test]
fn only_a_verified_address_is_passed_on_in_lower_case() {
    let email = |result: Result<Verified, Refusal>| result.unwrap().user.email;

    assert_eq!(email(claimed("x", json!(1))).as_deref(), Some("rosa@example.org"));
    assert_eq!(email(claimed("email_verified", json!(false))), None);
    assert_eq!(email(claimed("email", json!("a@b\r\nSeasonal-Caller-Roles: admin"))), None);
    assert_eq!(email(claimed("email", json!("nobody"))), None);
}

#[test]
fn an_unsigned_token_is_refused() {
    let signer = Signer::ec("k");
    let token = signer.token();
    let message = token.rsplit_once('.').unwrap().0;

    assert_eq!(verify(&format!("{message}."), &keys(&signer)).unwrap_err(), Refusal::Malformed);
    assert_eq!(verify(message, &keys(&signer)).unwrap_err(), Refusal::Malformed);
    for none in ["none", "None", "nOnE", ""] {
        assert_eq!(headed("alg", json!(none)), Refusal::Algorithm, "{none}");
    }
}

#[test]
fn a_key_is_used_with_its_own_algorithm_alone() {
    assert_eq!(headed("alg", json!("RS256")), Refusal::Algorithm, "an EC key as RSA");
    for alg in ["HS256", "HS512", "RS512", "PS256", "ES384"] {
        assert_eq!(headed("alg", json!(alg)), Refusal::Algorithm, "{alg}");
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let signer = Signer::rsa("k");
    let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": "k"});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims()));
    let n = signer.jwk()["n"].as_str().unwrap().to_owned();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, n.as_bytes());
    let tag = URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, message.as_bytes()));

    let refusal = verify(&format!("{message}.{tag}"), &keys(&signer)).unwrap_err();

    assert_eq!(refusal, Refusal::Algorithm);
}

#[test]
fn a_token_of_another_key_under_a_known_id_is_refused() {
    let (ours, theirs) = (Signer::ec("k"), Signer::ec("k"));

    assert_eq!(verify(&theirs.token(), &keys(&ours)).unwrap_err(), Refusal::Signature);
}

#[test]
fn a_token_of_an_unknown_key_is_refused_whatever_key_it_brings() {
    let (ours, theirs) = (Signer::ec("k"), Signer::ec("other"));
    let mut header = theirs.header();
    header["jwk"] = theirs.jwk();
    header["jku"] = json!("https://evil.example/keys");

    let refusal = verify(&theirs.sign(&header, &claims()), &keys(&ours)).unwrap_err();

    assert_eq!(refusal, Refusal::Key);
    assert_eq!(headed("kid", json!("../../dev/null")), Refusal::Key);
    assert_eq!(headed("kid", json!(["k"])), Refusal::Malformed);
}

#[test]
fn a_changed_token_is_refused() {
    let signer = Signer::ec("k");
    let (token, mut changed) = (signer.token(), claims());
    changed["realm_access"] = json!({"roles": ["admin"]});
    let mut parts: Vec<&str> = token.split('.').collect();
    let body = URL_SAFE_NO_PAD.encode(changed.to_string());
    parts[1] = &body;

    assert_eq!(verify(&parts.join("."), &keys(&signer)).unwrap_err(), Refusal::Signature);
}

#[test]
fn an_encrypted_token_is_refused() {
    let signer = Signer::ec("k");

    let refusal = verify(&format!("{}.a.b", signer.token()), &keys(&signer)).unwrap_err();

    assert_eq!(refusal, Refusal::Malformed);
}

#[test]
fn only_an_access_token_is_one() {
    for typ in ["JWT", "logout+jwt", "dpop+jwt", ""] {
        assert_eq!(headed("typ", json!(typ)), Refusal::Type, "{typ}");
    }
    for typ in ["ID", "Refresh", "Logout", "bearer", "DPoP"] {
        assert_eq!(claimed("typ", json!(typ)).unwrap_err(), Refusal::Type, "{typ}");
    }
    let bound = json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"});
    assert_eq!(claimed("cnf", bound).unwrap_err(), Refusal::Type);
}

#[test]
fn extensions_are_refused() {
    assert_eq!(headed("crit", json!(["b64"])), Refusal::Critical);
    assert_eq!(headed("zip", json!("DEF")), Refusal::Critical);
}

#[test]
fn the_issuer_is_exactly_ours() {
    let issuers =
        ["https://id.example/realms/other", "https://id.example/realms/seasonal/", "seasonal", ""];
    for issuer in issuers {
        assert_eq!(claimed("iss", json!(issuer)).unwrap_err(), Refusal::Issuer, "{issuer}");
    }
    assert_eq!(claimed("iss", json!([ISSUER])).unwrap_err(), Refusal::Claims);
}

#[test]
fn the_audience_has_us_in_it() {
    assert!(claimed("aud", json!(["account", "seasonal-api"])).is_ok());
    for audience in [json!("account"), json!("seasonal-api2"), json!([]), json!(["other-api"])] {
        assert_eq!(claimed("aud", audience).unwrap_err(), Refusal::Audience);
    }
    assert_eq!(claimed("aud", json!({"seasonal-api": 1})).unwrap_err(), Refusal::Claims);
}

#[test]
fn the_client_is_on_the_list() {
    for party in ["seasonal-other", "account-console", "admin-cli", ""] {
        assert_eq!(claimed("azp", json!(party)).unwrap_err(), Refusal::Party, "{party}");
    }
}

#[test]
fn times_hold_with_a_small_leeway() {
    assert!(claimed("exp", json!(NOW - 9)).is_ok());
    assert_eq!(claimed("exp", json!(NOW - 10)).unwrap_err(), Refusal::Expired);
    assert!(claimed("nbf", json!(NOW + 10)).is_ok());
    assert_eq!(claimed("nbf", json!(NOW + 11)).unwrap_err(), Refusal::Early);
    assert!(claimed("iat", json!(NOW + 10)).is_ok());
    assert_eq!(claimed("iat", json!(NOW + 11)).unwrap_err(), Refusal::Early);
    assert_eq!(claimed("exp", json!(i64::MIN)).unwrap_err(), Refusal::Expired);
    assert_eq!(claimed("exp", json!("4102444800")).unwrap_err(), Refusal::Claims);
    assert_eq!(claimed("exp", json!(1e300)).unwrap_err(), Refusal::Claims);
}

#[test]
fn a_claim_that_is_missing_is_not_guessed() {
    for name in ["iss", "aud", "azp", "typ", "sub", "exp", "iat"] {
        assert_eq!(without(name), Refusal::Claims, "{name}");
    }
}

#[test]
fn the_subject_is_a_user() {
    let subjects = [
        "",
        "service-account",
        "00000000-0000-0000-0000-000000000000",
        "e0000000000040008000000000000001",
        "{e0000000-0000-4000-8000-00000000000}",
    ];
    for subject in subjects {
        assert_eq!(claimed("sub", json!(subject)).unwrap_err(), Refusal::Subject, "{subject}");
    }
}

#[test]
fn a_claim_given_twice_is_refused() {
    let signer = Signer::ec("k");
    let twice = claims().to_string().replacen('{', "{\"azp\":\"evil\",", 1);
    let header = URL_SAFE_NO_PAD.encode(signer.header().to_string());
    let token = signer.sign_text(&header, &URL_SAFE_NO_PAD.encode(twice));

    assert_eq!(verify(&token, &keys(&signer)).unwrap_err(), Refusal::Claims);
}

#[test]
fn a_token_that_is_too_long_or_not_a_token_is_not_looked_at() {
    let keys = keys(&Signer::ec("k"));

    assert_eq!(verify(&"a".repeat(BYTES_MAX + 1), &keys).unwrap_err(), Refusal::TooLong);
    for token in ["", ".", "..", "...", "a.b.c", "é.é.é", "eyJ9.e30.", " "] {
        assert_eq!(verify(token, &keys).unwrap_err(), Refusal::Malformed, "{token}");
    }
}

#[test]
fn what_was_verified_ends_with_its_token_and_with_its_key() {
    let signer = Signer::ec("k");
    let keys = keys(&signer);
    let verified = verify(&signer.token(), &keys).unwrap();

    assert!(verified.holds(10, NOW + 309));
    assert!(!verified.holds(10, NOW + 310));
    keys.retire(&KeySet::default());
    assert!(!verified.holds(10, NOW));
}
