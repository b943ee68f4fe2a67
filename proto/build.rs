//! Generates the Rust of the contract.

use std::path::Path;
use std::process::ExitCode;

/// The services whose contracts lie here.
const SERVICES: [&str; 2] = ["ad", "profile"];

fn main() -> ExitCode {
    for folder in ["google", "seasonal", "build.rs"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    match codegen::build(Path::new("."), &SERVICES, Path::new(&out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
