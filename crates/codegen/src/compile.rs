//! `.proto` files to descriptors, without protoc.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use contract::Contract;
use prost_types::FileDescriptorSet;
use protox::Compiler;

/// The encoded descriptors of one service and all it imports, custom options and comments included.
pub(crate) fn descriptors(root: &Path, service: &str) -> Result<Vec<u8>> {
    Ok(compiler(root, &[service])?.encode_file_descriptor_set())
}

/// The contract in `descriptors`, or every complaint about it, one a line.
pub(crate) fn read(service: &str, descriptors: &[u8]) -> Result<Contract> {
    Contract::read(service, descriptors).map_err(|complaints| {
        let lines: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        anyhow!("the contract of {service} is refused:\n{}", lines.join("\n"))
    })
}

/// The descriptors that become Rust messages: those of the platform, but not its options.
pub(crate) fn messages(root: &Path, services: &[&str]) -> Result<FileDescriptorSet> {
    let mut set = compiler(root, services)?.file_descriptor_set();
    // The well-known types stay in, since prost-build looks them up; it takes them from prost-types.
    set.file.retain(|file| {
        !file.package().starts_with("seasonal.options.") && file.package() != "google.api"
    });
    Ok(set)
}

fn compiler(root: &Path, services: &[&str]) -> Result<Compiler> {
    let mut compiler = Compiler::new([root])?;
    compiler.include_imports(true).include_source_info(true);
    for service in services {
        let files = protos(&root.join("seasonal").join(service))?;
        if files.is_empty() {
            bail!("no .proto file below seasonal/{service}");
        }
        compiler.open_files(files).map_err(|error| anyhow!("{error:?}"))?;
    }
    Ok(compiler)
}

/// All `.proto` files below `folder`, in the order of their names.
fn protos(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(protos(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
