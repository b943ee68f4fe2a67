//! The step that gives the broker its users, streams and buckets.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    provision::run(provision::Command::parse()).await
}
