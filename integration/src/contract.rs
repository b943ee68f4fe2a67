//! Contracts that a test writes itself: compiled from `.proto`, put into the bucket.

use std::path::Path;

use async_nats::HeaderMap;
use prost::Message as _;
use protox::Compiler;
use protox::file::{
    ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};

use crate::broker::Broker;
use crate::wait::eventually;

/// What a service says about itself, as it lies in the bucket `contracts`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Announcement {
    /// The service: the key in the bucket.
    #[prost(string, tag = "1")]
    pub service: String,
    /// When its contract was built, in milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub built_ms: i64,
    /// The encoded `FileDescriptorSet`.
    #[prost(bytes = "vec", tag = "3")]
    pub descriptors: Vec<u8>,
}

impl Announcement {
    /// The contract of `service` that this `.proto` file says, with the real options.
    #[must_use]
    pub fn of(service: &str, built_ms: i64, proto: &str) -> Self {
        Self { service: service.to_owned(), built_ms, descriptors: compile(service, proto) }
    }
}

impl Broker {
    /// Puts a value under a key of the bucket, as whoever may write there.
    pub async fn put(&self, key: &str, value: Vec<u8>) {
        let subject = format!("$KV.contracts.{key}");
        let before = self.sequence(key).await;
        let reply = format!("_INBOX.{}.$JS.test.put", self.kind());
        self.publish(&subject, &reply, HeaderMap::new(), value).await;
        eventually(&format!("{subject} is written"), async || self.sequence(key).await > before)
            .await;
    }

    /// Announces a contract under its own key.
    pub async fn announce(&self, announcement: &Announcement) {
        self.put(&announcement.service, announcement.encode_to_vec()).await;
    }

    /// The contract that is announced under a key; `None` where that is none.
    pub async fn announced(&self, key: &str) -> Option<Announcement> {
        let found = self.ask(&stored(key), Vec::new()).await?;
        Announcement::decode(found.payload).ok()
    }

    /// The number of the last write under a key; 0 where there is none.
    async fn sequence(&self, key: &str) -> u64 {
        let found = self.ask(&stored(key), Vec::new()).await;
        let headers = found.and_then(|message| message.headers);
        let number = headers.and_then(|it| it.get("Nats-Sequence")?.as_str().parse().ok());
        number.unwrap_or_default()
    }
}

fn stored(key: &str) -> String {
    format!("$JS.API.DIRECT.GET.KV_contracts.$KV.contracts.{key}")
}

fn compile(service: &str, proto: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    let name = format!("seasonal/{service}/v1/{service}.proto");
    let mut files = ChainFileResolver::new();
    files.add(Text { name: name.clone(), text: proto.to_owned() });
    files.add(IncludeFileResolver::new(folder));
    files.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(files);
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file(&name).expect("a .proto file that compiles");
    compiler.encode_file_descriptor_set()
}

/// The one file that lies nowhere.
struct Text {
    name: String,
    text: String,
}

impl FileResolver for Text {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == self.name {
            File::from_source(name, &self.text)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}
