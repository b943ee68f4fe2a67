//! What the generated `call` bodies stand on.

use bytes::Bytes;
use futures_util::{FutureExt as _, future::BoxFuture};
use prost::Message;

use crate::{
    context::Context,
    status::{Code, Result, Status},
    validate::{Validate, Violations},
};

/// Decodes and validates `request`, handles it, and encodes the answer. A
/// [stored](Status::stored) answer becomes the answer.
pub fn unary<Req, Res, F, Fut>(
    context: Context,
    request: Bytes,
    handle: F,
) -> BoxFuture<'static, Result<Bytes>>
where
    Req: Message + Default + Validate + 'static,
    Res: Message,
    F: FnOnce(Context, Req) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Res>> + Send + 'static,
{
    let decoded = decode::<Req>(request);
    async move {
        match handle(context, decoded?).await {
            Ok(answer) => Ok(answer.encode_to_vec().into()),
            Err(status) => status.stored_answer().cloned().ok_or(status),
        }
    }
    .boxed()
}

fn decode<Req: Message + Default + Validate>(request: Bytes) -> Result<Req> {
    let request = Req::decode(request).map_err(|error| {
        Status::new(
            Code::InvalidArgument,
            "BAD_REQUEST",
            format!("the request cannot be read: {error}"),
        )
    })?;
    Violations::check(&request).map(|()| request)
}
