//! The gateway's process.

use std::process::ExitCode;

/// Gives memory back, and is quick with many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    chassis::main("gateway", gateway::start)
}
