//! Errors of the system: each operation with the reasons that were observed.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;

use crate::host::{Commands, Queue, Unread, sysctl};
use crate::iface::{Cast, Link, Master, Via};
use crate::net::error::{
    code, duplicate_tip, firewall_tip, join_tip, limit_tip, local_network_tip, no_buffers_tip,
    port_taken_tip, too_few_files_tip, unreachable_tip,
};
use crate::net::{Operation, report_membership};
use crate::report::observe::ObserverError;
use crate::sys::create_file;
use crate::target::Endpoint;

pub fn samples() -> Vec<String> {
    let operations = operations();
    let errors = operations.into_iter().map(|(operation, errno)| {
        format!("error: {}", operation.failed(io::Error::from_raw_os_error(errno as i32)))
    });
    errors.chain([tips(), other_errors()]).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn at(group: &str, cast: Cast, link: Link, address: Option<&str>) -> Endpoint {
    let via =
        Via { name: "eth1".to_owned(), index: 3, address: address.map(ip), link, ..Via::default() };
    Endpoint { group: ip(group), port: 5000, cast, via: Arc::new(via) }
}

fn group(address: &str) -> Endpoint {
    at(address, Cast::Multicast, Link::default(), None)
}

fn operations() -> Vec<(Operation, Errno)> {
    use Errno::*;
    let join = |address: &str| Operation::Join(group(address), None);
    let from = |address: &str, source: &str| Operation::Join(group(address), Some(ip(source)));
    let wireguard = Link { kind: Some("wireguard".to_owned()), ..Link::default() };
    let local = |address: &str| std::net::SocketAddr::new(ip(address), 5000);
    vec![
        (Operation::Open, EMFILE),
        (Operation::Set("IP_MULTICAST_TTL"), EINVAL),
        (Operation::Bind(local("239.1.1.1")), EADDRINUSE),
        (Operation::Bind(std::net::SocketAddr::new(ip("0.0.0.0"), 320)), EACCES),
        (Operation::Bind(local("fd00::1")), EADDRNOTAVAIL),
        (join("239.1.1.1"), ENODEV),
        (join("239.1.1.1"), EADDRINUSE),
        (join("239.1.1.1"), EADDRNOTAVAIL),
        (join("239.1.1.1"), EPERM),
        (join("ff15::1"), EINVAL),
        (from("232.1.1.1", "10.0.0.9"), EINVAL),
        (from("232.1.1.1", "10.0.0.9"), EADDRNOTAVAIL),
        (from("ff3e::1", "fd00::9"), ENOPROTOOPT),
        (Operation::Block(group("239.1.1.1"), ip("10.0.0.9")), EADDRNOTAVAIL),
        (Operation::Leave(group("239.1.1.1")), ENODEV),
        (Operation::Leave(group("239.1.1.1")), EADDRNOTAVAIL),
        (Operation::SendVia(group("239.1.1.1")), EADDRNOTAVAIL),
        (
            Operation::SendVia(at("239.1.1.1", Cast::Multicast, Link::default(), Some("10.0.0.5"))),
            EADDRNOTAVAIL,
        ),
        (Operation::Send(group("239.1.1.1")), EPERM),
        (Operation::Send(group("239.1.1.1")), ENETUNREACH),
        (Operation::Send(group("239.1.1.1")), EMSGSIZE),
        (Operation::Send(at("10.9.9.9", Cast::Unicast, Link::default(), None)), ENETUNREACH),
        (
            Operation::Send(at("ff15::1", Cast::Multicast, Link::default(), Some("::1"))),
            ENETUNREACH,
        ),
        (Operation::Send(at("239.1.1.1", Cast::Multicast, wireguard, None)), ENOKEY),
        (Operation::Receive(ip("239.1.1.1"), 5000), ENOMEM),
        (Operation::Wait, EBADF),
        (Operation::ReadFrames, EBADF),
        (Operation::ListInterfaces, EPERM),
    ]
}

/// Tips that depend on the values of this host, with sample values.
fn tips() -> String {
    let at = group("239.1.1.1");
    let ipvlan = Link { is_l3_ipvlan: true, ..Link::default() };
    let ipvlan = self::at("239.1.1.1", Cast::Multicast, ipvlan, None);
    let queue = Queue { kind: "fq_codel".to_owned(), waiting: 1000, dropped: 12 };
    let limit = |name: &str| (name != sysctl::MOST_OPTIONS).then_some(20);
    let source = |source: &str| Some(ip(source));
    let tips = [
        too_few_files_tip(5000, 250, Some(256), Some(20)),
        too_few_files_tip(300, 300, Some(256), None),
        limit_tip(ip("239.1.1.1"), None, limit),
        limit_tip(ip("232.1.1.1"), None, |_| Some(0)),
        limit_tip(ip("232.1.1.1"), source("10.0.0.9").as_ref(), limit),
        limit_tip(ip("ff3e::1"), source("fd00::9").as_ref(), limit),
        limit_tip(ip("ff15::1"), None, limit),
        no_buffers_tip(&at, None),
        no_buffers_tip(&at, Some(&[queue])),
        no_buffers_tip(&at, Some(&[])),
        no_buffers_tip(&ipvlan, Some(&[])),
        duplicate_tip(ip("fd00::1")),
        local_network_tip(),
        crate::notice::receive::raise_bsd_rcvbuf(2_097_152, 4 << 20),
    ];
    let unicast = self::at("10.9.9.9", Cast::Unicast, Link::default(), None);
    let unicast_v6 = self::at("fd00::9", Cast::Unicast, Link::default(), None);
    let loopback = self::at("ff15::1", Cast::Multicast, Link::default(), Some("::1"));
    let elsewhere = [Commands::Macos, Commands::FreeBsd, Commands::Windows].map(|commands| {
        [
            firewall_tip(at.group, commands),
            unreachable_tip(&at, commands),
            unreachable_tip(&unicast, commands),
            unreachable_tip(&unicast_v6, commands),
            unreachable_tip(&loopback, commands),
            join_tip(&at, None, code::NO_DEVICE, commands).expect("a tip"),
            join_tip(&loopback, None, code::NO_DEVICE, commands).expect("a tip"),
            join_tip(&at, None, code::NOT_AVAILABLE, commands).expect("a tip"),
            port_taken_tip(5000, commands),
        ]
    });
    let tips = tips.iter().chain(elsewhere.iter().flatten());
    tips.map(|tip| format!("  tip: {tip}")).collect::<Vec<_>>().join("\n")
}

fn other_errors() -> String {
    let folder = std::env::temp_dir();
    let pipe = folder.join(format!("mcast-sample-{}", std::process::id()));
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let written = create_file(&pipe).expect_err("a pipe");
    std::fs::remove_file(&pipe).expect("the pipe");
    let reported = report_membership(ip("239.1.1.1"), 3, ip("fe80::1"), 3).expect_err("families");
    let unread = [
        Unread::NotPermitted,
        Unread::NoTool,
        Unread::NoAnswer(Duration::from_secs(2)),
        Unread::NoReason,
    ];
    let unread = unread.map(|why| format!("firewall rules ({why})")).join("\n");
    let ovs = Master { name: "ovs0".to_owned(), kind: Some("openvswitch".to_owned()) };
    let absent = ObserverError::Absent { option: "--metrics", feature: "metrics" };
    let same = ObserverError::SameFile {
        first: "--write",
        second: "--report",
        file: "out.html".to_owned(),
    };
    let full = ObserverError::file(Path::new("out.csv"), Errno::ENOSPC.into());
    let refused = [Errno::EADDRINUSE, Errno::EADDRNOTAVAIL, Errno::EACCES].map(|errno| {
        let address = "127.0.0.1:9464".parse().expect("an address");
        ObserverError::Listen { address, source: errno.into() }.to_string()
    });
    let thread = ObserverError::Thread(Errno::EAGAIN.into());
    let stalled = std::io::Error::other("its reader does not read");
    let stalled = ObserverError::file(Path::new("out.fifo"), stalled);
    let (full, refused) = (format!("{full}\n{stalled}"), refused.join("\n"));
    let observers = format!("{full}\n{same}\n{absent}\n{refused}\n{thread}");
    format!("cannot write 'FILE': {written}\n{observers}\n{reported}\n{unread}\na port of {ovs}")
}
