use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::fixture::{ISSUER, NOW, Signer, claims};

fn gate(signer: &Signer) -> Gate {
    let rules = Rules {
        issuer: ISSUER.to_owned(),
        audience: "seasonal-api".to_owned(),
        parties: vec!["seasonal-web".to_owned()],
        leeway_seconds: 10,
    };
    let clock = Clock::fixed(jiff::Timestamp::from_second(NOW).unwrap());
    Gate::new(rules, Arc::new(Keys::fixed(&signer.jwks())), clock)
}

fn headers(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
}

async fn status(gate: &Gate, value: &str) -> u16 {
    gate.caller(&headers(value)).await.unwrap_err().status().as_u16()
}

#[tokio::test]
async fn a_good_token_names_its_user_the_first_time_and_from_memory() {
    let signer = Signer::ec("k");
    let (gate, headers) = (gate(&signer), headers(&format!("Bearer {}", signer.token())));

    let (first, second) =
        (gate.caller(&headers).await.unwrap(), gate.caller(&headers).await.unwrap());

    assert_eq!(first, second);
    assert!(matches!(first, Caller::User(user) if user.roles.has("employer")));
    assert_eq!(gate.verified.len(), 1);
}

#[tokio::test]
async fn a_remembered_token_ends_when_it_expires() {
    let signer = Signer::ec("k");
    let (gate, value) = (gate(&signer), format!("bearer {}", signer.token()));
    gate.caller(&headers(&value)).await.unwrap();

    gate.clock.advance(std::time::Duration::from_secs(311));

    assert_eq!(status(&gate, &value).await, 401);
    assert_eq!(gate.verified.len(), 0);
}

#[tokio::test]
async fn without_a_token_the_caller_is_nobody_and_with_a_bad_one_refused() {
    let signer = Signer::ec("k");
    let gate = gate(&signer);

    assert_eq!(gate.caller(&HeaderMap::new()).await.unwrap(), Caller::Anonymous);
    for value in ["Basic cm9vdDpyb290", "Bearer", "Bearer ", "", "Bearer a.b.c", "token"] {
        assert_eq!(status(&gate, value).await, 401, "{value}");
    }
}

#[tokio::test]
async fn two_authorizations_are_refused() {
    let signer = Signer::ec("k");
    let mut headers = headers(&format!("Bearer {}", signer.token()));
    headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer other"));

    let refusal = gate(&signer).caller(&headers).await.unwrap_err();

    assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn where_no_key_was_ever_seen_the_answer_is_not_yet() {
    let signer = Signer::ec("k");
    let mut gate = gate(&signer);
    gate.keys = Arc::new(Keys::fixed("{}"));

    assert_eq!(status(&gate, &format!("Bearer {}", signer.token())).await, 503);
    assert_eq!(status(&gate, "Bearer rubbish").await, 401);
}

#[test]
fn an_access_rule_lets_its_own_through_and_nobody_else() {
    let user = |roles: &[&str]| bus::Context::for_user(Uuid::from_u128(7), roles).caller;
    let roles = |names: &[&str]| Access::Roles(names.iter().map(ToString::to_string).collect());
    let status = |access: &Access, caller: &Caller| {
        admit(access, caller).map_or_else(|problem| problem.status().as_u16(), |()| 200)
    };

    let cases = [
        (Access::Public, [200, 200, 200, 200]),
        (Access::SignedIn, [401, 200, 200, 200]),
        (roles(&["employer"]), [401, 403, 200, 403]),
        (roles(&["worker", "admin"]), [401, 403, 403, 200]),
        (roles(&[]), [401, 403, 403, 403]),
        (Access::Internal, [403, 403, 403, 403]),
    ];
    let callers = [Caller::Anonymous, user(&[]), user(&["employer"]), user(&["admin"])];
    for (access, expected) in cases {
        let given = callers.each_ref().map(|caller| status(&access, caller));
        assert_eq!(given, expected, "{access:?}");
    }
}

#[tokio::test]
async fn a_refused_token_is_told_why_in_the_challenge() {
    let signer = Signer::ec("k");
    let mut expired = claims();
    expired["exp"] = json!(NOW - 60);
    let token = signer.sign(&signer.header(), &expired);

    let problem = gate(&signer).caller(&headers(&format!("Bearer {token}"))).await.unwrap_err();

    let challenge = problem.into_response("r1").headers()[WWW_AUTHENTICATE].clone();
    assert_eq!(
        challenge,
        "Bearer realm=\"seasonal\", error=\"invalid_token\", error_description=\"the token has expired\""
    );
}
