//! What the platform stands on goes away and comes back: refused at once, told when to try again,
//! and healed without anybody's help.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it cannot go on")]

use std::time::{Duration, Instant};

use integration::{Answer, Company, Offer, Own, Person, World, eventually};
use reqwest::Method;
use serde_json::json;
use stack::Signal;

/// Answered from memory by ad.
const JOB: &str = "/v1/jobs/grape-picker";
/// Our processes.
const OURS: [&str; 3] = ["gateway", "ad", "profile"];
/// What a refusal that asks nobody may take, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(1);

/// An employer with a company and a published offer.
struct Vineyard {
    employer: Person,
    company: Company,
    offer: Offer,
}

async fn start() -> Own {
    World::own("outage").await
}

impl Vineyard {
    async fn of(world: &World) -> Self {
        let employer = world.employer("Rosa").await;
        let company = employer.founds_verified("Rosa's vineyard").await;
        let offer = employer.publishes(&company, "Grape picker").await;
        Self { employer, company, offer }
    }

    async fn drafts(&self) -> Answer {
        let body = json!({"companyId": self.company.id, "jobId": "grape-picker"});
        self.employer.post("/v1/offers", &body).await
    }

    fn page(&self) -> String {
        format!("/v1/companies/{}", self.company.id)
    }
}

fn pids(world: &World) -> [u32; 3] {
    OURS.map(|name| world.stack().pid(name).unwrap())
}

/// Gets a path, and says how long it took.
async fn timed(world: &World, path: &str) -> (Answer, Duration) {
    let began = Instant::now();
    (world.get(path).await, began.elapsed())
}

/// That the answer is 503 and says when to try again; back with its reason.
#[track_caller]
fn is_unavailable(answer: Answer) -> String {
    let wait: u32 = answer.header("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    let reason = answer.text("reason").to_owned();
    let _problem = answer.problem(503, &reason);
    reason
}

/// Waits until a path is answered with 200 again; back with how long that took.
async fn answered(world: &World, path: &str) -> Duration {
    let began = Instant::now();
    eventually(&format!("{path} is answered again"), async || world.get(path).await.status == 200)
        .await;
    began.elapsed()
}

async fn until_health(world: &World, process: &str, ready: u16) {
    eventually(&format!("{process} says {ready}"), async || {
        world.health(process, "/readyz").await == ready
    })
    .await;
}

#[tokio::test]
async fn a_broker_that_is_away_is_told_at_once_and_healed_from() {
    let world = start().await;
    let (vineyard, before) = (Vineyard::of(&world).await, pids(&world));

    world.stack().stop("nats", Signal::Kill).await.unwrap();
    let (answer, took) = timed(&world, JOB).await;
    let reason = is_unavailable(answer);
    println!("broker away: 503 {reason} after {took:.1?}");
    assert!(took < AT_ONCE, "{took:?}");
    let _refused = is_unavailable(vineyard.drafts().await);
    for process in OURS {
        until_health(&world, process, 503).await;
        assert_eq!(world.health(process, "/livez").await, 200, "{process}");
    }

    world.stack().start("nats").await.unwrap();
    println!("broker back: answered after {:.1?}", answered(&world, JOB).await);
    let _offer = world.get(&vineyard.offer.path).await.ok();
    let _draft = vineyard.drafts().await.ok();
    for process in OURS {
        until_health(&world, process, 200).await;
    }
    assert_eq!(pids(&world), before, "nothing was started again");
}

#[tokio::test]
async fn a_broker_that_lost_its_disk_gets_the_contracts_back() {
    let world = start().await;
    let before = pids(&world);
    let kept = world.stack().folder().join("nats/store");

    world.stack().stop("nats", Signal::Kill).await.unwrap();
    std::fs::remove_dir_all(&kept).unwrap();
    world.stack().start("nats").await.unwrap();
    let began = Instant::now();
    let served = answered(&world, JOB).await;
    let ops = world.broker("ops").await;
    eventually("both contracts are there again", async || {
        let info = ops.jetstream("STREAM.INFO.KV_contracts", &json!(null)).await;
        info["state"]["num_subjects"] == 2
    })
    .await;

    println!("bucket lost: served after {served:.1?}, contracts after {:.1?}", began.elapsed());
    assert_eq!(pids(&world), before, "nothing was started again");
    let second = world.stack().add("gateway", &[]).await.unwrap();
    assert_eq!(world.health(&second, "/readyz").await, 200, "a new gateway learns them");
    world.stack().remove(&second).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_away_is_told_and_healed_from_within_ten_seconds() {
    let world = start().await;
    let (vineyard, before) = (Vineyard::of(&world).await, pids(&world));
    let _first = vineyard.drafts().await.ok();

    world.stack().stop("postgres", Signal::Quit).await.unwrap();
    let (answer, took) = timed(&world, &vineyard.offer.path).await;
    let reason = is_unavailable(answer);
    println!("PostgreSQL away: 503 {reason} after {took:.1?}");
    let _refused = is_unavailable(vineyard.drafts().await);
    let _memory = world.get(JOB).await.ok();
    until_health(&world, "ad", 503).await;
    assert_eq!(world.health("ad", "/livez").await, 200);

    world.stack().start("postgres").await.unwrap();
    let back = answered(&world, &vineyard.offer.path).await;
    println!("PostgreSQL back: answered after {back:.1?}");
    assert!(back <= Duration::from_secs(10), "{back:?}");
    let _page = answered(&world, &vineyard.page()).await;
    let drafts = format!("/v1/offers?companyId={}&states=OFFER_STATE_DRAFT", vineyard.company.id);
    let _second = vineyard.drafts().await.ok();
    let list = vineyard.employer.get(&drafts).await.ok();
    assert_eq!(list["offers"].as_array().unwrap().len(), 2, "what was acknowledged is there");
    assert_eq!(pids(&world), before, "nothing was started again");
}

#[tokio::test]
async fn a_database_that_is_killed_is_healed_from_too() {
    let world = start().await;
    let vineyard = Vineyard::of(&world).await;

    world.stack().stop("postgres", Signal::Kill).await.unwrap();
    world.stack().start("postgres").await.unwrap();

    let back = answered(&world, &vineyard.offer.path).await;
    println!("PostgreSQL killed: answered {back:.1?} after it was ready again");
    assert!(back <= Duration::from_secs(10), "{back:?}");
}

#[tokio::test]
async fn a_service_that_is_away_takes_only_its_own_routes_along() {
    let world = start().await;
    let vineyard = Vineyard::of(&world).await;

    world.stack().stop("ad", Signal::Term).await.unwrap();
    for path in [JOB, &vineyard.offer.path, "/v1/offers"] {
        let (answer, took) = timed(&world, path).await;
        println!("ad away: {path} is {} after {took:.1?}", answer.status);
        let _refused = is_unavailable(answer);
        assert!(took < AT_ONCE, "{took:?}");
    }
    let _page = world.get(&vineyard.page()).await.ok();
    let no_such_path = world.get("/v1/nothing").await;
    assert_eq!(no_such_path.status, 404, "a route of a service that is away is not gone");
    assert!(world.get("/openapi.json").await.ok()["paths"]["/v1/offers"].is_object());

    world.stack().start("ad").await.unwrap();
    println!("ad back: answered after {:.1?}", answered(&world, &vineyard.offer.path).await);
}

#[tokio::test]
async fn without_profile_members_who_are_known_go_on_and_others_wait() {
    let world = start().await;
    let (known, unknown) = (Vineyard::of(&world).await, Vineyard::of(&world).await);
    // What was asked once more than five seconds ago is asked again, and is good for a minute.
    let _asked = known.drafts().await.ok();
    world.stack().stop("ad", Signal::Term).await.unwrap();
    world.stack().start("ad").await.unwrap();
    let _kept = known.drafts().await.ok();

    world.stack().stop("profile", Signal::Term).await.unwrap();
    let drafts = format!("/v1/offers?companyId={}&states=OFFER_STATE_DRAFT", known.company.id);
    let list = known.employer.get(&drafts).await.ok();
    let written = known.drafts().await;
    let (refused, page) = (unknown.drafts().await, world.get(&unknown.page()).await);

    assert_eq!(list["offers"].as_array().unwrap().len(), 2);
    let _draft = written.ok();
    println!("profile away: a member who is not known gets 503 {}", is_unavailable(refused));
    let _refused = is_unavailable(page);
    let _public = world.get(&unknown.offer.path).await.ok();

    world.stack().start("profile").await.unwrap();
    eventually("the other member goes on", async || unknown.drafts().await.status == 200).await;
}

#[tokio::test]
async fn a_service_that_is_frozen_is_waited_for_until_the_deadline() {
    let world = start().await;
    let vineyard = Vineyard::of(&world).await;

    world.stack().freeze("ad").await.unwrap();
    let (answer, took) = timed(&world, &vineyard.offer.path).await;
    println!("ad frozen: {} after {took:.1?}", answer.status);
    let _late = answer.problem(504, "DEADLINE_EXCEEDED");
    assert!((4..8).contains(&took.as_secs()), "{took:?}");
    let _page = world.get(&vineyard.page()).await.ok();

    world.stack().thaw("ad").await.unwrap();
    println!("ad thawed: answered after {:.1?}", answered(&world, &vineyard.offer.path).await);
}

#[tokio::test]
async fn a_write_whose_answer_is_not_known_is_done_once_when_it_is_sent_again() {
    let world = start().await;
    let vineyard = Vineyard::of(&world).await;
    let key = uuid::Uuid::new_v4().to_string();
    let send = || {
        let body = json!({"companyId": vineyard.company.id, "jobId": "grape-picker"});
        let request = vineyard.employer.request(Method::POST, "/v1/offers");
        world.send(request.header("idempotency-key", &key).json(&body))
    };

    world.stack().freeze("ad").await.unwrap();
    let unknown = send().await;
    world.stack().thaw("ad").await.unwrap();
    eventually("it is sent again until it is acknowledged", async || send().await.status == 200)
        .await;

    let _late = unknown.problem(504, "DEADLINE_EXCEEDED");
    let drafts = format!("/v1/offers?companyId={}&states=OFFER_STATE_DRAFT", vineyard.company.id);
    let list = vineyard.employer.get(&drafts).await.ok();
    assert_eq!(list["offers"].as_array().unwrap().len(), 1);
}
