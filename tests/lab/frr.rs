//! A multicast router of two interfaces that runs PIM and IGMP: FRRouting (Debian's package frr).

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Host, Running, eventually};

/// Runs zebra and pimd with a folder for their configuration and sockets. Their user is root, whom
/// they want in the group of their terminals: the namespace has its own list of groups. Both end
/// with this process namespace.
const START: &str = "
printf 'root:x:0:\\nfrrvty:x:0:root\\n' > $0/group
mount --bind $0/group /etc/group
run() {
  daemon=$1; shift
  /usr/lib/frr/$daemon \"$@\" -u root -g root -A 127.0.0.1 -P 0 --vty_socket $0 -z $0/zserv.api \
    -i $0/$daemon.pid
}
run zebra -d -f /dev/null
run pimd -f $0/pimd.conf";

/// A host on which FRR runs. Needs the tool `vtysh`.
pub struct Frr<'a> {
    host: &'a Host,
    folder: PathBuf,
    _daemons: Running,
}

impl<'a> Frr<'a> {
    /// Starts FRR with a configuration of pimd.
    pub fn start(host: &'a Host, configuration: &str) -> Frr<'a> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // The paths of sockets are short.
        let folder =
            std::env::temp_dir().join(format!("mcast-frr-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("pimd.conf"), configuration).expect("a configuration");
        std::fs::write(folder.join("vtysh.conf"), "").expect("a configuration");
        let mut command = host.command("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", START]);
        command.arg(&folder);
        let frr = Frr { host, folder, _daemons: Running::start(command) };
        eventually("pimd runs", || frr.show("show ip pim interface").is_some());
        frr
    }

    /// The output of a command of FRR's shell; `None` if it is wrong, or FRR does not run.
    pub fn show(&self, command: &str) -> Option<String> {
        self.vtysh(&[command])
    }

    /// Changes the configuration.
    pub fn configure(&self, commands: &[&str]) {
        let commands = [&["configure terminal"], commands].concat();
        self.vtysh(&commands).unwrap_or_else(|| panic!("{commands:?}"));
    }

    fn vtysh(&self, commands: &[&str]) -> Option<String> {
        let mut vtysh: Command = self.host.command("vtysh");
        vtysh.arg("--vty_socket").arg(&self.folder).arg("--config_dir").arg(&self.folder);
        for command in commands {
            vtysh.args(["-c", command]);
        }
        let output = vtysh.output().expect("vtysh");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_known = !text.contains("% Unknown command") && !text.contains("% Ambiguous");
        (output.status.success() && is_known).then_some(text)
    }
}

impl Drop for Frr<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
