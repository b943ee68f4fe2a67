//! The gateway as hyper calls it.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::Service;

use crate::ask::Asker;
use crate::gateway::Gateway;

/// Answers the requests of one connection.
pub(super) struct Requests<A> {
    pub(super) gateway: Arc<Gateway<A>>,
    pub(super) peer: IpAddr,
}

impl<A: Asker> Service<Request<Incoming>> for Requests<A> {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (gateway, peer) = (self.gateway.clone(), self.peer);
        Box::pin(async move { Ok(gateway.handle(peer, request).await.map(Full::new)) })
    }
}
