//! The gateway as hyper calls it.

use std::convert::Infallible;
use std::future::ready;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderValue};
use http::{Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::Service;
use tokio_util::sync::CancellationToken;

use super::connection::HEADER_BYTES_MAX;
use crate::ask::Asker;
use crate::gateway::Gateway;

/// The most bytes of a path with its query.
const PATH_BYTES_MAX: usize = 16 * 1_024;

/// Answers the requests of one connection. Once the gateway stops, each answer says that it is the last
/// one, where the protocol has words for it.
pub(super) struct Requests<A> {
    pub(super) gateway: Arc<Gateway<A>>,
    pub(super) peer: IpAddr,
    pub(super) stopping: CancellationToken,
}

impl<A: Asker> Service<Request<Incoming>> for Requests<A> {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if let Some(status) = refusal(&request) {
            let answer = self.gateway.refuse(status).map(Full::new);
            return Box::pin(ready(Ok(answer)));
        }
        let (gateway, peer, stopping) = (self.gateway.clone(), self.peer, self.stopping.clone());
        let can_say_so = request.version() < Version::HTTP_2;
        Box::pin(async move {
            let mut answer = gateway.handle(peer, request).await.map(Full::new);
            if can_say_so && stopping.is_cancelled() {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(answer)
        })
    }
}

/// What hyper lets through and we do not.
fn refusal<B>(request: &Request<B>) -> Option<StatusCode> {
    let (uri, headers) = (request.uri(), request.headers());
    let hosts = headers.get_all(HOST).iter().count();
    let is_hostless = match request.version() {
        Version::HTTP_11 => hosts == 0,
        Version::HTTP_2 => hosts == 0 && uri.authority().is_none(),
        _ => false,
    };
    if is_hostless || hosts > 1 {
        return Some(StatusCode::BAD_REQUEST);
    }
    if uri.path_and_query().is_some_and(|it| it.as_str().len() > PATH_BYTES_MAX) {
        return Some(StatusCode::URI_TOO_LONG);
    }
    // As HTTP/2 counts them; in HTTP/1.1 hyper does it.
    let length = || headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32);
    let is_long = request.version() == Version::HTTP_2
        && length().sum::<usize>() > usize::from(HEADER_BYTES_MAX);
    is_long.then_some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
}
