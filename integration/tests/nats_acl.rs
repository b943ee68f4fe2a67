//! What a process that was taken over may do on the broker: its own work, and nothing else.
//!
//! The tests hold the keys of the running stack. Nothing but the broker's allow lists and the
//! serving loops of the others stand between them and what they try.

#![expect(clippy::indexing_slicing, reason = "a test ends where it cannot go on")]

use async_nats::{ConnectOptions, HeaderMap};
use integration::{Broker, Person, World, eventually};
use prost::Message as _;
use serde_json::{Value, json};
use uuid::Uuid;

/// A method of profile that only the gateway may ask, for admins.
const VERIFY: &str = "profile.v1.CompanyService.VerifyCompany";
const KINDS: [&str; 5] = ["ad", "gateway", "ops", "profile", "provision"];

/// What no process kind may publish but those named beside it.
const PUBLISHES: [(&str, &[&str]); 22] = [
    ("rpc.gateway.profile.v1.CompanyService.VerifyCompany", &["gateway"]),
    ("rpc.gateway.ad.v1.OfferService.GetOffer", &["gateway"]),
    ("rpc.ad.profile.v1.CompanyService.VerifyCompany", &[]),
    ("rpc.ad.profile.v1.MemberService.CheckMember", &["ad"]),
    ("rpc.profile.ad.v1.OfferService.GetOffer", &[]),
    ("rpc.ops.ad.v1.OfferService.GetOffer", &[]),
    ("_INBOX.gateway.profile.x.1", &["profile"]),
    ("_INBOX.gateway.ad.x.1", &["ad"]),
    ("_INBOX.provision.$JS.x.1", &[]),
    ("$KV.contracts.ad", &["ad"]),
    ("$KV.contracts.profile", &["profile"]),
    ("$KV.contracts.newcomer", &[]),
    ("$JS.API.STREAM.CREATE.EVIL", &[]),
    ("$JS.API.STREAM.DELETE.KV_contracts", &[]),
    ("$JS.API.STREAM.PURGE.KV_contracts", &[]),
    ("$JS.API.STREAM.MSG.GET.KV_contracts", &[]),
    ("$JS.API.STREAM.UPDATE.KV_contracts", &["provision"]),
    ("$JS.API.CONSUMER.CREATE.KV_contracts", &[]),
    ("$JS.API.CONSUMER.DURABLE.CREATE.KV_contracts.x", &[]),
    ("$JS.API.CONSUMER.MSG.NEXT.KV_contracts.x", &[]),
    ("event.ad.v1.OfferPublished.x", &[]),
    ("live.x", &[]),
];

/// What no process kind may subscribe to but those named beside it.
const SUBSCRIBES: [(&str, &[&str]); 14] = [
    (">", &[]),
    ("*.>", &[]),
    ("rpc.>", &[]),
    ("rpc.*.ad.>", &["ad"]),
    ("rpc.*.profile.>", &["profile"]),
    ("rpc.*.*.>", &[]),
    ("_INBOX.>", &[]),
    ("_INBOX.gateway.>", &["gateway"]),
    ("_INBOX.ad.>", &["ad"]),
    ("_INBOX.provision.>", &["provision"]),
    ("$KV.>", &[]),
    ("$JS.>", &[]),
    ("$SYS.>", &[]),
    ("event.>", &[]),
];

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct VerifyCompany {
    #[prost(string, tag = "1")]
    company_id: String,
    #[prost(string, tag = "2")]
    reason: String,
}

/// A company that waits to be verified, and how one would forge that.
struct Target {
    owner: Person,
    path: String,
    request: Vec<u8>,
}

impl Target {
    async fn of(world: &World) -> Self {
        let owner = world.employer("Rosa").await;
        let company = owner.founds("Unknown vineyard").await;
        let path = format!("/v1/companies/{}", company.id);
        let _pending = owner.post(&format!("{path}:submit"), &json!({})).await.ok();
        let (company_id, reason) = (company.id, "forged".to_owned());
        Self { owner, path, request: VerifyCompany { company_id, reason }.encode_to_vec() }
    }

    async fn is_verified(&self) -> bool {
        let company = self.owner.get(&self.path).await.ok();
        company["verificationState"] == "COMPANY_VERIFICATION_STATE_VERIFIED"
    }
}

/// The headers that the gateway sends for an administrator.
fn as_admin() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Seasonal-Caller-Id", Uuid::new_v4().to_string());
    headers.insert("Seasonal-Caller-Roles", "admin");
    headers.insert("Seasonal-Deadline-Ms", "5000");
    headers.insert("Idempotency-Key", Uuid::new_v4().to_string());
    headers
}

fn forged() -> String {
    format!("rpc.gateway.{VERIFY}")
}

#[tokio::test]
async fn the_request_that_the_attacks_forge_is_one_that_profile_serves_for_the_gateway() {
    let world = World::start().await;
    let (target, gateway) = (Target::of(&world).await, world.broker("gateway").await);

    let reply = "_INBOX.gateway.profile.test.1";
    gateway.publish(&forged(), reply, as_admin(), target.request.clone()).await;

    eventually("the company is verified", async || target.is_verified().await).await;
}

#[tokio::test]
async fn a_service_that_was_taken_over_reaches_no_other_in_any_of_four_ways() {
    let world = World::start().await;
    let (target, ad) = (Target::of(&world).await, world.broker("ad").await);
    let dropped = world.counted("profile", "bus_requests_dropped_total", "").await;

    publishes(&ad, &target).await;
    pulls(&ad, &target).await;
    republishes(&ad, &target).await;
    captures(&ad).await;
    settled(&world, &target).await;

    assert!(!target.is_verified().await);
    let streams = world.broker("ops").await.jetstream("STREAM.NAMES", &Value::Null).await;
    assert_eq!(streams["streams"], json!(["KV_contracts"]));
    let dropped = world.counted("profile", "bus_requests_dropped_total", "").await - dropped;
    println!("a taken-over ad, 4 ways: 0 arrived; {dropped} messages dropped at profile's door");
    assert!(dropped >= 1, "what ad may read of itself it can have read to anywhere");
    eventually("ad puts its contract back", async || {
        ad.announced("ad").await.is_some_and(|it| it.service == "ad")
    })
    .await;
}

/// One: publishes under the gateway's name and under its own.
async fn publishes(ad: &Broker, target: &Target) {
    for subject in [forged(), format!("rpc.ad.{VERIFY}"), format!("rpc.provision.{VERIFY}")] {
        for reply in ["_INBOX.gateway.profile.x.1", "_INBOX.ad.profile.x.1"] {
            ad.publish(&subject, reply, as_admin(), target.request.clone()).await;
        }
        ad.is_refused(&subject).await;
    }
}

/// Two: has the broker deliver a stored request, by asking for it with the method for a reply.
async fn pulls(ad: &Broker, target: &Target) {
    let stream = json!({"name": "EVIL_PULL", "subjects": ["event.ad.>"]});
    let durable = json!({"stream_name": "EVIL_PULL", "config": {"durable_name": "evil"}});
    ad.jetstream("STREAM.CREATE.EVIL_PULL", &stream).await;
    ad.jetstream("CONSUMER.DURABLE.CREATE.EVIL_PULL.evil", &durable).await;
    // What it may store is its own contract: so it stores the forged request there.
    for own in ["event.ad.v1.OfferPublished.7", "$KV.contracts.ad"] {
        ad.publish(own, "_INBOX.ad.$JS.x.1", as_admin(), target.request.clone()).await;
    }
    for pull in ["CONSUMER.MSG.NEXT.EVIL_PULL.evil", "DIRECT.GET.KV_contracts.$KV.contracts.ad"] {
        ad.publish(&format!("$JS.API.{pull}"), &forged(), as_admin(), Vec::new()).await;
    }
    ad.is_refused("$JS.API.CONSUMER.MSG.NEXT.EVIL_PULL.evil").await;
}

/// Three: has the broker republish what it stores.
async fn republishes(ad: &Broker, target: &Target) {
    let to = json!({"src": ">", "dest": forged()});
    let own = json!({"name": "EVIL_AGAIN", "subjects": ["event.evil.>"], "republish": to});
    let ours = json!({"name": "KV_contracts", "subjects": ["$KV.contracts.>"], "republish": to});
    ad.jetstream("STREAM.CREATE.EVIL_AGAIN", &own).await;
    ad.jetstream("STREAM.UPDATE.KV_contracts", &ours).await;
    ad.publish("event.evil.x", "_INBOX.ad.$JS.x.1", as_admin(), target.request.clone()).await;
    ad.is_refused("$JS.API.STREAM.UPDATE.KV_contracts").await;
}

/// Four: has the broker store everyone's requests, and answer them.
async fn captures(ad: &Broker) {
    let stream = json!({"name": "EVIL_ALL", "subjects": ["rpc.*.profile.>"]});
    ad.jetstream("STREAM.CREATE.EVIL_ALL", &stream).await;
    ad.is_refused("$JS.API.STREAM.CREATE.EVIL_ALL").await;
}

/// What was sent before has been looked at once profile has served a later request.
async fn settled(world: &World, target: &Target) {
    let _served = world.get(&target.path).await.ok();
}

#[tokio::test]
async fn every_process_kind_is_refused_what_is_not_its_own() {
    let world = World::start().await;
    let (mut tried, mut passed) = (0, Vec::new());

    for kind in KINDS {
        let broker = world.broker(kind).await;
        let mut refused = Vec::new();
        for (subject, _) in PUBLISHES.iter().filter(|(_, may)| !may.contains(&kind)) {
            broker.client().publish(*subject, "tried".into()).await.unwrap();
            refused.push(*subject);
        }
        let mut kept = Vec::new();
        for (subject, _) in SUBSCRIBES.iter().filter(|(_, may)| !may.contains(&kind)) {
            kept.push(broker.client().subscribe(*subject).await.unwrap());
            refused.push(*subject);
        }
        broker.client().flush().await.unwrap();
        tried += refused.len();
        // The answers of the broker come in the order of what was tried: the last one last.
        broker.is_refused(refused.last().unwrap()).await;
        let not = refused.iter().filter(|subject| !broker.was_refused(subject));
        passed.extend(not.map(|subject| format!("{kind}: {subject}")));
    }

    println!("allow lists: {} kinds, {tried} tries, {} passed", KINDS.len(), passed.len());
    assert!(passed.is_empty(), "{passed:#?}");
}

#[tokio::test]
async fn nobody_gets_in_without_a_key() {
    let world = World::start().await;
    let address = world.stack().settings().nats();

    let nobody = async_nats::connect(&address).await;
    let seed = nkeys::KeyPair::new_user().seed().unwrap();
    let stranger = ConnectOptions::with_nkey(seed).connect(&address).await;

    assert!(nobody.is_err() && stranger.is_err());
}
