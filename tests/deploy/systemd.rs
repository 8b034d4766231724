//! The units of systemd.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::files::{assert_parses, has, output, path, read};
use super::shell;

/// The command of each unit.
pub const UNITS: [&str; 3] = ["check", "recv", "send"];

/// The version of systemd that the scores in the documentation are from.
const DOCUMENTED: &str = "systemd 252 ";

/// A unit file.
pub struct Unit(String);

impl Unit {
    /// The unit of a command.
    pub fn of(command: &str) -> Self {
        Unit(read(&format!("deploy/systemd/mcast-{command}@.service")))
    }

    /// The values of a setting, in their order.
    pub fn values(&self, setting: &str) -> Vec<&str> {
        let lines = self.0.lines().filter_map(|line| line.split_once('='));
        lines.filter(|(name, _)| *name == setting).map(|(_, value)| value).collect()
    }

    /// The system calls that the unit allows.
    pub fn system_calls(&self) -> BTreeSet<String> {
        let mut allowed = BTreeSet::new();
        for value in self.values("SystemCallFilter") {
            let (names, removes) = match value.strip_prefix('~') {
                Some(names) => (names, true),
                None => (value, false),
            };
            for call in names.split(' ').flat_map(expanded) {
                let _ = if removes { allowed.remove(&call) } else { allowed.insert(call) };
            }
        }
        allowed
    }
}

/// A system call, or all of a set.
fn expanded(name: &str) -> BTreeSet<String> {
    if !name.starts_with('@') {
        return BTreeSet::from([name.to_owned()]);
    }
    let list = output(Command::new("systemd-analyze").args(["syscall-filter", name]));
    let indented = list.lines().filter(|line| line.starts_with("    ")).map(str::trim);
    indented.filter(|line| !line.starts_with('#')).flat_map(expanded).collect()
}

/// The units in a folder of their own, with this build of mcast.
fn installed() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("units");
    fs::create_dir_all(&folder).unwrap();
    let install = |command: &str| {
        let text = Unit::of(command).0.replace("/usr/bin/mcast", env!("CARGO_BIN_EXE_mcast"));
        let file = folder.join(format!("mcast-{command}@.service"));
        fs::write(&file, text).unwrap();
        file
    };
    UNITS.map(install).to_vec()
}

/// The value of a variable in the example of an environment file.
fn example(variable: &str) -> String {
    let text = read("deploy/systemd/iptv.env");
    let mut values = text.lines().filter_map(|line| line.strip_prefix(&format!("{variable}=")));
    values.next().expect(variable).trim_matches('"').to_owned()
}

#[test]
fn systemd_accepts_the_units() {
    if !has("systemd-analyze", "systemd") {
        return;
    }
    // The manual may not be installed.
    output(Command::new("systemd-analyze").args(["verify", "--man=no"]).args(installed()));
}

#[test]
fn the_units_run_commands_that_mcast_accepts() {
    for command in UNITS {
        let unit = Unit::of(command);
        let line = unit.values("ExecStart").concat();
        let words = line.strip_prefix("/usr/bin/mcast ").expect("mcast").split(' ');
        let words = words.flat_map(|word| match word.strip_prefix('$') {
            Some(name) if name.starts_with('{') => vec![example(name.trim_matches(['{', '}']))],
            Some(name) => shell::words(&example(name)),
            None => vec![word.to_owned()],
        });
        let arguments: Vec<String> = words.collect();
        assert_parses(&arguments);
        assert_eq!(unit.values("Type"), ["notify"]);
        assert_eq!(arguments[0], command);
    }
}

#[test]
fn the_documentation_states_the_exposure_of_each_unit() {
    if !has("systemd-analyze", "systemd") {
        return;
    }
    let version = output(Command::new("systemd-analyze").arg("--version"));
    let documentation = read("docs/fleet.md");
    for command in UNITS {
        let name = format!("mcast-{command}@.service");
        let mut analyze = Command::new("systemd-analyze");
        analyze.args(["security", "--offline=yes", "--no-pager"]);
        let table = output(analyze.arg(path("deploy/systemd").join(&name)));
        let line = table.lines().find(|line| line.contains("exposure level")).expect("a score");
        let score = line.split(": ").nth(1).and_then(|rest| rest.split(' ').next()).expect(line);
        // Another version of systemd has other criteria.
        assert!(score.parse::<f64>().expect(line) < 3.0, "{line}");
        if version.starts_with(DOCUMENTED) {
            assert!(documentation.contains(&format!("| `{name}` | {score} |")), "{line}");
        }
    }
}
