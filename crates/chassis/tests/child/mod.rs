//! The process `life` as a child process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{self, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running `life`, ended when it is dropped.
pub(crate) struct Child {
    process: process::Child,
    log: BufReader<ChildStdout>,
    address: String,
}

impl Child {
    /// Starts it with nothing in its environment but this.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let mut process = command(variables).env("LIFE_TELLS", "tests").spawn().unwrap();
        let log = BufReader::new(process.stdout.take().unwrap());
        let mut child = Self { process, log, address: String::new() };
        let line = child.waits_for("starting");
        child.address = line["health.address"].as_str().unwrap().to_owned();
        child
    }

    /// Reads the log up to the line with this message.
    pub(crate) fn waits_for(&mut self, message: &str) -> Value {
        loop {
            let mut line = String::new();
            let read = self.log.read_line(&mut line).unwrap();
            assert_ne!(read, 0, "the log ended without {message:?}");
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"] == message {
                return line;
            }
        }
    }

    /// The status and the body of a GET on the health port.
    pub(crate) fn asks(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: life\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end, and gives the exit code.
    pub(crate) fn ends(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }

    /// What it said on standard error.
    pub(crate) fn said(&mut self) -> String {
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The exit code and the standard error of one that does not start.
pub(crate) fn refused(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = command(variables).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chassis-life"));
    command.env_clear().env("HEALTH_ADDRESS", "127.0.0.1:0").envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
