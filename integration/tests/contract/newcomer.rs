//! A service that nobody heard of before starts: it is served, guarded and documented, and the
//! gateway is not touched.

use std::time::{Duration, Instant};

use async_nats::HeaderMap;
use futures_util::StreamExt as _;
use integration::{Announcement, Broker, World, eventually};
use prost::Message;
use reqwest::Method;
use serde_json::json;

/// How long it may take until a new contract is served.
const BOUND: Duration = Duration::from_secs(2);

const ECHO: &str = r#"
syntax = "proto3";

package seasonal.echo.v1;

import "google/api/annotations.proto";
import "seasonal/options/v1/access.proto";
import "seasonal/options/v1/field.proto";

// Says what it hears.
service EchoService {
  // Says it to anyone.
  rpc GetEcho(Echo) returns (Echo) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/echoes/{text}"};
    option (seasonal.options.v1.access) = {public: true};
  }

  // Says it to those who are signed in.
  rpc RepeatEcho(Echo) returns (Echo) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/echoes/{text}:repeat"};
    option (seasonal.options.v1.access) = {signed_in: true};
  }

  // Shouts it, for admins.
  rpc ShoutEcho(Echo) returns (Echo) {
    option (google.api.http) = {post: "/v1/echoes:shout" body: "*"};
    option (seasonal.options.v1.access) = {roles: ["admin"]};
  }
}

// What is said.
message Echo {
  // The text.
  string text = 1 [(seasonal.options.v1.field) = {required: true max_length: 20}];
}
"#;

/// The same, with one method more.
fn later() -> String {
    let more = r#"
  // Whispers it to anyone.
  rpc WhisperEcho(Echo) returns (Echo) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/echoes/{text}:whisper"};
    option (seasonal.options.v1.access) = {public: true};
  }
}

// What is said."#;
    ECHO.replacen("}\n\n// What is said.", more, 1)
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Echo {
    #[prost(string, tag = "1")]
    text: String,
}

/// Answers every method: with what was said, and by whose leave.
async fn serve(echo: &Broker) {
    let client = echo.client().clone();
    let asked = "rpc.*.echo.>".to_owned();
    let mut requests = client.queue_subscribe(asked, "echo".to_owned()).await.unwrap();
    client.flush().await.unwrap();
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let Echo { text } = Echo::decode(request.payload).unwrap();
            let roles = request.headers.as_ref().and_then(|it| it.get("Seasonal-Caller-Roles"));
            let text = format!("{text} {}", roles.map_or("nobody", |roles| roles.as_str()));
            let answer = Echo { text }.encode_to_vec();
            let reply = request.reply.unwrap();
            let headers = HeaderMap::new();
            client.publish_with_headers(reply, headers, answer.into()).await.unwrap();
        }
    });
}

#[tokio::test]
async fn a_new_service_is_served_guarded_and_documented_within_two_seconds() {
    let world = World::own("contract").await;
    let (worker, admin) = (world.worker("Ivan").await, world.admin("Ada").await);
    let gateway = world.stack().pid("gateway").unwrap();
    let contract = Announcement::of("echo", 1, ECHO);
    let echo = world.admits(&contract).await;
    serve(&echo).await;
    assert_eq!(world.get("/v1/echoes/hello").await.status, 404);

    let began = Instant::now();
    echo.announce(&contract).await;
    eventually("it is served", async || world.get("/v1/echoes/hello").await.status == 200).await;
    let served = began.elapsed();

    println!("a new service: served {served:.1?} after its contract was written");
    assert!(served < BOUND, "{served:?}");
    assert_eq!(world.get("/v1/echoes/hello").await.ok(), json!({"text": "hello nobody"}));
    let _unknown = world.get("/v1/echoes/hello:repeat").await.problem(401, "UNAUTHENTICATED");
    assert_eq!(worker.get("/v1/echoes/hello:repeat").await.ok()["text"], "hello worker");
    let shout = json!({"text": "hello"});
    let by_nobody = world.request(Method::POST, "/v1/echoes:shout").json(&shout);
    assert_eq!(world.send(by_nobody).await.status, 401);
    assert_eq!(worker.post("/v1/echoes:shout", &shout).await.status, 403);
    assert_eq!(admin.post("/v1/echoes:shout", &shout).await.ok()["text"], "hello admin");
    let broken = admin.post("/v1/echoes:shout", &json!({"txt": 1})).await;
    assert_eq!(broken.problem(400, "INVALID_ARGUMENT")["violations"][0]["pointer"], "/txt");
    let document = world.get("/openapi.json").await.ok();
    let operation = &document["paths"]["/v1/echoes:shout"]["post"];
    assert_eq!(operation["operationId"], "EchoService_ShoutEcho");
    assert_eq!(document["paths"]["/v1/echoes/{text}"]["get"]["tags"][0], "Echo");

    a_new_method_follows(&world, &echo).await;
    assert_eq!(world.stack().pid("gateway").unwrap(), gateway, "the gateway was not touched");
    let _others = world.get("/v1/jobs/grape-picker").await.ok();
}

/// A newer contract of the same service takes the place of the older.
async fn a_new_method_follows(world: &World, echo: &Broker) {
    assert_eq!(world.get("/v1/echoes/hello:whisper").await.status, 404);

    let began = Instant::now();
    echo.announce(&Announcement::of("echo", 2, &later())).await;
    eventually("the new method is served", async || {
        world.get("/v1/echoes/hello:whisper").await.status == 200
    })
    .await;

    println!("a new method: served {:.1?} after its contract was written", began.elapsed());
    assert!(began.elapsed() < BOUND);
    assert_eq!(world.get("/v1/echoes/hello").await.status, 200);
}
