//! One request is one trace, through all processes that it passes, and the logs name it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where it cannot go on"
)]

use std::fs;
use std::sync::{Arc, Mutex};

use integration::{World, eventually, offer};
use prost::Message as _;
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// The span that the client is in.
const CLIENT: &str = "00f067aa0ba902b7";
const CREATE: &str = "seasonal.ad.v1.OfferService/CreateOffer";
const CHECK: &str = "seasonal.profile.v1.MemberService/CheckMember";

/// What OTLP sends, as far as it matters here.
mod otlp {
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Export {
        #[prost(message, repeated, tag = "1")]
        pub(super) processes: Vec<Process>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Process {
        #[prost(message, repeated, tag = "2")]
        pub(super) scopes: Vec<Scope>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Scope {
        #[prost(message, repeated, tag = "2")]
        pub(super) spans: Vec<Span>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Span {
        #[prost(bytes = "vec", tag = "1")]
        pub(super) trace: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub(super) parent: Vec<u8>,
        #[prost(string, tag = "5")]
        pub(super) name: String,
        #[prost(message, repeated, tag = "11")]
        pub(super) events: Vec<Event>,
    }

    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub(super) struct Event {
        #[prost(string, tag = "2")]
        pub(super) name: String,
    }
}

/// A collector that keeps the spans that it is sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<otlp::Span>>>);

impl Collector {
    /// Back with its address.
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = self.0.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let export = otlp::Export::decode(&*receive(stream).await).unwrap();
                let scopes = export.processes.into_iter().flat_map(|process| process.scopes);
                kept.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
            }
        });
        format!("http://{address}")
    }

    /// The spans of a trace, outermost first, when each is the parent of the next.
    fn way(&self, trace: &str) -> Vec<otlp::Span> {
        let spans = self.0.lock().unwrap();
        let mut of_trace = spans.iter().filter(|span| hex(&span.trace) == trace);
        let mut way = Vec::new();
        let mut parent = CLIENT.to_owned();
        while let Some(span) = of_trace.clone().find(|span| hex(&span.parent) == parent) {
            parent = hex(&span.id);
            way.push(span.clone());
        }
        assert!(of_trace.all(|span| span.events.iter().all(|event| !event.name.contains("sqlx"))));
        way
    }
}

/// Reads one request with a `Content-Length` and answers it; back with its body.
async fn receive(mut stream: TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer).await.unwrap();
    body
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The processes of this test, which send their spans to its collector. Others of their kinds, which
/// trace nothing, serve beside them.
struct Traced {
    world: World,
    collector: Collector,
    gateway: String,
    names: [String; 3],
}

impl Traced {
    async fn start() -> Self {
        let (world, collector) = (World::start().await, Collector::default());
        let endpoint = collector.start().await;
        let env = [
            ("OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
            // So that handlers say something.
            ("LOG", "info,sqlx=trace"),
        ];
        let add = async |kind| world.stack().add(kind, &env).await.unwrap();
        let names = [add("gateway").await, add("ad").await, add("profile").await];
        let state = world.stack().state().unwrap();
        let gateway = state[&names[0]].url.clone().unwrap();
        Self { world, collector, gateway, names }
    }

    /// Drafts an offer for a new company, so that ad has to ask who its members are. Back with the
    /// name of the trace, which is the name of the request too.
    async fn drafts(&self, sampled: bool) -> String {
        let employer = self.world.employer("Rosa").await;
        let company = employer.founds("Rosa's vineyard").await;
        let trace = Uuid::new_v4().simple().to_string();
        let flag = u8::from(sampled);
        let path = format!("{}/v1/offers", self.gateway);
        let request = self.world.stack().http().request(Method::POST, path);
        let request = request
            .bearer_auth(&employer.tokens.access_token)
            .header("traceparent", format!("00-{trace}-{CLIENT}-{flag:02x}"))
            .header("x-request-id", &trace)
            .json(&offer(&company, "Grape picker"));
        let _drafted = self.world.send(request).await.ok();
        trace
    }

    /// Whether each of the first so many processes has written lines for a request, all of which
    /// name its trace.
    fn is_logged(&self, request: &str, processes: usize) -> bool {
        self.names[..processes].iter().all(|name| {
            let lines = fs::read_to_string(self.world.stack().folder().log(name)).unwrap();
            let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut of_request = lines.filter(|line| line["request.id"] == request).peekable();
            of_request.peek().is_some() && of_request.all(|line| line["trace.id"] == request)
        })
    }

    async fn stop(self) {
        for name in &self.names {
            self.world.stack().remove(name).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_request_is_one_trace_through_all_processes_and_their_logs_name_it() {
    let traced = Traced::start().await;

    let drafted = Mutex::new(Vec::new());
    eventually("a request passes only the processes of this test", async || {
        let trace = traced.drafts(true).await;
        drafted.lock().unwrap().push(trace);
        let drafted = drafted.lock().unwrap();
        let mut whole = drafted.iter().filter(|trace| traced.collector.way(trace).len() == 3);
        whole.any(|trace| traced.is_logged(trace, 3))
    })
    .await;
    let mut ways =
        drafted.lock().unwrap().iter().map(|it| traced.collector.way(it)).collect::<Vec<_>>();
    ways.sort_by_key(Vec::len);
    let silent = Mutex::new(String::new());
    eventually("the same with one that is not sampled", async || {
        let trace = traced.drafts(false).await;
        silent.lock().unwrap().clone_from(&trace);
        traced.is_logged(&trace, 2)
    })
    .await;
    let collector = traced.collector.clone();
    // What is still on its way to the collector comes before the processes end.
    traced.stop().await;

    let names: Vec<&str> = ways.last().unwrap().iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, [CREATE, CREATE, CHECK], "gateway, ad, profile");
    assert_eq!(collector.way(&silent.into_inner().unwrap()), []);
}
