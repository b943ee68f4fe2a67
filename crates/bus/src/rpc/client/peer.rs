//! What is known of the services asked: who answered last, how fast, and how much may be asked
//! twice.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use metrics::Counter;
use tokio::time::Instant;

use crate::subject;

/// What one request adds to the budget of second asks, in thousandths of one: 5 %.
const EARNED: i64 = 50;
const SECOND_ASK: i64 = 1_000;
const BUDGET_MAX: i64 = 100 * SECOND_ASK;
/// How long requests go to processes known to answer, after one did not.
const STEERED_FOR: Duration = Duration::from_secs(2);
/// While steered, one request in so many still goes to the queue group, to see whether all is well.
const PROBE_EVERY: usize = 16;
const FORGOTTEN_AFTER: Duration = Duration::from_mins(1);
const INSTANCES_MAX: usize = 64;
/// Methods that are remembered; the contract has some hundreds.
const METHODS_MAX: usize = 4_096;
/// A read is not late before this.
const LATE_AFTER_MIN: Duration = Duration::from_millis(50);
const P99_START_US: u64 = 25_000;

/// All methods that were asked.
#[derive(Debug, Default)]
pub(super) struct Peers {
    methods: ArcSwap<HashMap<Box<str>, Arc<Asked>>>,
}

/// A method that was asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) peer: Arc<Peer>,
    p99_us: AtomicU64,
    pub(super) seconds: Counter,
    pub(super) late: Counter,
    pub(super) unavailable: Counter,
}

/// A service that was asked.
#[derive(Debug)]
pub(super) struct Peer {
    service: Box<str>,
    /// When this was made: what the other times count from.
    since: Instant,
    seen: Mutex<Vec<Seen>>,
    budget: AtomicI64,
    steered_until_ms: AtomicU64,
    /// When the process that was silent was asked: who has answered since is known to answer.
    silent_since_us: AtomicU64,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Seen {
    instance: Arc<str>,
    at: Instant,
}

impl Peers {
    /// What is known of the method `subject`.
    pub(super) fn method(&self, subject: &str) -> Arc<Asked> {
        if let Some(asked) = self.methods.load().get(subject) {
            return Arc::clone(asked);
        }
        self.add(subject)
    }

    fn add(&self, subject: &str) -> Arc<Asked> {
        let service = subject::service_of(subject);
        self.methods.rcu(|methods| {
            let mut methods = HashMap::clone(methods);
            if methods.len() < METHODS_MAX && !methods.contains_key(subject) {
                let mut peers = methods.values().map(|asked| &asked.peer);
                let peer = peers.find(|peer| peer.service() == service).cloned();
                let peer = peer.unwrap_or_else(|| Arc::new(Peer::new(service)));
                methods.insert(subject.into(), Arc::new(Asked::new(peer, subject)));
            }
            methods
        });
        let known = self.methods.load().get(subject).cloned();
        known.unwrap_or_else(|| Arc::new(Asked::new(Arc::new(Peer::new(service)), subject)))
    }
}

impl Asked {
    fn new(peer: Arc<Peer>, subject: &str) -> Self {
        let count = |name: &'static str| metrics::counter!(name, "method" => subject.to_owned());
        Self {
            peer,
            p99_us: AtomicU64::new(P99_START_US),
            seconds: count("bus_second_asks_total"),
            late: count("bus_deadline_exceeded_total"),
            unavailable: count("bus_unavailable_total"),
        }
    }

    /// After how long an answer is late: twice the time that 99 of 100 answers take.
    pub(super) fn late_after(&self, remaining: Duration) -> Duration {
        let twice = Duration::from_micros(self.p99_us.load(Ordering::Relaxed) * 2);
        twice.max(LATE_AFTER_MIN).min(remaining / 2)
    }

    /// Moves the estimate: 99 small steps down weigh as much as one up.
    pub(super) fn took(&self, time: Duration) {
        let estimate = self.p99_us.load(Ordering::Relaxed);
        let moved = if time.as_micros() > u128::from(estimate) {
            estimate + estimate / 20 + 1
        } else {
            estimate.saturating_sub(estimate / 2_000)
        };
        self.p99_us.store(moved.clamp(100, 60_000_000), Ordering::Relaxed);
    }
}

impl Peer {
    pub(super) fn new(service: &str) -> Self {
        Self {
            service: service.into(),
            since: Instant::now(),
            seen: Mutex::default(),
            budget: AtomicI64::new(BUDGET_MAX / 5),
            steered_until_ms: AtomicU64::new(0),
            silent_since_us: AtomicU64::new(0),
            turn: AtomicUsize::new(0),
        }
    }

    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// A request goes out: it earns its part of a second ask.
    pub(super) fn earn(&self) {
        if self.budget.load(Ordering::Relaxed) < BUDGET_MAX {
            self.budget.fetch_add(EARNED, Ordering::Relaxed);
        }
    }

    /// Takes a second ask from the budget, where there is one.
    pub(super) fn spend(&self) -> bool {
        self.budget
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |budget| {
                (budget >= SECOND_ASK).then(|| budget - SECOND_ASK)
            })
            .is_ok()
    }

    /// `instance` answered.
    pub(super) fn answered(&self, instance: &str, now: Instant) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.iter_mut().find(|known| &*known.instance == instance) {
            known.at = now;
            return;
        }
        seen.retain(|known| now.saturating_duration_since(known.at) < FORGOTTEN_AFTER);
        if seen.len() < INSTANCES_MAX && subject::is_token(instance) {
            seen.push(Seen { instance: instance.into(), at: now });
        }
    }

    /// `instance` is gone or going.
    pub(super) fn forget(&self, instance: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|known| &*known.instance != instance);
    }

    /// The instance that answered most recently, but for `except`.
    pub(super) fn freshest(&self, except: Option<&str>) -> Option<Arc<str>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter()
            .filter(|known| except != Some(&*known.instance))
            .max_by_key(|known| known.at)
            .map(|known| Arc::clone(&known.instance))
    }

    /// A process that was asked then did not answer, and another did: for a while requests go to
    /// those that have answered since.
    pub(super) fn steer(&self, asked: Instant) {
        let since = asked.saturating_duration_since(self.since);
        let since = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        self.silent_since_us.fetch_max(since, Ordering::Relaxed);
        let until = self.since.elapsed() + STEERED_FOR;
        let until = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        self.steered_until_ms.store(until, Ordering::Relaxed);
    }

    /// The instance to ask first; `None` for the queue group. `may_probe` says that the request
    /// can be asked again.
    pub(super) fn first(&self, may_probe: bool) -> Option<Arc<str>> {
        let until = self.steered_until_ms.load(Ordering::Relaxed);
        if until == 0 || self.since.elapsed().as_millis() > u128::from(until) {
            return None;
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if may_probe && turn.is_multiple_of(PROBE_EVERY) {
            return None;
        }
        let silent = Duration::from_micros(self.silent_since_us.load(Ordering::Relaxed));
        let answers = |known: &&Seen| known.at.saturating_duration_since(self.since) >= silent;
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let count = seen.iter().filter(answers).count();
        seen.iter()
            .filter(answers)
            .nth(turn % count.max(1))
            .map(|known| Arc::clone(&known.instance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_of_one_service_share_what_is_known_of_it() {
        let peers = Peers::default();

        let get = peers.method("ad.v1.OfferService.GetOffer");
        let list = peers.method("ad.v1.OfferService.ListOffers");
        let other = peers.method("profile.v1.WorkerService.GetWorker");

        assert!(Arc::ptr_eq(&get.peer, &list.peer));
        assert!(!Arc::ptr_eq(&get.peer, &other.peer));
        assert!(Arc::ptr_eq(&get, &peers.method("ad.v1.OfferService.GetOffer")));
    }

    #[test]
    fn second_asks_are_at_most_five_in_a_hundred() {
        let peer = Peer::new("ad");
        while peer.spend() {}

        let spent = (0..1_000)
            .filter(|_| {
                peer.earn();
                peer.spend()
            })
            .count();

        assert_eq!(spent, 50);
    }

    #[test]
    fn the_estimate_finds_what_ninety_nine_of_a_hundred_answers_take() {
        let asked = Peers::default().method("ad.v1.OfferService.GetOffer");

        for round in 0..100_000u64 {
            let slow = round % 100 == 0;
            asked.took(Duration::from_millis(if slow { 400 } else { round % 40 + 1 }));
        }

        let late_after = asked.late_after(Duration::from_secs(10));
        assert!((60..1_000).contains(&late_after.as_millis()), "{late_after:?}");
    }

    #[test]
    fn a_steered_request_goes_to_one_that_answers() {
        let peer = Peer::new("ad");
        let asked = Instant::now() + Duration::from_millis(5);
        peer.answered("frozen", asked - Duration::from_millis(1));
        peer.answered("one", asked + Duration::from_millis(1));
        peer.answered("two", asked + Duration::from_millis(2));

        assert_eq!(peer.first(true), None);
        peer.steer(asked);

        let firsts: Vec<_> = (0..32).map(|_| peer.first(true)).collect();
        assert_eq!(firsts.iter().filter(|first| first.is_none()).count(), 2);
        assert!(firsts.iter().flatten().all(|instance| &**instance != "frozen"));
        assert!(firsts.contains(&Some("one".into())) && firsts.contains(&Some("two".into())));
    }

    #[test]
    fn the_second_ask_goes_to_another_that_answered_most_recently() {
        let peer = Peer::new("ad");
        let now = Instant::now();
        peer.answered("old", now - Duration::from_secs(5));
        peer.answered("new", now);

        assert_eq!(peer.freshest(None).as_deref(), Some("new"));
        assert_eq!(peer.freshest(Some("new")).as_deref(), Some("old"));
        peer.forget("old");
        assert_eq!(peer.freshest(Some("new")), None);
    }
}
