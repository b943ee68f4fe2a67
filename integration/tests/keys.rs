//! The realm's keys change, or Keycloak is away, while the gateway runs.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where it cannot go on"
)]

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{StreamExt as _, stream};
use integration::{Own, Person, World, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use stack::Signal;

/// How often at most the gateway fetches the keys.
const PAUSE: Duration = Duration::from_secs(10);
const SIGNED_IN: &str = "/v1/invitations";

async fn start() -> Own {
    World::own("keys").await
}

async fn status(world: &World, token: &str) -> u16 {
    world.send(world.request(Method::GET, SIGNED_IN).bearer_auth(token)).await.status
}

/// How often the gateway has fetched the keys, with this result; any result when empty.
async fn fetched(world: &World, result: &str) -> u64 {
    world.counted("gateway", "gateway_keys_fetched_total", result).await
}

fn kid(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// A token that names a key which nobody has.
fn unknown(number: u64) -> String {
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let header = json!({"alg": "RS256", "typ": "at+jwt", "kid": format!("unknown-{number}")});
    format!("{}.{}.AAAA", part(header), part(json!({})))
}

/// The number of the signing key that the realm began with.
async fn first_key(world: &World) -> Value {
    let path = "/components?type=org.keycloak.keys.KeyProvider";
    let keys = world.stack().admin().call(Method::GET, path, None).await.unwrap();
    let signs = |key: &&Value| {
        key["providerId"] == "rsa-generated" && !key["name"].as_str().unwrap().starts_with("test-")
    };
    keys.as_array().unwrap().iter().find(signs).unwrap().clone()
}

/// Lets a key sign and be in the key set, or not.
async fn enable(world: &World, key: &Value, enabled: bool) {
    let mut key = key.clone();
    key["config"]["enabled"] = json!([enabled.to_string()]);
    let path = format!("/components/{}", key["id"].as_str().unwrap());
    world.stack().admin().call(Method::PUT, &path, Some(&key)).await.unwrap();
}

fn token(person: &Person) -> &str {
    &person.tokens.access_token
}

#[tokio::test]
async fn a_new_key_is_taken_and_a_disabled_one_refused_without_a_restart() {
    let world = start().await;
    let gateway = world.stack().pid("gateway").unwrap();
    let before = world.worker("Ivan").await;
    assert_eq!(status(&world, token(&before)).await, 200);

    let began = Instant::now();
    let added = world.stack().admin().add_key(200).await.unwrap();
    let after = world.worker("Vera").await;
    assert_ne!(kid(token(&before)), kid(token(&after)));
    eventually("the keys were not fetched for ten seconds", async || began.elapsed() > PAUSE).await;
    let fetches = fetched(&world, "").await;
    assert_eq!(status(&world, token(&after)).await, 200, "the next call");
    assert_eq!(fetched(&world, "").await - fetches, 1);
    assert_eq!(status(&world, token(&before)).await, 200, "the old key is still in the set");

    let old = first_key(&world).await;
    enable(&world, &old, false).await;
    let began = Instant::now();
    eventually("the disabled key's token is refused", async || {
        // An unknown key makes the gateway look; without one it looks every 5 minutes.
        assert_eq!(status(&world, &unknown(0)).await, 401);
        status(&world, token(&before)).await == 401
    })
    .await;
    println!("disabled key: refused after {:.1?}", began.elapsed());
    assert!(began.elapsed() < PAUSE + Duration::from_secs(3));
    assert_eq!(status(&world, token(&after)).await, 200, "the new key goes on");
    assert_eq!(world.stack().pid("gateway").unwrap(), gateway);

    enable(&world, &old, true).await;
    world.stack().admin().remove_key(&added).await.unwrap();
}

#[tokio::test]
async fn ten_thousand_unknown_keys_cost_one_fetch_in_ten_seconds() {
    let world = start().await;
    let before = fetched(&world, "").await;
    let began = Instant::now();

    let answers = stream::iter(0..10_000)
        .map(|number| {
            let request = world.request(Method::GET, SIGNED_IN).bearer_auth(unknown(number));
            async { world.send(request).await.status }
        })
        .buffer_unordered(64);
    let refused = answers.filter(|status| std::future::ready(*status == 401)).count().await;

    let (took, fetches) = (began.elapsed(), fetched(&world, "").await - before);
    println!("unknown keys: {refused} of 10000 refused in {took:.1?}, {fetches} fetches");
    assert_eq!(refused, 10_000);
    assert!(fetches <= 1 + took.as_secs() / PAUSE.as_secs(), "{fetches} fetches in {took:.1?}");
    let person = world.worker("Ivan").await;
    eventually("a good token passes as before", async || {
        status(&world, token(&person)).await == 200
    })
    .await;
}

#[tokio::test]
async fn while_keycloak_is_away_tokens_go_on_with_the_keys_that_are_known() {
    let world = start().await;
    let (seen, fresh) = (world.worker("Ivan").await, world.worker("Vera").await);
    eventually("the keys are known", async || status(&world, token(&seen)).await == 200).await;

    world.stack().stop("keycloak", Signal::Kill).await.unwrap();
    let (before, began) = (fetched(&world, "failed").await, Instant::now());
    let failed = async || fetched(&world, "failed").await - before;

    eventually("a fetch fails", async || {
        assert_eq!(status(&world, &unknown(0)).await, 401);
        failed().await == 1
    })
    .await;
    assert_eq!(status(&world, token(&seen)).await, 200);
    assert_eq!(status(&world, token(&fresh)).await, 200, "one that the gateway never saw before");
    assert_eq!(world.health("gateway", "/readyz").await, 200);
    let (took, failed) = (began.elapsed(), failed().await);
    println!("keycloak away: {failed} failed fetches in {took:.1?}, tokens go on");
    assert!(failed <= 1 + took.as_secs() / PAUSE.as_secs());

    world.stack().start("keycloak").await.unwrap();
    let later = world.worker("Nora").await;
    eventually("a new token is taken", async || status(&world, token(&later)).await == 200).await;
}
