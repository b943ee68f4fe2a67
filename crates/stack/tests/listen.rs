//! Nothing of a stack can be reached from another machine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::HashSet;
use std::fs;

use stack::Stack;

/// The state LISTEN in `/proc/net/tcp`.
const LISTEN: &str = "0A";
/// 127.0.0.1 as it stands there, plain and mapped into version 6; and `::1`.
const OWN: [&str; 3] =
    ["0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"];

/// The sockets that a process holds, by inode.
fn sockets(pid: u32) -> HashSet<String> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let links = files.filter_map(|file| fs::read_link(file.path()).ok());
    links
        .filter_map(|link| {
            Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect()
}

#[test]
fn every_process_listens_on_this_machine_alone() {
    let stack = Stack::join().unwrap();
    let state = stack.state().unwrap();
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap());

    for (name, entry) in state {
        let Some(url) = entry.url else { continue };
        let held = sockets(entry.pid.unwrap());
        let mut listening = 0;
        for line in tables.iter().flat_map(|table| table.lines().skip(1)) {
            let fields: Vec<_> = line.split_whitespace().collect();
            if fields[3] == LISTEN && held.contains(fields[9]) {
                let (address, _) = fields[1].split_once(':').unwrap();
                assert!(OWN.contains(&address), "{name} listens on {address}");
                listening += 1;
            }
        }
        assert!(listening > 0, "{name} listens at {url}");
    }
}
