//! Little `.proto` texts for tests, compiled against the real options.

use protox::{
    Compiler,
    file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver},
};

use crate::{Complaint, Contract};

/// Where `google/api` and `seasonal/options` lie.
const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");

/// What stands before the texts below; their place is of no interest.
const HEAD: &str = r#"syntax = "proto3";
package seasonal.SERVICE.v1;
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "seasonal/options/v1/access.proto";
import "seasonal/options/v1/event.proto";
import "seasonal/options/v1/field.proto";
"#;

/// A message that is always there.
const THING: &str = "
message Thing {
    // Its id.
    string id = 1;
    // Its name.
    string name = 2;
}";

/// A file of the own package, where a test's other file is not.
const OWN: &str = "syntax = \"proto3\";\npackage seasonal.ad.v1;";

/// The files of a contract.
pub(crate) struct Protos {
    service: String,
    files: Vec<(String, String)>,
}

/// A contract of which a line is marked with `<--`: where the complaints must point.
pub(crate) struct Marked {
    protos: Protos,
    line: Option<usize>,
}

impl Protos {
    /// The contract of `ad` in these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Self { service: "ad".to_owned(), files: files.collect() }
    }

    /// The contract of a service with a `ThingService` of these RPCs.
    pub(crate) fn service_of(service: &str, rpcs: &str) -> Self {
        Self::service_and(service, rpcs, "")
    }

    /// The contract of a service with a `ThingService` of these RPCs, and messages.
    pub(crate) fn service_and(service: &str, rpcs: &str, messages: &str) -> Self {
        let head = HEAD.replace("SERVICE", service);
        let text = format!("{head}service ThingService {{\n{rpcs}\n}}\n{THING}\n{messages}");
        Self { service: service.to_owned(), files: vec![(format!("{service}.proto"), text)] }
    }

    /// Reads the contract.
    pub(crate) fn read(&self) -> Result<Contract, Vec<Complaint>> {
        Contract::read(&self.service, &self.compile())
    }

    /// What is said about it.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let complaints = self.read().err().unwrap_or_default();
        complaints.iter().map(ToString::to_string).collect()
    }

    /// The compiled files.
    pub(crate) fn compile(&self) -> Vec<u8> {
        compile(self.files.iter().map(|(name, _)| name.as_str()), Texts(self.files.clone()))
    }
}

/// The contract of one of the platform's own services.
pub(crate) fn platform(service: &str) -> Result<Contract, Vec<Complaint>> {
    let folder = format!("seasonal/{service}/v1");
    let files = std::fs::read_dir(format!("{PROTO}/{folder}")).unwrap();
    let mut names: Vec<_> =
        files.map(|file| format!("{folder}/{}", file.unwrap().file_name().display())).collect();
    names.sort();
    Contract::read(service, &compile(names.iter().map(String::as_str), Texts(Vec::new())))
}

/// Compiles files, which lie in texts or in the folder `proto`.
fn compile<'a>(names: impl Iterator<Item = &'a str>, texts: Texts) -> Vec<u8> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(texts);
    resolver.add(IncludeFileResolver::new(PROTO.into()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    for name in names {
        compiler.open_file(name).unwrap_or_else(|error| panic!("{error:?}"));
    }
    compiler.encode_file_descriptor_set()
}

/// The contract of `ad` in one file that matters.
pub(crate) fn ad(text: &str) -> Marked {
    let line = text.lines().position(|line| line.ends_with("<--"));
    let text = text.replace("<--", "");
    let protos = Protos::of(&[("ad.proto", &text), ("own.proto", OWN)]);
    Marked { protos, line: line.map(|line| line + 1) }
}

/// A contract with a message of these fields.
pub(crate) fn message(fields: &str) -> Marked {
    let head = HEAD.replace("SERVICE", "ad");
    ad(&format!("{head}{THING}\nmessage Test {{\n{fields}\n}}"))
}

/// A contract with a service of these RPCs.
pub(crate) fn service(rpcs: &str) -> Marked {
    service_with(rpcs, "")
}

/// A contract with a service of these RPCs, and messages.
pub(crate) fn service_with(rpcs: &str, messages: &str) -> Marked {
    let head = HEAD.replace("SERVICE", "ad");
    ad(&format!("{head}{THING}\nservice ThingService {{\n{rpcs}\n}}\n{messages}"))
}

impl Marked {
    /// It is refused at the marked line with exactly these messages, each given in part.
    pub(crate) fn refused(&self, messages: &[&str]) {
        let complaints = self.protos.complaints();
        let place = format!("ad.proto:{}: ", self.line.unwrap_or(0));
        let expected = complaints.len() == messages.len()
            && complaints.iter().zip(messages).all(|(complaint, message)| {
                complaint.starts_with(&place) && complaint.contains(message)
            });
        assert!(expected, "expected at {place}{messages:#?}\ngot {complaints:#?}");
    }

    /// It is accepted.
    pub(crate) fn accepted(&self) {
        assert_eq!(self.protos.complaints(), Vec::<String>::new());
    }
}

/// The texts of files.
struct Texts(Vec<(String, String)>);

impl FileResolver for Texts {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let found = self.0.iter().find(|(file, _)| file == name);
        let (_, text) = found.ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, text)
    }
}
