//! A laboratory: hosts in network namespaces, wires and a switch between them, and tools to capture
//! the frames.
//!
//! ```text
//! let Some(lab) = Lab::open() else { return };
//! let (a, b) = lab.pair();                                  // 10.0.0.100 and 10.0.0.101, on e0
//! let recv = b.mcast("recv --iface 10.0.0.101 --count 3").ready();
//! a.mcast("send --count 3 --interval 10ms").ends(0);
//! recv.ends(0);
//! ```
//!
//! The namespaces have no names and leave nothing behind: a process keeps each one, and ends with
//! its standard input, which closes when the test ends. Root creates the namespaces directly. Other
//! users, and root with `MCAST_LAB=user`, create them inside a user namespace.
//!
//! `Lab::open` and `Lab::with` skip the test if neither is permitted or a tool is missing. They
//! print the reason, count it for the closing line (`tests/zz_skipped.rs`) and return `None`. With
//! `CI=true` that is a failure.

#![allow(dead_code, unused_imports, reason = "each test crate uses a part")]

mod capture;
pub mod captures;
mod findings;
mod frr;
pub mod pcap;
mod process;
pub mod scenes;
pub mod schema;
mod skip;
mod switch;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

pub use capture::Capture;
pub use findings::{assert_no_ts_error, finding, ids, record};
pub use frr::Frr;
pub use process::{Finished, Running, eventually};
pub use switch::Switch;

/// The tools that every lab test needs, from Debian's packages iproute2 and util-linux.
const TOOLS: [&str; 3] = ["ip", "nsenter", "unshare"];

/// The package of Debian that has a tool.
fn package(tool: &str) -> &str {
    match tool {
        "bridge" | "ip" | "ss" | "tc" => "iproute2",
        "capinfos" => "wireshark-common",
        "cvlc" => "vlc-bin",
        "gst-launch-1.0" => "gstreamer1.0-tools",
        "ingests" => "multicat",
        "nft" => "nftables",
        "nsenter" | "prlimit" | "setpriv" | "unshare" => "util-linux",
        "promtool" => "prometheus",
        "ptp4l" => "linuxptp",
        "smcrouted" => "smcroute",
        "sysctl" => "procps",
        "vtysh" => "frr",
        "xmllint" => "libxml2-utils",
        other => other,
    }
}

/// The first part of a Python program that runs another program on a terminal. It defines `start`
/// and `pieces`.
pub const TERMINAL: &str = include_str!("terminal.py");

/// A Python program that answers requests for replies, an implementation apart from mcast's own.
pub const REPLYING: &str = concat!(include_str!("crc32c.py"), include_str!("replying.py"));

/// The search path for programs: an ordinary user's PATH lacks the directories of `ip` and `nft`.
fn path() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}

fn is_installed(tool: &str) -> bool {
    std::env::split_paths(&path()).any(|folder| folder.join(tool).is_file())
}

/// The parent of the namespaces of a test.
pub struct Lab {
    root: Namespace,
}

/// A network namespace, and the process that keeps it.
struct Namespace {
    keeper: Child,
    in_user_namespace: bool,
}

/// A host: a namespace with its own interfaces, addresses, routes, firewall and counters.
pub struct Host {
    namespace: Namespace,
}

impl Lab {
    /// Opens a laboratory, or prints the reason for a skip.
    pub fn open() -> Option<Lab> {
        Self::with(&[])
    }

    /// Opens a laboratory for a test that runs these tools, or skips the test if one is missing.
    pub fn with(tools: &[&str]) -> Option<Lab> {
        let missing = TOOLS.iter().chain(tools).copied().filter(|tool| !is_installed(tool));
        let named = |tool| match package(tool) {
            package if package == tool => tool.to_owned(),
            package => format!("{tool} (package {package})"),
        };
        let missing: Vec<String> = missing.map(named).collect();
        if !missing.is_empty() {
            Self::skipped(&format!("needs {}", missing.join(" and ")));
            return None;
        }
        let lab = Self::try_open()
            .inspect_err(|why| Self::skipped(&format!("needs network namespaces ({why})")))
            .ok()?;
        if tools.contains(&"nft") && !lab.has_tables() {
            Self::unsupported(
                "needs a kernel with nftables tables of the families inet and netdev",
            );
            return None;
        }
        Some(lab)
    }

    /// Whether the kernel has the families of tables that the tests use. User Mode Linux of Debian
    /// has the family bridge alone.
    fn has_tables(&self) -> bool {
        static HAS: OnceLock<bool> = OnceLock::new();
        *HAS.get_or_init(|| {
            let mut command = self.root.enter("nft");
            command.args(["--check", "add table inet probe; add table netdev probe"]);
            let output = command.output().expect("nft starts");
            let errors = String::from_utf8_lossy(&output.stderr);
            // Any other error is one of the tests.
            output.status.success() || !errors.contains("Operation not supported")
        })
    }

    /// Whether the kernel routes IPv6 multicast, or skips the test.
    pub fn routes_ipv6_multicast() -> bool {
        let known = Path::new("/proc/sys/net/ipv6/conf/all/mc_forwarding").exists();
        if !known {
            Self::unsupported("needs a kernel that routes IPv6 multicast");
        }
        known
    }

    /// Opens a laboratory for a test that runs programs of large packages. CI runs these tests in a
    /// job that sets `MCAST_MEDIA=1`. Only there is a missing program a failure.
    pub fn with_large(tools: &[&str]) -> Option<Lab> {
        let chosen = std::env::var("MCAST_MEDIA").as_deref() == Ok("1");
        match tools.iter().find(|tool| !is_installed(tool)) {
            Some(missing) if !chosen => {
                Self::unsupported(&format!("needs {}", package(missing)));
                None
            }
            _ => Self::with(tools),
        }
    }

    /// Prints that a test was skipped, and counts it; in CI that is a failure. `why` begins with
    /// `needs`.
    pub fn skipped(why: &str) {
        skip::skipped(why);
    }

    /// Skips a test that this kernel cannot run. That is not a failure in CI either.
    pub fn unsupported(why: &str) {
        skip::unsupported(why);
    }

    fn try_open() -> Result<Lab, String> {
        let as_user = std::env::var("MCAST_LAB").as_deref() == Ok("user");
        let direct = if as_user {
            Err("MCAST_LAB=user".to_owned())
        } else {
            Namespace::keep(Command::new("unshare"), false)
        };
        let root = direct.or_else(|first| {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user"]);
            Namespace::keep(command, true)
                .map_err(|second| format!("{first}; in a user namespace: {second}"))
        })?;
        Ok(Lab { root })
    }

    /// A host with nothing but `lo`, which is up.
    pub fn host(&self) -> Host {
        let namespace = if self.root.in_user_namespace {
            let mut command = self.root.enter_users_only();
            command.arg("unshare");
            Namespace::keep(command, true)
        } else {
            Namespace::keep(Command::new("unshare"), false)
        };
        let host = Host {
            namespace: namespace.expect("a second namespace, because the first was permitted"),
        };
        // No host here has a duplicate address: skip detection, to use addresses at once.
        host.shell("echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; ip link set lo up");
        host
    }

    /// Two hosts on one wire: 10.0.0.100 and 10.0.0.101, each on its `e0`.
    pub fn pair(&self) -> (Host, Host) {
        let (a, b) = (self.host(), self.host());
        self.wire(&a, &b);
        a.address("e0", "10.0.0.100/24");
        b.address("e0", "10.0.0.101/24");
        (a, b)
    }

    /// The same, when both have their IPv6 address too.
    pub fn pair_with_ipv6(&self) -> (Host, Host) {
        let (a, b) = self.pair();
        [&a, &b].iter().for_each(|host| host.wait_for_ipv6("e0"));
        (a, b)
    }

    /// The same with a second wire: 10.1.0.100 and 10.1.0.101, each on its `e1`.
    pub fn pair_with_two_wires(&self) -> (Host, Host) {
        let (a, b) = self.pair();
        self.wire(&a, &b);
        a.address("e1", "10.1.0.100/24");
        b.address("e1", "10.1.0.101/24");
        [&a, &b]
            .iter()
            .for_each(|host| ["e0", "e1"].iter().for_each(|iface| host.wait_for_ipv6(iface)));
        (a, b)
    }

    /// A wire between two hosts, on a new interface of each: `e0` first, then `e1`.
    pub fn wire(&self, a: &Host, b: &Host) {
        let (here, there) = (a.next_interface(), b.next_interface());
        self.link(a, &here, b, &there);
        a.shell(&format!("ip link set {here} up"));
        b.shell(&format!("ip link set {there} up"));
    }

    /// A veth pair, with an end in each host. Like a real wire it carries one datagram per frame. A
    /// veth's default is to carry a train of datagrams as one frame: a rule that drops one in ten
    /// would drop whole trains, and count each as one.
    fn link(&self, a: &Host, here: &str, b: &Host, there: &str) {
        let ends = [(a, here), (b, there)];
        let (a, b) = (a.namespace.keeper.id(), b.namespace.keeper.id());
        let mut command = self.root.enter("ip");
        command.args(["link", "add", here, "netns", &a.to_string(), "type", "veth"]);
        command.args(["peer", "name", there, "netns", &b.to_string()]);
        succeed(command);
        for (host, iface) in ends {
            host.shell(&format!("ip link set {iface} gso_max_segs 1"));
        }
    }
}

impl Running {
    /// Waits until the host is a member of a group, because mcast with -q does not report that it
    /// is ready.
    pub fn ready_when_member(self, host: &Host, iface: &str, group: &str) -> Running {
        host.wait_for_join(iface, group);
        self
    }
}

impl Host {
    /// Runs a shell script on the host and returns its output. The script must succeed.
    pub fn shell(&self, script: &str) -> String {
        let mut command = self.command("sh");
        command.args(["-ec", script]);
        succeed(command)
    }

    /// Sends trains of datagrams as one frame, which the other end of the wire splits.
    pub fn enable_trains(&self, iface: &str) {
        self.shell(&format!("ip link set {iface} gso_max_segs 65535"));
    }

    /// Gives an interface an address.
    pub fn address(&self, iface: &str, address: &str) {
        self.shell(&format!("ip addr add {address} dev {iface}"));
    }

    /// Loads firewall rules, as `nft -f` reads them.
    pub fn firewall(&self, rules: &str) {
        self.shell(&format!("nft -f - <<'RULES'\n{rules}\nRULES"));
    }

    /// A command that will run on the host.
    pub fn command(&self, program: &str) -> Command {
        self.namespace.enter(program)
    }

    /// Starts mcast on the host, with arguments separated by spaces.
    pub fn mcast(&self, arguments: &str) -> Running {
        self.mcast_with(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Starts mcast on the host, with arguments that may contain spaces.
    pub fn mcast_with(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(env!("CARGO_BIN_EXE_mcast"));
        command.args(arguments).env("TZ", "UTC");
        Running::start(command)
    }

    /// Starts mcast on the host without capabilities, as for an ordinary user.
    pub fn mcast_unprivileged(&self, arguments: &str) -> Running {
        let mut command = self.command("setpriv");
        command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
        command.arg(env!("CARGO_BIN_EXE_mcast")).args(arguments.split_whitespace());
        Running::start(command)
    }

    /// Starts to send frames on `e0` that no ordinary program sends: see `odd_frames.py`.
    pub fn send_frames(&self, kind: &str, group: &str, source: &str) -> Running {
        self.python(include_str!("odd_frames.py"), &[kind, group, source])
    }

    /// Starts a Python program on the host.
    pub fn python(&self, program: &str, arguments: &[&str]) -> Running {
        let mut command = self.command("python3");
        command.args(["-u", "-c", program]).args(arguments);
        Running::start(command)
    }

    /// Starts any other program on the host, with arguments separated by spaces.
    pub fn program(&self, line: &str) -> Running {
        let mut words = line.split_whitespace();
        let mut command = self.command(words.next().expect("a program"));
        command.args(words);
        Running::start(command)
    }

    /// Reads a file under /proc/net as the host sees it.
    pub fn proc_net(&self, file: &str) -> String {
        let path = format!("/proc/{}/net/{file}", self.namespace.keeper.id());
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Whether the host's kernel lists a membership of `group` on `iface`.
    pub fn is_member(&self, iface: &str, group: &str) -> bool {
        match group.parse().expect("a group") {
            std::net::IpAddr::V4(group) => {
                let wanted = format!("{:08X}", u32::from_ne_bytes(group.octets()));
                let mut current = "";
                self.proc_net("igmp").lines().any(|line| {
                    if !line.starts_with('\t') {
                        current =
                            line.split_whitespace().nth(1).unwrap_or("").trim_end_matches(':');
                    }
                    current == iface && line.starts_with(&format!("\t\t\t\t{wanted}"))
                })
            }
            std::net::IpAddr::V6(group) => {
                let wanted: String =
                    group.octets().iter().map(|byte| format!("{byte:02x}")).collect();
                self.proc_net("igmp6").lines().any(|line| {
                    let mut words = line.split_whitespace().skip(1);
                    words.next() == Some(iface) && words.next() == Some(&wanted)
                })
            }
        }
    }

    /// Waits until an interface has its IPv6 link-local address, up to a second after it has
    /// carrier.
    pub fn wait_for_ipv6(&self, iface: &str) {
        eventually(&format!("{iface} has an IPv6 address"), || {
            let addresses = self.proc_net("if_inet6");
            addresses.lines().any(|line| {
                line.starts_with("fe80") && line.split_whitespace().last() == Some(iface)
            })
        });
    }

    /// Waits until the kernel reports that an interface has carrier, or none. That takes up to a
    /// second.
    pub fn wait_for_carrier(&self, iface: &str, carrier: bool) {
        let state = || self.shell(&format!("ip -o link show {iface}")).contains("state UP");
        eventually(&format!("the carrier of {iface}: {carrier}"), || state() == carrier);
    }

    /// Waits until the host is a member of `group` on `iface`.
    pub fn wait_for_join(&self, iface: &str, group: &str) {
        eventually(&format!("{iface} joins {group}"), || self.is_member(iface, group));
    }

    /// How many frames an interface has received.
    pub fn frames_received(&self, iface: &str) -> u64 {
        let devices = self.proc_net("dev");
        let line =
            devices.lines().find_map(|line| line.trim_start().strip_prefix(&format!("{iface}:")));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
            .expect("a counter of frames")
    }

    /// A counter of /proc/net/snmp or /proc/net/netstat: `counter("Udp", "RcvbufErrors")`.
    pub fn counter(&self, protocol: &str, name: &str) -> u64 {
        let tables = self.proc_net("snmp") + &self.proc_net("netstat");
        let mut rows =
            tables.lines().filter_map(|line| line.strip_prefix(&format!("{protocol}: ")));
        let (names, values) = (rows.next().expect("names"), rows.next().expect("values"));
        let position =
            names.split(' ').position(|known| known == name).expect("a counter of this name");
        values.split(' ').nth(position).and_then(|value| value.parse().ok()).expect("a number")
    }

    /// A counter of /proc/net/snmp6: `counter6("Udp6RcvbufErrors")`.
    pub fn counter6(&self, name: &str) -> u64 {
        let table = self.proc_net("snmp6");
        let mut rows = table.lines().filter_map(|line| line.split_once(char::is_whitespace));
        rows.find(|(known, _)| *known == name)
            .and_then(|(_, value)| value.trim().parse().ok())
            .expect("a counter of this name")
    }

    /// Captures the frames on an interface from now on.
    pub fn capture(&self, iface: &str) -> Capture {
        Capture::start(self, iface)
    }

    /// The first unused name of `e0`, `e1`, `e2` ...
    fn next_interface(&self) -> String {
        let there = self.proc_net("dev");
        let taken = |name: &String| {
            there.lines().any(|line| line.trim_start().starts_with(&format!("{name}:")))
        };
        (0..)
            .map(|number| format!("e{number}"))
            .find(|name| !taken(name))
            .expect("numbers do not end")
    }
}

impl Namespace {
    /// Creates a network namespace with `unshare`, already in `command`. A process keeps it until
    /// its standard input ends. busybox's cat ends with the reader of its output.
    fn keep(mut command: Command, in_user_namespace: bool) -> Result<Namespace, String> {
        command.args(["--net", "--", "sh", "-c", "echo kept; exec cat >/dev/null"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut keeper = command.spawn().map_err(|error| format!("unshare: {error}"))?;
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().expect("piped"))
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        if line == "kept\n" {
            return Ok(Namespace { keeper, in_user_namespace });
        }
        let output = keeper.wait_with_output().map_err(|error| error.to_string())?;
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    /// A command that runs inside.
    fn enter(&self, program: &str) -> Command {
        let mut command = self.enter_users_only();
        command.args(["--net", "--", program]);
        command
    }

    /// The beginning of a command that runs in the same user namespace.
    fn enter_users_only(&self) -> Command {
        let mut command = Command::new("nsenter");
        // Annotations would be lines that no test expects.
        command.env_remove("GITHUB_ACTIONS");
        command.env("PATH", path()).args(["--target", &self.keeper.id().to_string()]);
        if self.in_user_namespace {
            command.args(["--user", "--preserve-credentials"]);
        }
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Runs a command to its end; it must succeed.
fn succeed(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out.into_owned()
}
