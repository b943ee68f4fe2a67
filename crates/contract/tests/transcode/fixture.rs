//! The test contract's shapes.
use contract::transcode::{ShapeId, Shapes, Violation, WireError};
use prost_reflect::DescriptorPool;
use std::sync::LazyLock;

pub(crate) static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let here = env!("CARGO_MANIFEST_DIR");
    let folders = [format!("{here}/tests/proto"), format!("{here}/../../proto")];
    let mut compiler = protox::Compiler::new(folders).unwrap();
    compiler.include_imports(true).open_file("transcode.proto").unwrap();
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap()
});

pub(crate) static SHAPES: LazyLock<Shapes> = LazyLock::new(|| Shapes::new(&POOL).unwrap());

pub(crate) fn shape(name: &str) -> ShapeId {
    SHAPES.id(&format!("transcode.test.{name}")).unwrap()
}

pub(crate) fn to_json(name: &str, wire: &[u8]) -> Result<String, WireError> {
    let mut out = Vec::new();
    contract::transcode::to_json(&SHAPES, shape(name), wire, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

pub(crate) fn to_wire(name: &str, json: &str) -> Result<Vec<u8>, Vec<Violation>> {
    let mut out = Vec::new();
    contract::transcode::to_wire(&SHAPES, shape(name), json.as_bytes(), &mut out)?;
    Ok(out)
}
