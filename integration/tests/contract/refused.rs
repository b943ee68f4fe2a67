//! Contracts that must be refused: the old routes go on, and the gateway counts the refusal.
//!
//! They are written with the key of a service that was let in and then went wrong.

use std::sync::atomic::{AtomicI64, Ordering};

use integration::{Announcement, Broker, Own, World, eventually};
use prost::Message as _;
use serde_json::Value;

/// A contract with one public method: the package, the route and the rest of the method's options.
fn proto(package: &str, route: &str, access: &str) -> String {
    format!(
        r#"
syntax = "proto3";

package {package};

import "google/api/annotations.proto";
import "seasonal/options/v1/access.proto";

// Goes wrong.
service RogueService {{
  // Gets it.
  rpc GetRogue(Rogue) returns (Rogue) {{
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {{get: "{route}"}};
    {access}
  }}
}}

// It.
message Rogue {{
  // Its id.
  string rogue_id = 1;
}}
"#
    )
}

const PUBLIC: &str = "option (seasonal.options.v1.access) = {public: true};";

fn good(route: &str) -> String {
    proto("seasonal.rogue.v1", route, PUBLIC)
}

/// The service that goes wrong, with a good contract served to begin with.
struct Rogue {
    world: Own,
    broker: Broker,
    /// When the good contract was built.
    built: i64,
}

/// Each test's good contract is newer than those of the tests before.
static BUILT: AtomicI64 = AtomicI64::new(1_000);

impl Rogue {
    async fn start() -> Self {
        let world = World::own("contract").await;
        let built = BUILT.fetch_add(1_000, Ordering::Relaxed);
        let contract = Announcement::of("rogue", built, &good("/v1/rogues/{rogue_id}"));
        let broker = world.admits(&contract).await;
        broker.announce(&contract).await;
        let rogue = Self { world, broker, built };
        rogue.serves("/v1/rogues/7").await;
        rogue
    }

    /// Announces a contract built so much later than the good one.
    fn announced(&self, later: i64, proto: &str) -> Vec<u8> {
        Announcement::of("rogue", self.built + later, proto).encode_to_vec()
    }

    /// Waits until a path is a route. Nobody answers it: 503, not 404.
    async fn serves(&self, path: &str) {
        eventually(&format!("{path} is served"), async || self.status(path).await == 503).await;
    }

    async fn status(&self, path: &str) -> u16 {
        self.world.get(path).await.status
    }

    async fn refusals(&self, reason: &str) -> u64 {
        let label = format!("reason=\"{reason}\",service=\"rogue\"");
        let other = format!("service=\"rogue\",reason=\"{reason}\"");
        let counter = "gateway_contract_refused_total";
        self.world.counted("gateway", counter, &label).await
            + self.world.counted("gateway", counter, &other).await
    }

    /// That a value of the bucket is refused for this reason, and that nothing else changes.
    async fn refused(&self, value: Vec<u8>, reason: &str) {
        let (before, document) = (self.refusals(reason).await, self.document().await);

        self.broker.put("rogue", value).await;
        eventually(&format!("it is refused: {reason}"), async || {
            self.refusals(reason).await > before
        })
        .await;

        assert_eq!(self.status("/v1/rogues/7").await, 503, "its own old route");
        assert_eq!(self.status("/v1/jobs/grape-picker").await, 200, "ad's route");
        assert_eq!(self.status("/v1/companies/7").await, 400, "profile's route");
        assert_eq!(self.status("/v1/swindles/7").await, 404, "the new route");
        assert_eq!(self.document().await, document);
        println!("refused and counted as {reason}");
    }

    async fn document(&self) -> Value {
        self.world.get("/openapi.json").await.ok()
    }
}

#[tokio::test]
async fn a_foreign_package_is_refused() {
    let rogue = Rogue::start().await;

    for package in ["seasonal.profile.v1", "seasonal.ad.v1", "rogue.v1"] {
        let proto = proto(package, "/v1/swindles/{rogue_id}", PUBLIC);
        rogue.refused(rogue.announced(1, &proto), "unfit").await;
    }
}

#[tokio::test]
async fn a_route_that_another_service_has_is_refused() {
    let rogue = Rogue::start().await;

    for (later, route) in [(1, "/v1/jobs/{rogue_id}"), (2, "/v1/companies/{rogue_id}")] {
        rogue.refused(rogue.announced(later, &good(route)), "collision").await;
    }
    let document = rogue.document().await;
    assert_eq!(document["paths"]["/v1/jobs/{jobId}"]["get"]["operationId"], "JobService_GetJob");
}

#[tokio::test]
async fn a_route_of_the_gateways_own_is_refused() {
    let rogue = Rogue::start().await;

    for route in ["/openapi.json", "/docs/{rogue_id}", "/auth/login", "/v1/live", "/readyz"] {
        rogue.refused(rogue.announced(1, &good(route)), "unfit").await;
    }
}

#[tokio::test]
async fn a_route_without_an_access_rule_is_refused() {
    let rogue = Rogue::start().await;
    let proto = proto("seasonal.rogue.v1", "/v1/swindles/{rogue_id}", "");

    rogue.refused(rogue.announced(1, &proto), "unfit").await;
}

#[tokio::test]
async fn garbage_is_refused() {
    let rogue = Rogue::start().await;
    let descriptors = b"\xff\xfe garbage".to_vec();
    let built_ms = rogue.built + 1;
    let inside = Announcement { service: "rogue".to_owned(), built_ms, descriptors };
    let mut cut = rogue.announced(1, &good("/v1/swindles/{rogue_id}"));
    cut.truncate(cut.len() / 2);
    let foreign = Announcement::of("ad", built_ms, &good("/v1/swindles/{rogue_id}"));

    rogue.refused(b"\xff\xff\xff".to_vec(), "garbage").await;
    rogue.refused(cut, "garbage").await;
    rogue.refused(foreign.encode_to_vec(), "garbage").await;
    rogue.refused(inside.encode_to_vec(), "unfit").await;
}

#[tokio::test]
async fn a_contract_older_than_the_one_that_is_served_is_refused() {
    let rogue = Rogue::start().await;

    rogue.refused(rogue.announced(-1, &good("/v1/swindles/{rogue_id}")), "older").await;
}

#[tokio::test]
async fn after_a_refusal_a_good_contract_is_served() {
    let rogue = Rogue::start().await;
    rogue.refused(b"\xff".to_vec(), "garbage").await;

    rogue.broker.put("rogue", rogue.announced(1, &good("/v1/reforms/{rogue_id}"))).await;

    rogue.serves("/v1/reforms/7").await;
    assert_eq!(rogue.status("/v1/rogues/7").await, 404);
}
