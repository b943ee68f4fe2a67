//! Reads a configuration, and says everything that is wrong with it at once.

use std::env;
use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, Command};

use super::Config;

/// Why there is no configuration.
#[derive(Debug)]
pub enum Refused {
    /// `--help` or `--version` was asked: the text to show.
    Shown(String),
    /// What is wrong, a line each.
    Wrong(Vec<String>),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(text) => f.write_str(text),
            Self::Wrong(lines) => f.write_str(&lines.join("\n")),
        }
    }
}

/// Reads `C` from the arguments of the command line (the first is the program's name) and the
/// environment.
pub(crate) fn read<C: Config>(arguments: &[OsString]) -> Result<C, Refused> {
    C::try_parse_from(arguments).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Refused::Shown(error.to_string()),
        _ => Refused::Wrong(complaints(&C::command(), arguments, &error)),
    })
}

/// clap stops at the first value that it cannot read. So each argument that comes from the environment
/// is read once more, alone.
fn complaints(command: &Command, arguments: &[OsString], error: &clap::Error) -> Vec<String> {
    let lines = match arguments {
        [] | [_] => command.get_arguments().filter_map(complaint).collect(),
        _ => Vec::new(),
    };
    if lines.is_empty() { vec![plain(error)] } else { lines }
}

fn complaint(arg: &Arg) -> Option<String> {
    let variable = arg.get_env()?;
    let name = variable.to_string_lossy();
    let purpose = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let Some(value) = env::var_os(variable) else {
        return arg.is_required_set().then(|| format!("{name} is missing: {purpose}"));
    };
    let alone = Arg::new("value").value_parser(arg.get_value_parser().clone());
    let arguments = [OsString::from("alone"), OsString::from("--"), value];
    let error = Command::new("alone").arg(alone).try_get_matches_from(arguments).err()?;
    Some(format!("{name} cannot be used ({}): {purpose}", cause(&error)))
}

/// Why a value was refused, without the value, which may be a secret.
fn cause(error: &clap::Error) -> String {
    if let Some(values) = error.get(ContextKind::ValidValue) {
        return format!("it must be one of {values}");
    }
    std::error::Error::source(error)
        .map_or_else(|| "it has no allowed value".to_owned(), ToString::to_string)
}

fn plain(error: &clap::Error) -> String {
    error.to_string().trim_start_matches("error: ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use clap::Parser;

    use super::super::{Common, Database, LogFormat};
    use super::*;

    /// A process for tests. Its variables are those of nobody else.
    #[derive(Debug, Parser)]
    struct Process {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        database: Database,
        /// Where the letters go.
        #[arg(long, env = "CHASSIS_TEST_MAIL_URL")]
        mail_url: String,
        /// Where clients connect.
        #[arg(long, env = "PATH")]
        address: Option<SocketAddr>,
    }

    impl Config for Process {
        fn common(&self) -> &Common {
            &self.common
        }
    }

    fn arguments(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(Into::into).collect()
    }

    #[test]
    fn all_that_is_missing_or_wrong_is_named_at_once() {
        let refused = read::<Process>(&arguments("process")).unwrap_err().to_string();

        let lines: Vec<&str> = refused.lines().collect();
        assert!(lines.contains(&"CHASSIS_TEST_MAIL_URL is missing: Where the letters go"));
        assert!(
            lines.contains(
                &"PATH cannot be used (invalid socket address syntax): Where clients connect"
            ),
            "{refused}"
        );
    }

    #[test]
    fn what_is_not_given_has_its_default() {
        let line = "process --mail-url m --database-url d --address 127.0.0.1:1";

        let process = read::<Process>(&arguments(line)).unwrap();

        assert_eq!(process.common.log_format, LogFormat::Json);
        assert_eq!(process.common.stop_bound().as_secs(), 20);
        assert_eq!(process.common.otlp(), None);
    }

    #[test]
    fn a_secret_prints_as_stars() {
        let line =
            "process --mail-url m --address 127.0.0.1:1 --database-url postgres://u:pass@h/d";

        let process = read::<Process>(&arguments(line)).unwrap();

        let printed = format!("{process:?}");
        assert!(printed.contains("database_url: ***"), "{printed}");
        assert!(!printed.contains("pass"), "{printed}");
    }

    #[test]
    fn a_ratio_above_one_is_refused() {
        let line = "process --trace-sample-ratio 2";

        let refused = read::<Process>(&arguments(line)).unwrap_err().to_string();

        assert!(refused.contains("a number from 0 to 1 is needed"), "{refused}");
    }

    #[test]
    fn help_names_each_variable_and_its_purpose() {
        let Refused::Shown(help) = read::<Process>(&arguments("process --help")).unwrap_err()
        else {
            panic!("help is shown")
        };

        assert!(help.contains("DATABASE_URL"), "{help}");
        assert!(help.contains("Where the letters go"), "{help}");
    }

    #[test]
    fn the_seed_is_read_from_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "SUSEED\n").unwrap();
        let mut common = read::<Process>(&arguments(
            "process --mail-url m --database-url d --address 127.0.0.1:1",
        ))
        .unwrap()
        .common;
        common.nats_seed_file = Some(file.path().to_owned());

        let seed = common.seed().unwrap().unwrap();

        assert_eq!(seed.expose(), "SUSEED");
    }
}
