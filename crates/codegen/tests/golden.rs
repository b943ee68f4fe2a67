//! What is generated from `sample/note.proto`, held against `sample/note.golden`.
//!
//! After a wanted change: `UPDATE_GOLDEN=1 cargo test -p codegen`, and read the difference.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

use std::fs;
use std::path::Path;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sample");
const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");

/// A root with the real options and `note.proto` (changed by `edit`) in its place.
fn root(edit: impl Fn(String) -> String) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for folder in ["google/api", "seasonal/options/v1"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
        for file in fs::read_dir(Path::new(PROTO).join(folder)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), root.path().join(folder).join(file.file_name())).unwrap();
        }
    }
    fs::create_dir_all(root.path().join("seasonal/sample/v1")).unwrap();
    let sample = fs::read_to_string(Path::new(SAMPLE).join("note.proto")).unwrap();
    fs::write(root.path().join("seasonal/sample/v1/note_service.proto"), edit(sample)).unwrap();
    root
}

fn generated(edit: impl Fn(String) -> String) -> String {
    let (root, out) = (root(edit), tempfile::tempdir().unwrap());
    codegen::build(root.path(), &["sample"], out.path()).unwrap();
    fs::read_to_string(out.path().join("seasonal.sample.v1.rs")).unwrap()
}

#[test]
fn the_sample_becomes_the_golden_code() {
    let code = generated(|it| it);

    let golden = Path::new(SAMPLE).join("note.golden");
    #[expect(clippy::disallowed_methods, reason = "a test has no config")]
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        fs::write(&golden, &code).unwrap();
    }
    assert_eq!(code, fs::read_to_string(golden).unwrap());
}

#[test]
fn an_rpc_costs_at_most_25_generated_lines() {
    let one_more = "  // Gets it again.
  rpc GetNoteAgain(GetNoteRequest) returns (Note) {
    option (seasonal.options.v1.access) = {services: [\"task\"]};
  }

  // Changes a note.";

    let before = generated(|it| it).lines().count();
    let after = generated(|it| it.replace("  // Changes a note.", one_more)).lines().count();

    assert!(after - before <= 25, "{} lines", after - before);
}

#[test]
fn a_broken_contract_stops_the_build_with_file_and_line() {
    let root = root(|it| it.replace("{signed_in: true}", "{signed_in: true roles: [\"nobody\"]}"));
    let out = tempfile::tempdir().unwrap();

    let error = codegen::build(root.path(), &["sample"], out.path()).unwrap_err().to_string();

    assert!(error.contains("seasonal/sample/v1/note_service.proto:"), "{error}");
    assert!(error.contains("nobody"), "{error}");
}
