//! All routes of all contracts, replaced as a whole.

use std::sync::Arc;

use bytes::Bytes;
use contract::transcode::{Binding, ShapeId};
use contract::{Access, Contract, Method, openapi};
use http::HeaderValue;

use super::path::Path;
use super::tree::{Found, Tree};
use crate::edge::Meter;
use crate::etag;

/// What the gateway serves at one moment.
#[derive(Debug, Default)]
pub(crate) struct Table {
    routes: Vec<Arc<Route>>,
    tree: Tree,
    /// The OpenAPI document of exactly these routes.
    pub(crate) openapi: Document,
}

/// Bytes that are served as they are.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) body: Bytes,
    pub(crate) etag: HeaderValue,
}

impl Default for Document {
    fn default() -> Self {
        Self { body: Bytes::new(), etag: HeaderValue::from_static("\"\"") }
    }
}

/// One HTTP route, with all that its requests need.
pub(crate) struct Route {
    contract: Arc<Contract>,
    number: usize,
    /// `seasonal.ad.v1.OfferService/GetOffer`.
    pub(crate) name: String,
    /// What follows `rpc.gateway.`.
    pub(crate) subject: String,
    pub(crate) access: Access,
    pub(crate) safety: bus::Safety,
    pub(crate) deadline: std::time::Duration,
    pub(crate) takes_body: bool,
    pub(crate) answer: ShapeId,
    pub(crate) revision: Option<u32>,
    /// Tells the answers of one contract from those of another: what is in the wire is not all that
    /// the JSON says.
    pub(crate) seed: u64,
    pub(crate) meter: Meter,
}

impl Table {
    /// The table of these contracts, which do not collide.
    pub(crate) fn new(contracts: &[Arc<Contract>], info: &openapi::Info) -> Self {
        let mut table = Self::default();
        for contract in contracts {
            let seed = etag::hash(&contract.pool().encode_to_vec(), 0);
            for (number, method) in contract.methods().iter().enumerate() {
                table.insert(contract, number, method, seed);
            }
        }
        let contracts: Vec<&Contract> = contracts.iter().map(AsRef::as_ref).collect();
        table.openapi = Document::of(&openapi::document(&contracts, info));
        table
    }

    /// Whether no contract was seen yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    pub(crate) fn find<'p>(&self, method: &http::Method, path: &'p Path<'_>) -> Found<'p> {
        self.tree.find(method, path)
    }

    pub(crate) fn route(&self, number: usize) -> Option<&Arc<Route>> {
        self.routes.get(number)
    }

    fn insert(&mut self, contract: &Arc<Contract>, number: usize, method: &Method, seed: u64) {
        let Some(http) = &method.route else { return };
        self.tree.insert(&http.template, http.verb, self.routes.len());
        let route = Route {
            contract: contract.clone(),
            number,
            name: method.full_name(),
            subject: method.subject.clone(),
            access: method.access.clone(),
            safety: safety(method.safety),
            deadline: method.deadline,
            takes_body: http.body != contract::Body::None,
            answer: method.answer,
            revision: method.revision,
            seed,
            meter: Meter::new(http.verb.as_str(), &http.template.to_string()),
        };
        self.routes.push(Arc::new(route));
    }
}

impl Route {
    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// How path, query and body make the request; every route has one.
    pub(crate) fn binding(&self) -> Option<&Binding> {
        self.contract.methods().get(self.number)?.binding.as_ref()
    }
}

impl Document {
    fn of(json: &serde_json::Value) -> Self {
        let body = Bytes::from(json.to_string());
        let etag = etag::strong(None, etag::hash(&body, 0));
        Self { body, etag }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route").field("name", &self.name).finish_non_exhaustive()
    }
}

fn safety(safety: contract::Safety) -> bus::Safety {
    match safety {
        contract::Safety::Safe => bus::Safety::Safe,
        contract::Safety::Idempotent => bus::Safety::Idempotent,
        contract::Safety::Unknown => bus::Safety::Unknown,
    }
}
