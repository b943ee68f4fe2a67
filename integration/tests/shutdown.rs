//! Processes end, crash and freeze under load: nobody who asks is told, and nothing that was
//! acknowledged is lost or done twice.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where it cannot go on"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use integration::{Answer, Company, Load, Offer, Own, Person, World, id};
use reqwest::Method;
use serde_json::{Value, json};
use stack::Signal;

/// How many ask at once.
const READERS: usize = 6;
const WRITERS: usize = 2;
/// How much must be answered before and after something breaks.
const READS: u64 = 1_000;
const WRITES: u64 = 50;

/// An employer who drafts offers without end, and everybody who reads one of them.
#[derive(Clone)]
struct Market {
    world: World,
    employer: Person,
    company: Company,
    offer: Offer,
    drafts: Drafts,
}

/// The keys that were sent, and the offers that were acknowledged for them.
type Drafts = Arc<Mutex<BTreeMap<String, Option<String>>>>;

/// The load of a market.
struct Day {
    market: Market,
    reads: Load,
    writes: Load,
}

async fn start() -> Own {
    World::own("shutdown").await
}

impl Market {
    async fn open(world: &World) -> Self {
        let employer = world.employer("Rosa").await;
        let company = employer.founds_verified("Rosa's vineyard").await;
        let offer = employer.publishes(&company, "Grape picker").await;
        Self { world: world.clone(), employer, company, offer, drafts: Drafts::default() }
    }

    /// Two reads of three come from PostgreSQL, one from memory.
    async fn reads(self, number: u64) -> Result<(), String> {
        let path =
            if number.is_multiple_of(3) { "/v1/jobs/grape-picker" } else { &self.offer.path };
        outcome(self.world.get(path).await).map(drop)
    }

    /// Reads at the first of these gateways that answers, as a load balancer does: a connection that
    /// the gateway closed at the moment when it was used again says nothing about the request.
    async fn reads_at(self, gateways: [String; 2]) -> Result<(), String> {
        for gateway in &gateways {
            let asked = self.world.stack().http().get(format!("{gateway}{}", self.offer.path));
            match asked.send().await {
                Ok(answer) if answer.status() == 200 => return Ok(()),
                Ok(answer) => return Err(answer.status().to_string()),
                Err(error) if error.is_connect() || error.is_request() => {}
                Err(error) => return Err(format!("{error:?}")),
            }
        }
        Err("no gateway answers".to_owned())
    }

    /// Drafts an offer under a key of its own, once.
    async fn writes(self, _: u64) -> Result<(), String> {
        let key = uuid::Uuid::new_v4().to_string();
        self.drafts.lock().unwrap().insert(key.clone(), None);
        self.draft(&key).await
    }

    async fn draft(&self, key: &str) -> Result<(), String> {
        let body = json!({"companyId": self.company.id, "jobId": "grape-picker"});
        let request = self.employer.request(Method::POST, "/v1/offers");
        let request = request.header("idempotency-key", key).json(&body);
        let offer = outcome(self.world.send(request).await)?;
        self.drafts.lock().unwrap().insert(key.to_owned(), Some(id(&offer)));
        Ok(())
    }

    fn day(&self) -> Day {
        let (reader, writer) = (self.clone(), self.clone());
        Day {
            market: self.clone(),
            reads: Load::start(READERS, move |number| reader.clone().reads(number)),
            writes: Load::start(WRITERS, move |number| writer.clone().writes(number)),
        }
    }

    /// Sends again, under the same keys, what was not acknowledged; then every key has made exactly
    /// one offer. Back with how many there are.
    async fn every_key_made_one_offer(&self) -> usize {
        let keys = self.drafts.lock().unwrap().clone();
        for (key, _) in keys.iter().filter(|(_, offer)| offer.is_none()) {
            self.draft(key).await.expect("a repeat is answered");
        }
        let acknowledged: Vec<_> =
            self.drafts.lock().unwrap().values().map(|offer| offer.clone().unwrap()).collect();
        let there = self.list().await;
        assert_eq!(there.len(), acknowledged.len(), "lost or done twice");
        assert_eq!(set(&there), set(&acknowledged), "other offers than were acknowledged");
        there.len()
    }

    /// The ids of all drafts of the company.
    async fn list(&self) -> Vec<String> {
        let (mut ids, mut token) = (Vec::new(), String::new());
        loop {
            let query = [
                ("companyId", self.company.id.as_str()),
                ("states", "OFFER_STATE_DRAFT"),
                ("pageSize", "100"),
                ("pageToken", &token),
            ];
            let request = self.employer.request(Method::GET, "/v1/offers").query(&query);
            let page = self.world.send(request).await.ok();
            ids.extend(page["offers"].as_array().unwrap().iter().map(id));
            page["nextPageToken"].as_str().unwrap().clone_into(&mut token);
            if token.is_empty() {
                return ids;
            }
        }
    }
}

impl Day {
    /// Waits until enough more has been answered.
    async fn goes_on(&self) {
        tokio::join!(self.reads.more(READS), self.writes.more(WRITES));
    }

    /// Ends it, prints what became of it, and gives the answers of the reads and writes that failed.
    async fn ends(self, what: &str) -> (f64, Vec<String>, Vec<String>) {
        let (reads, writes) = (self.reads.end().await, self.writes.end().await);
        let offers = self.market.every_key_made_one_offer().await;
        println!(
            "{what}:\n  reads: {reads}\n  keyed writes: {writes}; {offers} keys, 0 lost, 0 twice"
        );
        assert!(reads.asked() >= 2 * READS);
        let asked = u32::try_from(reads.asked()).unwrap();
        (f64::from(asked), reads.failed, writes.failed)
    }
}

fn outcome(answer: Answer) -> Result<Value, String> {
    if answer.status == 200 {
        Ok(answer.body)
    } else {
        Err(format!("{} {}", answer.status, answer.body))
    }
}

fn set(ids: &[String]) -> BTreeSet<&String> {
    ids.iter().collect()
}

fn none() -> Vec<String> {
    Vec::new()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_asked_to_stop_fails_no_request() {
    let world = start().await;
    let second = world.stack().add("ad", &[]).await.unwrap();
    let day = Market::open(&world).await.day();
    day.goes_on().await;

    world.stack().stop(&second, Signal::Term).await.unwrap();
    day.goes_on().await;

    let (_, reads, writes) = day.ends("one of two ad processes is asked to stop").await;
    assert_eq!((reads, writes), (none(), none()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_loses_nothing() {
    let world = start().await;
    let second = world.stack().add("ad", &[]).await.unwrap();
    let day = Market::open(&world).await.day();
    day.goes_on().await;

    world.stack().stop(&second, Signal::Kill).await.unwrap();
    day.goes_on().await;

    // Reads, and writes under a key, are asked again.
    let (_, reads, writes) = day.ends("one of two ad processes is killed").await;
    assert_eq!((reads, writes), (none(), none()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_frozen_process_of_three_fails_less_than_one_read_in_a_hundred() {
    let world = start().await;
    let (second, _third) =
        (world.stack().add("ad", &[]).await.unwrap(), world.stack().add("ad", &[]).await.unwrap());
    let day = Market::open(&world).await.day();
    day.goes_on().await;

    world.stack().freeze(&second).await.unwrap();
    day.goes_on().await;
    day.goes_on().await;
    world.stack().thaw(&second).await.unwrap();
    day.goes_on().await;

    let (asked, reads, writes) =
        day.ends("one of three ad processes is frozen, then goes on").await;
    let failed = f64::from(u32::try_from(reads.len()).unwrap());
    println!("  {:.2} % of the reads failed", 100.0 * failed / asked);
    assert!(failed < asked / 100.0, "{reads:?}");
    // What froze in the middle of a transaction holds its key until PostgreSQL ends it: a repeat
    // meanwhile is told that it is in flight, or that its outcome is not known.
    let told = |why: &String| why.starts_with("409 ") || why.starts_with("504 ");
    assert!(writes.iter().all(told), "{writes:?}");
    assert!(writes.len() <= WRITERS, "only what was under way can be held: {writes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_asked_to_stop_fails_nobody_behind_a_balancer() {
    let world = start().await;
    let second = world.stack().add("gateway", &[]).await.unwrap();
    let market = Market::open(&world).await;
    let url = world.stack().state().unwrap()[&second].url.clone().unwrap();
    let gateways = [url, world.stack().settings().gateway()];
    let load = Load::start(READERS, move |_| market.clone().reads_at(gateways.clone()));
    load.more(READS).await;

    world.stack().stop(&second, Signal::Term).await.unwrap();
    load.more(READS).await;

    let reads = load.end().await;
    println!("one of two gateways is asked to stop:\n  reads: {reads}");
    assert_eq!(reads.failed, none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_of_the_services_fails_no_request() {
    let world = start().await;
    for service in ["ad", "profile"] {
        world.stack().add(service, &[]).await.unwrap();
    }
    let day = Market::open(&world).await.day();
    day.goes_on().await;

    for process in ["ad", "ad-2", "profile", "profile-2"] {
        world.stack().stop(process, Signal::Term).await.unwrap();
        world.stack().start(process).await.unwrap();
        day.goes_on().await;
    }

    let (_, reads, writes) = day.ends("four processes of two services are restarted in turn").await;
    assert_eq!((reads, writes), (none(), none()));
}
