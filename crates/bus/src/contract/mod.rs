//! The KV bucket `contracts`: each service keeps its descriptors there, the gateway watches it.
//!
//! Nobody here may create a stream or a consumer (whoever may, can make the broker publish
//! anywhere), so this reads with direct gets and writes with plain publishes that are
//! acknowledged. The bucket itself is made by `provision`.

mod announce;
mod store;
mod watch;

use bytes::Bytes;
use prost::Message as _;

pub use announce::{Announced, announce};
pub use watch::watch;

/// The bucket.
pub const BUCKET: &str = "contracts";
/// The stream that holds it.
pub const STREAM: &str = "KV_contracts";

/// What a service says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Its name, which is the key: `ad`.
    pub service: String,
    /// When its contract was built, in milliseconds since 1970: a newer one is never overwritten.
    pub built_ms: i64,
    /// The encoded `FileDescriptorSet`.
    pub descriptors: Bytes,
}

/// What became of a service's contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The service: the key in the bucket.
    pub service: String,
    /// What it announces now; `None` where somebody deleted it.
    pub announcement: Result<Option<Announcement>, Garbage>,
}

/// Why a value of the bucket is no announcement of its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Garbage {
    /// The bytes cannot be read.
    #[error("the value cannot be read")]
    Unreadable,
    /// The value names another service than its key.
    #[error("the value is one of {0:?}, not of its key")]
    Foreign(String),
}

/// The value in the bucket.
#[derive(prost::Message)]
struct Wire {
    #[prost(string, tag = "1")]
    service: String,
    #[prost(int64, tag = "2")]
    built_ms: i64,
    #[prost(bytes = "bytes", tag = "3")]
    descriptors: Bytes,
}

impl Announcement {
    /// The value in the bucket.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let Self { service, built_ms, descriptors } = self.clone();
        Wire { service, built_ms, descriptors }.encode_to_vec().into()
    }

    /// Reads the value of the key `service`.
    ///
    /// # Errors
    /// Where it cannot be read, or is another's.
    pub fn decode(service: &str, value: Bytes) -> Result<Self, Garbage> {
        let wire = Wire::decode(value).map_err(|_| Garbage::Unreadable)?;
        if wire.service != service {
            return Err(Garbage::Foreign(wire.service));
        }
        let Wire { service, built_ms, descriptors } = wire;
        Ok(Self { service, built_ms, descriptors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement() -> Announcement {
        Announcement {
            service: "ad".to_owned(),
            built_ms: 1_790_000_000_000,
            descriptors: Bytes::from_static(b"descriptors"),
        }
    }

    #[test]
    fn an_announcement_is_read_as_it_was_written() {
        assert_eq!(Announcement::decode("ad", announcement().encode()), Ok(announcement()));
    }

    #[test]
    fn an_announcement_under_anothers_key_is_garbage() {
        let read = Announcement::decode("profile", announcement().encode());

        assert_eq!(read, Err(Garbage::Foreign("ad".to_owned())));
    }

    #[test]
    fn bytes_of_something_else_are_garbage() {
        let read = Announcement::decode("ad", Bytes::from_static(b"\xff\xff\xff"));

        assert_eq!(read, Err(Garbage::Unreadable));
    }
}
