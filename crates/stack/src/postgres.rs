//! PostgreSQL of the stack: a cluster of its own with a database and a role for each service.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::folder::Folder;
use crate::install::postgres_programs;
use crate::part::{Part, guarded, run};
use crate::plan::Plan;
use crate::probe::Probe;
use crate::signal::Signal;

/// Each with a role of the same name. `chassis` serves its tests.
pub(crate) const DATABASES: [&str; 3] = ["ad", "profile", "chassis"];

const MADE: &str = "made with these passwords";

/// PostgreSQL does not run as root; as root it runs as this user, which Debian's package makes.
const USER: &str = "postgres";

/// Makes the cluster where there is none, and says how to start it.
pub(crate) async fn part(plan: &Plan) -> Result<Part> {
    let programs = postgres_programs()?;
    let user = rustix::process::geteuid().is_root().then_some(USER);
    let place = place(plan, user).await?;
    let data = place.join("data");
    // A cluster that lies elsewhere may have outlived its stack's folder, and with it the password.
    if data.exists() && !plan.is_noted("cluster", MADE) {
        fs::remove_dir_all(&data).context("remove the cluster of a stack that is gone")?;
    }
    if !data.exists() {
        init(plan, &programs, &place, user).await?;
        plan.note("cluster", MADE.to_owned())?;
    }
    let port = plan.port("postgres");
    let mut cluster =
        Part::new("postgres", programs.join("postgres"), plan.folder().log("postgres"));
    cluster.url = Some(plan.settings().postgres("postgres"));
    cluster.user = user;
    cluster.stop = Signal::Int;
    cluster.orphan = Signal::Quit;
    cluster.args = vec!["-D".to_owned(), data.display().to_string()];
    for setting in [
        &format!("port={port}"),
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=400",
        "log_min_duration_statement=1s",
    ] {
        cluster.args.extend(["-c".to_owned(), setting.to_owned()]);
    }
    cluster.probe = Probe::Postgres { pg_isready: programs.join("pg_isready"), port };
    Ok(cluster)
}

/// Where the cluster lies: in the stack's folder, or where the user can reach it when that is
/// inside a folder like /root.
async fn place(plan: &Plan, user: Option<&str>) -> Result<PathBuf> {
    let here = plan.folder().join("postgres");
    let Some(user) = user else {
        fs::create_dir_all(&here)?;
        return Ok(here);
    };
    let mut reach = guarded(Path::new("test"), Some(user), Signal::Kill);
    let reached = reach.arg("-x").arg(plan.folder().path()).status().await?.success();
    let place = if reached { here } else { elsewhere(plan.folder()) };
    fs::create_dir_all(&place)?;
    own(&place, user).await?;
    fs::set_permissions(&place, fs::Permissions::from_mode(0o700))?;
    Ok(place)
}

/// Where the cluster of a folder lies that the user `postgres` cannot reach.
pub(crate) fn elsewhere(folder: &Folder) -> PathBuf {
    let name = folder.path().display().to_string().replace('/', "-");
    Path::new("/var/lib/postgresql").join(format!("seasonal{name}"))
}

async fn own(path: &Path, user: &str) -> Result<()> {
    let id = run(Command::new("id").args(["-u", user]), "id -u postgres")
        .await
        .context("the user postgres is missing: install the package postgresql")?;
    chown(path, Some(id.trim().parse()?), None).with_context(|| format!("own {}", path.display()))
}

async fn init(plan: &Plan, programs: &Path, place: &Path, user: Option<&str>) -> Result<()> {
    let fresh = place.join("fresh");
    let password = place.join("password");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::write(&password, plan.settings().secret("postgres"))?;
    if let Some(user) = user {
        own(&password, user).await?;
    }
    let mut initdb = guarded(&programs.join("initdb"), user, Signal::Kill);
    initdb.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"]);
    initdb.args(["--locale=C.UTF-8", "--no-sync"]);
    initdb.arg("-D").arg(&fresh).arg("--pwfile").arg(&password).current_dir("/");
    run(&mut initdb, "initdb").await?;
    fs::remove_file(&password)?;
    fs::rename(&fresh, place.join("data")).context("keep the new cluster")
}

/// Makes the databases and roles that are missing; gives each role the password of the settings.
pub(crate) async fn make_databases(plan: &Plan) -> Result<()> {
    let settings = plan.settings();
    let script = DATABASES.map(|name| {
        let password = settings.secret(name);
        format!(
            "select 'create role {name} login' where not exists (select from pg_roles where rolname = '{name}')\\gexec\n\
             alter role {name} password '{password}';\n\
             select 'create database {name} owner {name}' where not exists (select from pg_database where datname = '{name}')\\gexec\n"
        )
    });
    let mut psql = guarded(&postgres_programs()?.join("psql"), None, Signal::Kill);
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &settings.postgres("postgres")]);
    let mut child = psql
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("start psql")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(script.concat().as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "make the databases: {complaint}");
    Ok(())
}
