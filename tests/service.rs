//! mcast as a service: it notifies its manager. Here the test is the manager.
#![cfg(target_os = "linux")]

mod lab;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lab::{Host, Lab, Running};

/// A service manager.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // The folder of the build may exceed the 107 bytes of a socket's path.
        let path = std::env::temp_dir().join(format!("mcast-{}-{number}", process::id()));
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        // Ends only failed tests.
        socket.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Manager { socket, path }
    }

    /// Starts mcast as a service on a host.
    fn start(&self, host: &Host, variables: &[(&str, &str)], arguments: &str) -> Running {
        let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
        command.args(arguments.split_whitespace());
        command.env("NOTIFY_SOCKET", &self.path).envs(variables.iter().copied());
        Running::start(command)
    }

    fn message(&self) -> String {
        let mut bytes = [0; 4096];
        let len = self.socket.recv(&mut bytes).expect("a message");
        String::from_utf8(bytes[..len].to_vec()).expect("text")
    }

    fn message_with(&self, part: &str) -> String {
        std::iter::repeat_with(|| self.message()).find(|message| message.contains(part)).unwrap()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[test]
fn a_service_is_ready_when_its_group_is_joined() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let manager = Manager::new();
    let recv = manager.start(&b, &[], "recv 239.1.1.1:5000 --iface e0 -q");
    assert_eq!(manager.message(), "READY=1\nSTATUS=listening to 239.1.1.1:5000\n");
    assert!(b.is_member("e0", "239.1.1.1"));
    let send = a.mcast("send 239.1.1.1:5000 --iface e0 --interval 100ms -q");
    manager.message_with("READY=1\nSTATUS=receiving ");
    send.signal("TERM");
    send.finish();
    manager.message_with("READY=1\nSTATUS=no datagrams for ");
    recv.signal("TERM");
    manager.message_with("STOPPING=1\n");
    recv.finish();
}

#[test]
fn a_watchdog_gets_a_message_in_each_interval() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let manager = Manager::new();
    let watched = [("WATCHDOG_USEC", "30000000")];
    for (host, arguments) in [
        (&a, "send 239.1.1.1:5000 --iface e0 --interval 100ms -q"),
        (&b, "recv 239.1.1.1:5000 --iface e0 -q"),
        (&a, "ping 239.1.1.1:5000 --iface e0 -q"),
    ] {
        let service = manager.start(host, &watched, arguments);
        for _ in 0..3 {
            let message = manager.message();
            assert!(message.starts_with("READY=1\nWATCHDOG=1\nSTATUS="), "{message}");
        }
        service.signal("TERM");
        manager.message_with("STOPPING=1\n");
        service.finish();
    }
    // The watchdog of another process.
    let others = [("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "1")];
    let _recv = manager.start(&b, &others, "recv 239.1.1.1:5000 --iface e0 -q");
    assert!(manager.message().starts_with("READY=1\nSTATUS="));
}

#[test]
fn a_command_is_not_part_of_the_service() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let manager = Manager::new();
    let variables = [("WATCHDOG_USEC", "30000000"), ("OTHER", "inherited")];
    let recv = "recv 239.1.1.1:5000 --iface lo -q -- printenv NOTIFY_SOCKET WATCHDOG_USEC OTHER";
    let finished = manager.start(&host, &variables, recv).finish();
    assert_eq!(finished.err.lines().next(), Some("inherited"), "{finished}");
}

#[test]
fn a_service_that_cannot_start_tells_its_manager_why() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    let manager = Manager::new();
    manager.start(&host, &[], "recv 239.1.1.1:5000 --iface none0 -q").ends(2);
    let message = manager.message();
    assert!(message.starts_with("STOPPING=1\nSTATUS="), "{message}");
    assert!(message.contains("none0") && message.lines().count() == 2, "{message}");
}

#[test]
fn a_missing_manager_does_not_stop_a_run() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    for name in ["/nonesuch/socket", "@nonesuch", "vsock:2:1234", "relative"] {
        let mut command = host.command(env!("CARGO_BIN_EXE_mcast"));
        command.env("NOTIFY_SOCKET", name);
        command.args("send 239.1.1.1:5000 --iface lo --count 2 --interval 1ms -q".split(' '));
        Running::start(command).ends(0);
    }
}
