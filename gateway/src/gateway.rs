//! The way of a request, from the first byte to the last.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bus::contract::Change;
use bus::{Ask, Caller};
use bytes::Bytes;
use chassis::Clock;
use chassis::telemetry::trace;
use futures_util::{FutureExt as _, Stream};
use http::header::ALLOW;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use ipnet::IpNet;
use tracing::{Instrument as _, Span};

use crate::ask::Asker;
use crate::auth::{self, Gate, Keys, Rules};
use crate::docs::{self, Docs};
use crate::edge::body::Bounds;
use crate::edge::{self, Edge, Exchange, Meter, Outcome};
use crate::limit::{Allowance, Limits, Rates};
use crate::problem::Problem;
use crate::route::{Found, Path, Registry, Route, Table};
use crate::{answer, request};

/// What the gateway is told, apart from where it listens.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whose tokens are taken.
    pub rules: Rules,
    /// What each may ask in a minute.
    pub rates: Rates,
    /// The page at `/docs`.
    pub docs: docs::Settings,
    /// The origins whose pages may ask.
    pub origins: Vec<String>,
    /// The proxies before us.
    pub proxies: Vec<IpNet>,
    /// Whether traces are kept somewhere; if not, no spans are made.
    pub traces: bool,
    /// Whether browsers reach us by https alone.
    pub is_secure: bool,
    /// The most bytes of a body.
    pub body_bytes_max: usize,
    /// How long a body may take.
    pub body_time: Duration,
}

/// Answers requests. It knows no domain: routes, access rules and messages come from the contracts.
#[derive(Debug)]
pub struct Gateway<A> {
    asker: A,
    table: Arc<ArcSwap<Table>>,
    gate: Gate,
    limits: Limits,
    edge: Edge,
    docs: Docs,
    bounds: Bounds,
    clock: Clock,
    info: contract::openapi::Info,
    unrouted: Meter,
    traces: bool,
}

/// The route that a request means, and the values of its path.
struct Meant<'p> {
    route: Arc<Route>,
    values: Vec<&'p str>,
}

/// What is found out about a request on its way, for headers, counts and the log.
struct Course {
    route: Option<Arc<Route>>,
    allowance: Option<Allowance>,
    /// None where no traces are kept.
    span: Span,
    /// What the services carry on.
    traceparent: Option<String>,
}

impl Default for Course {
    fn default() -> Self {
        Self { route: None, allowance: None, span: Span::none(), traceparent: None }
    }
}

impl<A: Asker> Gateway<A> {
    /// A gateway that serves nothing yet: [`Gateway::follow`] brings the contracts.
    #[must_use]
    pub fn new(settings: Settings, asker: A, keys: Arc<Keys>, clock: Clock) -> Self {
        let Settings { rules, rates, docs, origins, proxies, is_secure, .. } = settings;
        Self {
            asker,
            table: Arc::default(),
            gate: Gate::new(rules, keys, clock.clone()),
            limits: Limits::new(rates),
            edge: Edge::new(proxies, &origins, is_secure),
            docs: Docs::new(&docs),
            bounds: Bounds { bytes_max: settings.body_bytes_max, time: settings.body_time },
            clock,
            info: docs.info(),
            unrouted: Meter::new("", ""),
            traces: settings.traces,
        }
    }

    /// Serves the contracts as they come, for as long as they come.
    pub fn follow<S: Stream<Item = Change>>(
        &self,
        changes: S,
    ) -> impl Future<Output = ()> + use<A, S> {
        Registry::new(self.table.clone(), self.info.clone()).follow(changes)
    }

    /// Whether any contract was seen.
    #[must_use]
    pub fn has_routes(&self) -> bool {
        !self.table.load().is_empty()
    }

    /// Forgets callers who have not asked for a while.
    pub fn sweep(&self) {
        self.limits.sweep(self.clock.now().as_millisecond());
    }

    /// A refusal of something that was no request, or none in time.
    pub(crate) fn refuse(&self, status: StatusCode) -> Response<Bytes> {
        let reason = status.canonical_reason().unwrap_or("Error");
        let detail = format!("this is no request that can be answered: {reason}");
        let reason = reason.to_uppercase().replace(' ', "_");
        self.edge.refuse(Problem::new(status, reason, detail))
    }

    /// Answers a request of the address `peer`.
    pub async fn handle<B>(&self, peer: IpAddr, request: Request<B>) -> Response<Bytes>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (head, body) = request.into_parts();
        let exchange = self.edge.receive(peer, head);
        let mut course = Course::default();
        let way = AssertUnwindSafe(self.answer(&exchange, body, &mut course)).catch_unwind();
        let answer = way.await.unwrap_or_else(|_| Err(Problem::internal()));
        let answer = answer.unwrap_or_else(|problem| problem.into_response(&exchange.id));
        let meter = course.route.as_ref().map_or(&self.unrouted, |route| &route.meter);
        let outcome = Outcome { meter, allowance: course.allowance };
        self.edge.send(&exchange, outcome, answer).instrument(course.span).await
    }

    async fn answer<B>(
        &self,
        exchange: &Exchange,
        body: B,
        course: &mut Course,
    ) -> Result<Response<Bytes>, Problem>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let now_ms = self.clock.now().as_millisecond();
        course.allowance = self.limits.address(exchange.address, now_ms)?;
        let head = &exchange.head;
        if let Some(preflight) = self.edge.cors.preflight(head) {
            return Ok(preflight);
        }
        let path = head.uri.path();
        if path == docs::OPENAPI {
            return docs::openapi(&self.table.load().openapi, &head.method, &head.headers);
        }
        if let Some(page) = self.docs.page(&head.method, path, &head.headers) {
            return page;
        }
        let path = Path::split(path)?.ok_or_else(not_found)?;
        let meant = self.find(&head.method, &path)?;
        course.route = Some(meant.route.clone());
        course.traceparent = request::traceparent(&head.headers).map(str::to_owned);
        if self.traces {
            let (name, traceparent) = (&meant.route.name, course.traceparent.as_deref());
            let trace = trace::begin(name, &exchange.id, traceparent);
            (course.span, course.traceparent) = (trace.span, Some(trace.traceparent));
        }
        let span = course.span.clone();
        self.serve(exchange, meant, body, course).instrument(span).await
    }

    /// The route that is meant. `OPTIONS` is answered by its refusal, which names the methods.
    fn find<'p>(&self, method: &Method, path: &'p Path<'_>) -> Result<Meant<'p>, Problem> {
        let table = self.table.load();
        match table.find(method, path) {
            Found::Route(number, values) => {
                let route = table.route(number).ok_or_else(Problem::internal)?.clone();
                Ok(Meant { route, values })
            }
            Found::OtherMethod(methods) => Err(other_method(&methods)),
            Found::Nothing if table.is_empty() => Err(not_ready()),
            Found::Nothing => Err(not_found()),
        }
    }

    /// Who asks, if he may, and not too often.
    async fn admit(
        &self,
        exchange: &Exchange,
        route: &Route,
        course: &mut Course,
    ) -> Result<Caller, Problem> {
        let caller = self.gate.caller(&exchange.head.headers).await?;
        auth::admit(&route.access, &caller)?;
        let is_read = route.safety == bus::Safety::Safe;
        let now_ms = self.clock.now().as_millisecond();
        let allowance = self.limits.caller(&caller, exchange.address, is_read, now_ms)?;
        course.allowance = allowance.or(course.allowance);
        Ok(caller)
    }

    /// Admits the caller, reads the body, asks the service and writes its answer.
    async fn serve<B>(
        &self,
        exchange: &Exchange,
        Meant { route, values }: Meant<'_>,
        body: B,
        course: &mut Course,
    ) -> Result<Response<Bytes>, Problem>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let head = &exchange.head;
        let caller = self.admit(exchange, &route, course).await?;
        let body = if route.takes_body {
            edge::body::read(&head.headers, body, self.bounds).await?
        } else {
            edge::body::refuse(body, self.bounds).await?;
            Bytes::new()
        };
        let payload = request::message(&route, &values, head.uri.query(), &body)?;
        let mut context = request::context(&route, exchange, caller)?;
        context.traceparent = course.traceparent.take();
        let ask = Ask { subject: &route.subject, safety: route.safety, context: &context, payload };
        let reply = self.asker.ask(ask).await;
        let reply = reply.map_err(|status| Problem::of_status(&status, route.binding()))?;
        answer::render(&route, &head.method, &head.headers, &reply.payload)
    }
}

/// 404 for a path that no contract has.
pub(crate) fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "NO_SUCH_PATH", "there is no such path: see /docs")
}

/// 503 while no contract was seen.
pub(crate) fn not_ready() -> Problem {
    Problem::unavailable("NO_CONTRACT", "no service has announced its contract yet", 1)
}

/// 405 with the methods that there are.
pub(crate) fn other_method(methods: &[&'static str]) -> Problem {
    let mut allowed = methods.to_vec();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let allowed = allowed.join(", ");
    let detail = format!("this path takes {allowed}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail);
    match HeaderValue::try_from(allowed) {
        Ok(allowed) => problem.header(ALLOW, allowed),
        Err(_) => problem,
    }
}
