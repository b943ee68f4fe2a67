//! The words that the tests are written in: a gateway, a service that is not one, a client.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::contract::{Announcement, Change};
use bus::{Ask, Context, Reply, Result};
use bytes::Bytes;
use chassis::Clock;
use contract::Contract;
use futures_util::stream;
use gateway::fixture::{ISSUER, NOW, Signer, claims};
use gateway::{Asker, DocsSettings, Gateway, Keys, Rates, Rules, Settings};
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use protox::Compiler;
use protox::file::{
    ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};
use serde_json::{Value, json};

/// The contract of the service `toy`.
pub(crate) const TOY: &str = include_str!("toy.proto");
const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");

/// A gateway with its surroundings.
pub(crate) struct World {
    pub(crate) gateway: Arc<Gateway<Service>>,
    pub(crate) service: Service,
    pub(crate) signer: Signer,
    pub(crate) clock: Clock,
}

/// What the service was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) subject: String,
    pub(crate) context: Context,
    pub(crate) message: Value,
}

type Handle = Box<dyn Fn(&Asked) -> Result<Value> + Send + Sync>;

/// Stands where all services would: answers what the test says.
#[derive(Clone)]
pub(crate) struct Service(Arc<Inner>);

struct Inner {
    contract: Contract,
    handle: Mutex<Handle>,
    asked: Mutex<Vec<Asked>>,
}

impl World {
    /// A gateway that serves toys without limits.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// One with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let world = Self::empty(change);
        world.serve(vec![announced("toy", 1, TOY)]).await;
        world
    }

    /// One that has seen no contract.
    pub(crate) fn empty(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings();
        change(&mut settings);
        let signer = Signer::ec("k");
        let clock = Clock::fixed(jiff::Timestamp::from_second(NOW).unwrap());
        let service = Service::new();
        let keys = Arc::new(Keys::fixed(&signer.jwks()));
        let gateway = Gateway::new(settings, service.clone(), keys, clock.clone());
        Self { gateway: Arc::new(gateway), service, signer, clock }
    }

    /// These changes come in the bucket.
    pub(crate) async fn serve(&self, changes: Vec<Change>) {
        self.gateway.follow(stream::iter(changes)).await;
    }

    /// The token of a person of this kind: worker, employer, operator, admin.
    pub(crate) fn token(&self, role: &str) -> String {
        let mut claims = claims();
        claims["realm_access"] = json!({ "roles": [role] });
        claims["account_kind"] = json!([role]);
        self.signer.sign(&self.signer.header(), &claims)
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        self.send_from(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), request).await
    }

    pub(crate) async fn send_from(&self, peer: IpAddr, request: Request<Full<Bytes>>) -> Answer {
        Answer(self.gateway.handle(peer, request).await)
    }

    /// Reads as nobody.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Call::get(path).build()).await
    }
}

/// An answer, as a test looks at it.
#[derive(Debug)]
pub(crate) struct Answer(Response<Bytes>);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn body(&self) -> &Bytes {
        self.0.body()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.0.body()).unwrap()
    }

    /// Its status and reason, when it is a whole problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let body = self.json();
        assert_eq!(body["status"], self.status());
        assert_eq!(body["requestId"].as_str(), self.header("x-request-id"));
        assert_eq!(body["type"], "about:blank");
        for text in ["title", "detail"] {
            assert!(body[text].as_str().is_some_and(|it| !it.is_empty()), "{body}");
        }
        (self.status(), body["reason"].as_str().unwrap().to_owned())
    }
}

/// A request in the making.
pub(crate) struct Call {
    request: http::request::Builder,
    body: Bytes,
}

impl Call {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { request: Request::builder().method(method).uri(path), body: Bytes::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub(crate) fn raw(mut self, kind: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", kind)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn build(self) -> Request<Full<Bytes>> {
        self.request.body(Full::new(self.body)).unwrap()
    }
}

impl Service {
    fn new() -> Self {
        let contract = Contract::read("toy", &compile(TOY)).unwrap_or_else(|all| panic!("{all:?}"));
        let toy = |_: &Asked| Ok(json!({"toyId": "7", "name": "Bear", "revision": "3"}));
        let handle: Handle = Box::new(toy);
        let (handle, asked) = (Mutex::new(handle), Mutex::default());
        Self(Arc::new(Inner { contract, handle, asked }))
    }

    /// From now on it answers so.
    pub(crate) fn answers(&self, handle: impl Fn(&Asked) -> Result<Value> + Send + Sync + 'static) {
        *self.0.handle.lock().unwrap() = Box::new(handle);
    }

    /// From now on it answers this.
    pub(crate) fn says(&self, answer: Value) {
        self.answers(move |_| Ok(answer.clone()));
    }

    /// What it was asked last.
    pub(crate) fn asked(&self) -> Asked {
        self.0.asked.lock().unwrap().last().cloned().expect("it was asked nothing")
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> usize {
        self.0.asked.lock().unwrap().len()
    }
}

impl Asker for Service {
    async fn ask(&self, ask: Ask<'_>) -> Result<Reply> {
        let name = ask.subject.rsplit('.').next().unwrap();
        let methods = self.0.contract.methods();
        let method = methods.iter().find(|method| method.name == name).unwrap();
        let message = DynamicMessage::decode(method.input.clone(), ask.payload.clone()).unwrap();
        let asked = Asked {
            subject: ask.subject.to_owned(),
            context: ask.context.clone(),
            message: serde_json::to_value(&message).unwrap(),
        };
        self.0.asked.lock().unwrap().push(asked.clone());
        let answer = (self.0.handle.lock().unwrap())(&asked)?;
        let answer = DynamicMessage::deserialize(method.output.clone(), answer).unwrap();
        Ok(Reply { payload: answer.encode_to_vec().into(), instance: None })
    }
}

/// A contract that comes in the bucket.
pub(crate) fn announced(service: &str, built_ms: i64, proto: &str) -> Change {
    let announcement =
        Announcement { service: service.to_owned(), built_ms, descriptors: compile(proto).into() };
    Change { service: service.to_owned(), announcement: Ok(Some(announcement)) }
}

/// The toys' contract under another name, with other paths.
pub(crate) fn renamed(service: &str, path: &str) -> String {
    TOY.replace("seasonal.toy.v1", &format!("seasonal.{service}.v1")).replace("/v1/toys", path)
}

fn compile(proto: &str) -> Vec<u8> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Text(proto.to_owned()));
    resolver.add(IncludeFileResolver::new(Path::new(PROTO).to_owned()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file("it.proto").unwrap_or_else(|error| panic!("{error:?}"));
    let descriptors = compiler.encode_file_descriptor_set();
    DescriptorPool::decode(descriptors.as_slice()).unwrap();
    descriptors
}

struct Text(String);

impl FileResolver for Text {
    fn open_file(&self, name: &str) -> std::result::Result<File, protox::Error> {
        if name == "it.proto" {
            File::from_source(name, &self.0)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}

fn settings() -> Settings {
    Settings {
        rules: Rules {
            issuer: ISSUER.to_owned(),
            audience: "seasonal-api".to_owned(),
            parties: vec!["seasonal-web".to_owned()],
            leeway_seconds: 10,
        },
        rates: Rates::default(),
        docs: DocsSettings {
            issuer: ISSUER.to_owned(),
            client_id: "seasonal-web".to_owned(),
            public_url: String::new(),
        },
        origins: Vec::new(),
        proxies: Vec::new(),
        traces: false,
        is_secure: false,
        body_bytes_max: 1_000,
        body_time: Duration::from_millis(300),
    }
}
