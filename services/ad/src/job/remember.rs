//! Answers that never change are encoded once.

use std::future::ready;
use std::sync::Arc;

use bus::{BoxFuture, Bytes, Caller, Context, Method, Result, Serve};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use uuid::Uuid;

/// How many bytes of answers are kept.
const KEPT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How many answers that is, about.
const KEPT_ABOUT: usize = 4_096;

/// Serves a service whose answers depend on the request and the caller alone, and keeps the answers.
#[derive(Debug)]
pub struct Remembered<S> {
    service: S,
    kept: Arc<Cache<Asked, Bytes, Size>>,
}

/// Which method was asked, by whom, and what. The caller counts, for page tokens are bound to it.
type Asked = (usize, Option<Uuid>, Bytes);

#[derive(Debug, Clone, Copy)]
struct Size;

impl Weighter<Asked, Bytes> for Size {
    fn weight(&self, (_, _, request): &Asked, answer: &Bytes) -> u64 {
        // What the entry itself takes counts too, so that many small ones are bounded as well.
        (request.len() + answer.len() + 128) as u64
    }
}

impl<S: Serve> Remembered<S> {
    /// Serves `service`.
    pub fn new(service: S) -> Self {
        Self { service, kept: Arc::new(Cache::with_weighter(KEPT_ABOUT, KEPT_BYTES_MAX, Size)) }
    }
}

impl<S: Serve> Serve for Remembered<S> {
    fn methods(&self) -> &'static [Method] {
        self.service.methods()
    }

    fn call(
        &self,
        index: usize,
        context: Context,
        request: Bytes,
    ) -> BoxFuture<'static, Result<Bytes>> {
        let caller = match &context.caller {
            Caller::Anonymous => None,
            Caller::User(user) => Some(user.id),
            Caller::Service(_) => return self.service.call(index, context, request),
        };
        let asked = (index, caller, request.clone());
        if let Some(answer) = self.kept.get(&asked) {
            return Box::pin(ready(Ok(answer)));
        }
        let answer = self.service.call(index, context, request);
        let kept = Arc::clone(&self.kept);
        Box::pin(async move {
            let answer = answer.await?;
            kept.insert(asked, answer.clone());
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bus::{Code, Status};
    use chassis::fixture::user;

    use super::*;

    /// Answers with the request and counts; an empty request fails.
    struct Echo(Arc<AtomicUsize>);

    impl Serve for Echo {
        fn methods(&self) -> &'static [Method] {
            &[]
        }

        fn call(&self, _: usize, _: Context, request: Bytes) -> BoxFuture<'static, Result<Bytes>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let failure = || Status::of(Code::NotFound, "nothing asked");
            let answer = if request.is_empty() { Err(failure()) } else { Ok(request) };
            Box::pin(ready(answer))
        }
    }

    #[tokio::test]
    async fn the_same_caller_who_asks_the_same_gets_the_answer_that_is_kept() {
        let asked = Arc::new(AtomicUsize::new(0));
        let service = Remembered::new(Echo(Arc::clone(&asked)));
        let ask = async |index, number, request: &'static str| {
            service.call(index, user(number, &[]), Bytes::from_static(request.as_bytes())).await
        };

        for (index, number, request, calls) in [
            (0, 1, "a", 1),
            (0, 1, "a", 1),
            (1, 1, "a", 2),
            (0, 2, "a", 3),
            (0, 1, "b", 4),
            (0, 2, "a", 4),
        ] {
            assert_eq!(ask(index, number, request).await.unwrap(), request);
            assert_eq!(asked.load(Ordering::SeqCst), calls, "{index} {number} {request}");
        }
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let asked = Arc::new(AtomicUsize::new(0));
        let service = Remembered::new(Echo(Arc::clone(&asked)));

        for _ in 0..2 {
            assert!(service.call(0, user(1, &[]), Bytes::new()).await.is_err());
        }

        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
}
