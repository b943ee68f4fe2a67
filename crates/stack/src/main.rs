//! The supervisor of the local stack, and what `./dev` asks about it.

use std::process::ExitCode;

fn main() -> ExitCode {
    stack::cli::main()
}
