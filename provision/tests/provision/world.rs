//! A broker with the users of our own contracts, and who connects to it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{
    Ask, BoxFuture, Bytes, Client, Context, Method, Reply, Result, Running, Safety, Serve, Server,
    acl,
};
use futures_util::StreamExt as _;
use tempfile::TempDir;

use crate::broker::Broker;

/// A method of profile that only the gateway may ask.
pub(crate) const VERIFY: &str = "profile.v1.CompanyService.VerifyCompany";
/// A method of profile that ad may ask.
pub(crate) const CHECK: &str = "profile.v1.MemberService.CheckMember";

/// A broker with the users of our own contracts.
pub(crate) struct World {
    pub(crate) broker: Broker,
    keys: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        let keys = TempDir::new().unwrap();
        let contracts = provision::contracts(&[]).unwrap();
        let services = contracts.iter().map(contract::Contract::service);
        provision::write_keys(keys.path(), acl::RESERVED.into_iter().chain(services)).unwrap();
        let users = provision::render(keys.path(), &contracts).unwrap();
        let world = Self { broker: Broker::with_config(&users).await, keys };
        provision::ensure(&world.client("provision").await, 1).await.unwrap();
        world
    }

    /// A process of this kind with its key.
    pub(crate) async fn client(&self, kind: &str) -> Client {
        self.client_as(kind, kind).await
    }

    /// One that calls itself `kind` with the key of `key`.
    pub(crate) async fn client_as(&self, kind: &str, key: &str) -> Client {
        let seed = provision::seed(&self.keys.path().join(format!("{key}.nk"))).unwrap();
        self.broker.client_with(kind, Some(seed)).await
    }
}

/// The profile service, which counts what reaches its handlers, and what its process is sent.
pub(crate) struct Profile {
    pub(crate) begun: Arc<AtomicUsize>,
    pub(crate) sent: Arc<AtomicUsize>,
    _running: Running,
}

impl Profile {
    pub(crate) async fn start(client: &Client) -> Self {
        let (begun, sent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let server = Server::new(client, "profile", "0.1.0").add(Counting(Arc::clone(&begun)));
        let mut all = client.nats().subscribe("rpc.*.profile.>").await.unwrap();
        let counted = Arc::clone(&sent);
        tokio::spawn(async move {
            while all.next().await.is_some() {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        let running = server.start().await.unwrap();
        Self { begun, sent, _running: running }
    }

    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }
}

struct Counting(Arc<AtomicUsize>);

static METHODS: [Method; 2] = [
    Method {
        name: "VerifyCompany",
        full_name: "seasonal.profile.v1.CompanyService/VerifyCompany",
        subject: VERIFY,
        safety: Safety::Unknown,
        deadline: Duration::from_secs(5),
        routed: true,
        askers: &[],
    },
    Method {
        name: "CheckMember",
        full_name: "seasonal.profile.v1.MemberService/CheckMember",
        subject: CHECK,
        safety: Safety::Safe,
        deadline: Duration::from_secs(5),
        routed: false,
        askers: &["ad"],
    },
];

impl Serve for Counting {
    fn methods(&self) -> &'static [Method] {
        &METHODS
    }

    fn call(&self, _: usize, _: Context, request: Bytes) -> BoxFuture<'static, Result<Bytes>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Ok(request)))
    }
}

/// Asks, and waits no longer than a second.
pub(crate) async fn ask(client: &Client, subject: &str) -> Result<Reply> {
    let context = Context::internal("test", Duration::from_secs(1));
    let payload = Bytes::from_static(b"asked");
    client.ask(Ask { subject, safety: Safety::Unknown, context: &context, payload }).await
}
