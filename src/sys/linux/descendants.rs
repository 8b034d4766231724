//! The processes that COMMAND has started, from /proc.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use nix::unistd::{getpgrp, getpid};

/// The fields of /proc/PID/stat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    id: i32,
    parent: i32,
    group: i32,
    /// The process has ended, but its parent has not collected its status.
    zombie: bool,
}

/// The running descendants of this process, except helper processes, which are in its own process
/// group.
pub fn descendants() -> io::Result<Vec<i32>> {
    let stats = fs::read_dir("/proc")?.flatten().filter_map(|entry| {
        let id: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read(entry.path().join("stat")).ok()?;
        parse(id, &stat)
    });
    Ok(below(getpid().as_raw(), getpgrp().as_raw(), &stats.collect::<Vec<_>>()))
}

/// Reads `pid (comm) state ppid pgrp ...`, proc_pid_stat(5). The name may hold any bytes.
fn parse(id: i32, stat: &[u8]) -> Option<Process> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(&stat[end + 1..]).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let zombie = matches!(fields.next()?, "Z" | "X");
    let mut number = || fields.next()?.parse().ok();
    Some(Process { id, parent: number()?, group: number()?, zombie })
}

fn below(own: i32, own_group: i32, processes: &[Process]) -> Vec<i32> {
    let mut seen = BTreeSet::from([own]);
    let (mut found, mut parents) = (Vec::new(), vec![own]);
    while let Some(parent) = parents.pop() {
        let is_child = |process: &&Process| {
            process.parent == parent && (parent != own || process.group != own_group)
        };
        for child in processes.iter().filter(is_child) {
            if seen.insert(child.id) {
                parents.push(child.id);
                found.extend((!child.zombie).then_some(child.id));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn process(id: i32, parent: i32, group: i32) -> Process {
        Process { id, parent, group, zombie: false }
    }

    #[test]
    fn a_process_name_may_look_like_the_rest_of_the_line() {
        assert_eq!(
            parse(7, b"7 (a) Z 1 (\xff)) S 3 5 5 0 -1"),
            Some(Process { id: 7, parent: 3, group: 5, zombie: false })
        );
        assert_eq!(parse(7, b"7 (a) Z 3 5").map(|process| process.zombie), Some(true));
        assert_eq!(parse(7, b""), None);
    }

    #[test]
    fn descendants_are_found_in_any_group_except_helpers() {
        let ended = Process { zombie: true, ..process(12, 10, 20) };
        let processes = [
            process(1, 0, 1),
            process(10, 1, 10),
            process(11, 10, 10), // what mcast runs for itself
            ended,
            process(13, 12, 13),
            process(14, 10, 14),
            process(15, 14, 14),
            process(16, 1, 16),
        ];
        let mut found = below(10, 10, &processes);
        found.sort_unstable();
        assert_eq!(found, [13, 14, 15]);
    }

    proptest! {
        #[test]
        fn arbitrary_lines_and_cycles_end(
            stat in proptest::collection::vec(any::<u8>(), 0..60),
            links in proptest::collection::vec((0..9_i32, 0..9_i32, 0..3_i32), 0..20),
        ) {
            let _ = parse(1, &stat);
            let processes: Vec<Process> =
                links.iter().map(|(id, parent, group)| process(*id, *parent, *group)).collect();
            below(1, 1, &processes);
        }
    }
}
