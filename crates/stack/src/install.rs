//! Finds what `./dev` installed, and makes Keycloak ready to start.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::process::Command;

use crate::folder::tools;
use crate::part::{guarded, run};
use crate::progress::Step;
use crate::signal::Signal;

/// The release that the realm was written for. Older than 26.7.2, anyone sets anyone's password.
pub(crate) const KEYCLOAK: &str = "26.7.3";

/// What `./dev` installed, or what `NATS_SERVER_BIN` names.
pub(crate) fn nats_server() -> PathBuf {
    std::env::var_os("NATS_SERVER_BIN").map_or_else(|| tools().join("nats-server"), PathBuf::from)
}

/// Refuses a nats-server that cannot keep what it acknowledged.
pub(crate) async fn check_nats_server(program: &Path) -> Result<()> {
    let said = run(Command::new(program).arg("--version"), "nats-server --version")
        .await
        .context("nats-server is missing: ./dev installs it")?;
    let version = said.trim().rsplit('v').next().unwrap_or_default();
    let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    ensure!(
        numbers >= vec![2, 15, 1],
        "nats-server {version} is too old: 2.15.1 is needed, older ones lose what they acknowledged"
    );
    Ok(())
}

/// The newest PostgreSQL of Debian, or the one on the path.
pub(crate) fn postgres_programs() -> Result<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    versions.sort();
    if let Some((_, programs)) = versions.pop() {
        return Ok(programs);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("initdb").exists())
        .context("PostgreSQL is missing: install the package postgresql")
}

/// Unpacks and builds Keycloak, once for all stacks; back with its home.
pub(crate) async fn keycloak() -> Result<PathBuf> {
    let home = tools().join(format!("keycloak-{KEYCLOAK}"));
    let mark = home.join(".built");
    let _one_at_a_time = lock(&tools().join("keycloak.lock")).await?;
    if mark.exists() {
        return Ok(home);
    }
    let archive = tools().join(format!("keycloak-quarkus-dist-{KEYCLOAK}.tar.gz"));
    if !archive.exists() {
        bail!("{} is missing: ./dev installs it", archive.display());
    }
    let step = Step::begin("keycloak");
    let mut unpack = guarded(Path::new("tar"), None, Signal::Kill);
    run(unpack.arg("-xzf").arg(&archive).arg("-C").arg(tools()), "unpack Keycloak").await?;
    let mut build = java(&home, &home);
    build.args(["build", "--db=dev-file", "--health-enabled=true", "--cache=local"]);
    run(&mut build, "build Keycloak").await?;
    File::create(mark)?;
    step.done("unpacked and built, once");
    Ok(home)
}

fn java(home: &Path, data: &Path) -> Command {
    let mut java = guarded(Path::new("java"), None, Signal::Kill);
    java.args(java_args(home, data));
    java
}

/// What `kc.sh` says to java, without the shell around it: a signal meant for Keycloak must reach
/// it. Compiling lightly and one collector thread save half of the start's time.
pub(crate) fn java_args(home: &Path, data: &Path) -> Vec<String> {
    let mut args: Vec<String> = [
        "-Xms64m",
        "-Xmx512m",
        "-XX:MetaspaceSize=96M",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Dfile.encoding=UTF-8",
        "-Djava.security.egd=file:/dev/urandom",
        "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
        "--add-opens=java.base/java.util=ALL-UNNAMED",
        "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
        "--add-opens=java.base/java.security=ALL-UNNAMED",
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--enable-native-access=ALL-UNNAMED",
        "-Duser.language=en",
        "-Duser.country=US",
        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
        "-Dpicocli.disable.closures=true",
    ]
    .map(str::to_owned)
    .into();
    args.push(format!("-Dkc.home.dir={}", data.display()));
    args.push(format!("-Djboss.server.config.dir={}", data.join("conf").display()));
    args.push("-cp".to_owned());
    args.push(home.join("lib/quarkus-run.jar").display().to_string());
    args.push("io.quarkus.bootstrap.runner.QuarkusEntryPoint".to_owned());
    args
}

async fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).context("./dev makes .dev/tools")?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
}
