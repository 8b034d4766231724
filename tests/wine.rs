//! A build for Windows, under Wine. `MCAST_WINDOWS_PROGRAM` names it, and `WINEPREFIX` a prefix in
//! which no other program runs.
#![cfg(target_os = "linux")]

mod lab;

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lab::{Host, Lab, Running, eventually};

/// A host on which programs for Windows run.
struct Wine<'a> {
    host: &'a Host,
    program: String,
    _prefix: MutexGuard<'static, ()>,
}

/// A prefix has one server, and the server one host.
static PREFIX: Mutex<()> = Mutex::new(());

impl<'a> Wine<'a> {
    /// Wine keeps its view of the network in a server, which must start on this host.
    fn start(host: &'a Host, program: String) -> Self {
        let prefix = PREFIX.lock().unwrap_or_else(PoisonError::into_inner);
        let wine = Wine { host, program, _prefix: prefix };
        wine.end_server();
        wine
    }

    fn mcast(&self, arguments: &str) -> Running {
        let mut command = self.host.command("wine");
        command.arg(&self.program).args(arguments.split_whitespace()).env("WINEDEBUG", "-all");
        Running::start(command)
    }

    fn end_server(&self) {
        // It fails if there is no server.
        let _ = Command::new("wineserver").arg("-k").status();
        let _ = Command::new("wineserver").arg("-w").status();
    }
}

impl Drop for Wine<'_> {
    fn drop(&mut self) {
        self.end_server();
    }
}

/// Waits until the program has printed this number of lines with one of these texts.
fn prints(program: &Running, count: usize, texts: &[&str]) {
    let has_text = |line: &&str| texts.iter().any(|text| line.contains(text));
    eventually(&format!("{count} times {texts:?}"), || {
        program.so_far().lines().filter(has_text).count() >= count
    });
}

#[test]
fn a_recreated_interface_is_rejoined() {
    let Ok(program) = std::env::var("MCAST_WINDOWS_PROGRAM") else {
        return Lab::unsupported("needs MCAST_WINDOWS_PROGRAM, a mcast.exe for Wine");
    };
    let Some(lab) = Lab::with(&["wine", "wineserver"]) else { return };
    let (a, b) = lab.pair_with_ipv6();
    let wine = Wine::start(&b, program);
    let both = "239.1.1.1:5000 [ff15::1]:5000";
    let recv = wine.mcast(&format!("recv --iface e0 {both} --count 6 -o json")).ready();
    let mut rounds = 0;
    let mut exchange = || {
        rounds += 1;
        a.mcast(&format!("send --iface e0 {both} --count 1")).ends(0);
        prints(&recv, 2 * rounds, &["\"datagram\""]);
    };
    exchange();
    for count in 1..=2 {
        b.shell("ip link del e0");
        // Wine lists a deleted interface as down.
        prints(&recv, count, &["\"interface-down\"", "\"interface-gone\""]);
        lab.wire(&a, &b);
        a.address("e0", "10.0.0.100/24");
        b.address("e0", "10.0.0.101/24");
        prints(&recv, count, &["listening to 2 targets again"]);
        ["239.1.1.1", "ff15::1"].iter().for_each(|group| b.wait_for_join("e0", group));
        [&a, &b].iter().for_each(|host| host.wait_for_ipv6("e0"));
        exchange();
    }
    let summary = recv.ends(0).summary();
    assert_eq!((&summary["datagrams"], &summary["foreign"]), (&6.into(), &0.into()), "{summary}");
}

#[test]
fn ctrl_c_ends_a_run_with_its_summary() {
    let Ok(program) = std::env::var("MCAST_WINDOWS_PROGRAM") else {
        return Lab::unsupported("needs MCAST_WINDOWS_PROGRAM, a mcast.exe for Wine");
    };
    let Some(lab) = Lab::with(&["wine", "wineserver"]) else { return };
    let (a, b) = lab.pair();
    let wine = Wine::start(&b, program);
    let recv = wine.mcast("recv --iface e0 239.1.1.1:5000 -o json").ready();
    a.mcast("send --iface e0 239.1.1.1:5000 --count 3 --interval 1ms").ends(0);
    prints(&recv, 3, &["\"datagram\""]);
    // Wine makes it a Ctrl-C.
    recv.signal("INT");
    assert_eq!(recv.ends(0).summary()["datagrams"], 3);
}
