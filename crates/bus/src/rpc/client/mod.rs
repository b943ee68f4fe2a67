//! Asks, and asks once more where that is safe and useful.
//!
//! A read that is late is asked once more of the process that answered last; a write with an
//! idempotency key at half its time; anything that a stopping process did not begin, at once. The
//! first answer counts.

mod answer;
mod asking;
mod connect;
mod inbox;
mod peer;
mod request;

use std::{fmt, io, sync::Arc, time::Duration};

use async_nats::connection::State;
use bytes::Bytes;
use prost::Message;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use asking::Asking;
use inbox::Inbox;
use peer::Peers;

use crate::{
    context::Context,
    method::{Method, Safety},
    status::{Result, Status},
};

/// The longest that anything is waited for.
const WITHIN_MAX: Duration = Duration::from_mins(5);

/// How to reach the broker.
#[derive(Clone)]
pub struct Connect {
    /// `nats://host:port`, or several separated by commas.
    pub url: String,
    /// The process kind, which stands in every subject: `gateway`, `ad`.
    pub kind: String,
    /// The seed of the process kind's nkey.
    pub seed: Option<String>,
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A kind that cannot stand in a subject.
    #[error("{0:?} cannot stand in a subject: use letters, digits, - and _")]
    Kind(String),
    /// An address that cannot be read.
    #[error("cannot read the broker's address")]
    Url(#[source] io::Error),
    /// What async-nats says of the settings.
    #[error("cannot use the settings of the broker")]
    Nats(#[from] async_nats::ConnectError),
    /// What async-nats says of our inbox.
    #[error("cannot subscribe to the inbox")]
    Subscribe(#[from] async_nats::SubscribeError),
}

/// A handle to the broker, cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What the clones of a client share.
struct Inner {
    nats: async_nats::Client,
    kind: Box<str>,
    instance: Box<str>,
    inbox: Arc<Inbox>,
    peers: Peers,
    connections: watch::Receiver<u64>,
    _pump: AbortOnDropHandle<()>,
}

impl Inner {
    fn is_connected(&self) -> bool {
        self.nats.connection_state() == State::Connected
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, instance, .. } = &*self.inner;
        f.debug_struct("Client")
            .field("kind", kind)
            .field("instance", instance)
            .finish_non_exhaustive()
    }
}

/// A request in bytes.
#[derive(Debug)]
pub struct Ask<'a> {
    /// What follows `rpc.<asker>.`: `ad.v1.OfferService.GetOffer`.
    pub subject: &'a str,
    /// Whether it may be asked again.
    pub safety: Safety,
    /// Who asks, until when.
    pub context: &'a Context,
    /// The encoded request message.
    pub payload: Bytes,
}

/// An answer in bytes.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The encoded answer message.
    pub payload: Bytes,
    /// The process that gave it.
    pub instance: Option<String>,
}

impl Client {
    /// Connects, now or later: a broker that is away is tried for ever, and
    /// [`is_connected`](Self::is_connected) tells.
    ///
    /// # Errors
    /// Where the settings can never work.
    pub async fn connect(connect: Connect) -> Result<Self, ConnectError> {
        let instance = new_instance();
        let inbox = Arc::new(Inbox::new(&connect.kind, &instance));
        let kind = connect.kind.clone().into_boxed_str();
        let (nats, connections) = connect::connect(connect, &instance).await?;
        let answers = nats.subscribe(inbox.subject()).await?;
        let pump = tokio::spawn(Arc::clone(&inbox).pump(answers));
        let inner = Inner {
            nats,
            kind,
            instance,
            inbox,
            peers: Peers::default(),
            connections,
            _pump: AbortOnDropHandle::new(pump),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The id of this process on the bus.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.inner.instance
    }

    /// The process kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.inner.kind
    }

    /// Whether the broker is there.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }

    /// Waits for the broker, at most for so long; whether it is there.
    pub async fn connected(&self, within: Duration) -> bool {
        let mut connections = self.connections();
        let connected = connections.wait_for(|_| self.is_connected());
        tokio::time::timeout(within, connected).await.is_ok_and(|connected| connected.is_ok())
    }

    /// How many requests wait for an answer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inner.inbox.len()
    }

    /// How often the connection was made so far, and each time it is made again.
    #[must_use]
    pub fn connections(&self) -> watch::Receiver<u64> {
        self.inner.connections.clone()
    }

    /// Waits until the broker knows of all that was subscribed before: sends a message to
    /// ourselves. `service` is our own name as one that answers.
    pub(crate) async fn settle(&self, service: &str) {
        let (echo, subject) = self.expect_answer(service);
        if self.nats().publish(subject, Bytes::new()).await.is_ok() {
            echo.await;
        }
    }

    /// One answer of `who`, and the subject on which it is expected. Dropping it forgets it.
    pub(crate) fn expect_answer(
        &self,
        who: &str,
    ) -> (impl Future<Output = Option<async_nats::Message>> + use<>, String) {
        let (mut pending, subject) = self.inner.inbox.wait(&Arc::new(peer::Peer::new(who)));
        (std::future::poll_fn(move |cx| pending.poll_answer(cx)), subject)
    }

    /// The underlying client. Its own `request` leaks what is never answered: use
    /// [`ask`](Self::ask).
    #[must_use]
    pub fn nats(&self) -> &async_nats::Client {
        &self.inner.nats
    }

    /// Asks in bytes and waits for the answer until the context's deadline.
    ///
    /// # Errors
    /// What the service answers; UNAVAILABLE where nobody listens or all are busy;
    /// `DEADLINE_EXCEEDED` where no answer came in time.
    pub async fn ask(&self, ask: Ask<'_>) -> Result<Reply> {
        Asking::new(&self.inner, ask, WITHIN_MAX).run().await
    }

    /// Asks with messages: what the generated clients use. Waits for the method's deadline, or for
    /// what is left of the context's, where that is less.
    ///
    /// # Errors
    /// As [`ask`](Self::ask); INTERNAL where the answer cannot be read.
    pub async fn call<Req: Message, Res: Message + Default>(
        &self,
        method: &'static Method,
        context: &Context,
        request: &Req,
    ) -> Result<Res> {
        let payload = Bytes::from(request.encode_to_vec());
        let ask = Ask { subject: method.subject, safety: method.safety, context, payload };
        let reply = Asking::new(&self.inner, ask, method.deadline).run().await?;
        Res::decode(reply.payload).map_err(|_| Status::internal("the answer cannot be read"))
    }
}

/// Short and random: a new one each time a process starts.
fn new_instance() -> Box<str> {
    let mut id = uuid::Uuid::new_v4().simple().to_string();
    id.truncate(12);
    id.into()
}
