//! When an HTTP/2 connection has nothing to do.
//!
//! hyper bounds how long a header may take, and how long a connection may be idle, for HTTP/1.1
//! alone. Here requests are counted, so that a connection without any can be closed: one that is
//! idle, one whose header never ends, one whose client takes no answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use hyper::service::Service;
use tokio::sync::watch;
use tokio::time::timeout;

/// A service that counts the requests that are under way.
pub(super) struct Counted<S> {
    service: S,
    under_way: watch::Sender<usize>,
}

/// Takes its request off the count, however that ends.
struct One(watch::Sender<usize>);

impl<S> Counted<S> {
    /// The service, and the count.
    pub(super) fn new(service: S) -> (Self, watch::Receiver<usize>) {
        let (under_way, count) = watch::channel(0);
        (Self { service, under_way }, count)
    }
}

impl<S, R> Service<R> for Counted<S>
where
    S: Service<R, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Infallible>> + Send>>;

    fn call(&self, request: R) -> Self::Future {
        self.under_way.send_modify(|count| *count += 1);
        let (one, answer) = (One(self.under_way.clone()), self.service.call(request));
        Box::pin(async move {
            let answer = answer.await;
            drop(one);
            answer
        })
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Comes back when no request was under way for so long.
pub(super) async fn idle(count: &mut watch::Receiver<usize>, bound: Duration) {
    while count.wait_for(|under_way| *under_way == 0).await.is_ok() {
        if timeout(bound, count.changed()).await.is_err() {
            return;
        }
    }
}
