//! The capacity of receive buffers: the cost of a datagram in the kernel, and a receiver that is
//! stopped for exactly the requested pause.
#![cfg(target_os = "linux")]

mod lab;

use lab::{Host, Lab, Running};
use mcast::units::rcvbuf::{FULL_PAYLOAD, USUAL_PAYLOAD, truesize};
use serde_json::json;

/// Receives without reading, and prints how much memory each datagram takes: the first counter of
/// `SO_MEMINFO` (55).
const MEASURE: &str = "
import socket, struct, sys, time
group, iface, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
index, v6 = socket.if_nametoindex(iface), ':' in group
receive = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
receive.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 200000)
receive.bind(('', 5000))
if v6:
    receive.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, \
                       socket.inet_pton(socket.AF_INET6, group) + struct.pack('i', index))
else:
    receive.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + \
                       struct.pack('4si', bytes(4), index))
used = lambda: struct.unpack('9I', receive.getsockopt(socket.SOL_SOCKET, 55, 36))[0]
print('joined')
for time_ in range(times):
    while not used():
        time.sleep(0.001)  # between two polls
    print('measured', time_, used())
    receive.recv(65536)
";

/// The cost of a datagram of each size for a socket of `to`.
fn costs(from: &Host, to: &Host, group: &str, iface: &str, sizes: &[usize]) -> Vec<usize> {
    let measure = to.python(MEASURE, &[group, iface, &sizes.len().to_string()]);
    measure.line(|line| line == "joined");
    let target =
        if group.contains(':') { format!("[{group}]:5000") } else { format!("{group}:5000") };
    let one = |(time, size): (usize, &usize)| {
        let message = "x".repeat(*size);
        from.mcast_with(&[
            "send",
            "--iface",
            iface,
            "--count",
            "1",
            "-qq",
            "--message",
            &message,
            &target,
        ])
        .ends(0);
        let beginning = format!("measured {time} ");
        measure.line(|line| line.starts_with(&beginning))[beginning.len()..].parse().unwrap()
    };
    sizes.iter().enumerate().map(one).collect()
}

#[test]
fn the_estimated_cost_of_a_datagram_is_enough() {
    let Some(lab) = Lab::with(&["python3"]) else { return };
    let sizes = [0, 64, 128, 200, 512, 1000, 1316, 1472, 2000, 4000, 8972, 65_507];
    let (a, b) = lab.pair_with_ipv6();
    let alone = lab.host();
    let measured = [
        ("in frames of 1500 bytes", costs(&a, &b, "239.1.1.1", "e0", &sizes)),
        ("the same of IPv6", costs(&a, &b, "ff15::1234", "e0", &sizes)),
        ("on lo", costs(&alone, &alone, "239.1.1.1", "lo", &sizes)),
        ("in frames of 9000 bytes", {
            [&a, &b].iter().for_each(|host| drop(host.shell("ip link set e0 mtu 9000")));
            costs(&a, &b, "239.1.1.1", "e0", &sizes)
        }),
        ("the same of IPv6", costs(&a, &b, "ff15::1234", "e0", &sizes)),
    ];
    for (way, costs) in measured {
        println!("{way}: {costs:?}");
        for (size, cost) in sizes.into_iter().zip(costs) {
            let reckoned = truesize(size);
            assert!(cost <= reckoned, "{size} bytes {way} cost {cost}, not {reckoned}");
            assert!(
                reckoned < 2 * cost,
                "{size} bytes {way} cost only {cost}, and {reckoned} is a waste"
            );
        }
    }
}

/// A receiver with `--rcvbuf` and `options`, stopped while `count` datagrams of `len` bytes are
/// sent.
fn stopped(
    (a, b): &(Host, Host),
    rcvbuf: &str,
    options: &[&str],
    group: &str,
    len: usize,
    count: u64,
) -> Running {
    let target =
        if group.contains(':') { format!("[{group}]:5000") } else { format!("{group}:5000") };
    // No events: datagrams would fill the pipe, and a signal ends a write that stalls.
    let args = ["recv", "--iface", "e0", "--rcvbuf", rcvbuf, "-q", "-o", "json", &target];
    let recv = b.mcast_with(&[&args, options].concat()).ready_when_member(b, "e0", group);
    recv.signal("STOP");
    let (message, count) = ("x".repeat(len), count.to_string());
    a.mcast_with(&[
        "send",
        "--iface",
        "e0",
        "--count",
        &count,
        "--interval",
        "20us",
        "-q",
        "--no-offload",
        "--message",
        &message,
        &target,
    ])
    .ends(0);
    recv
}

#[test]
fn a_buffer_for_a_pause_holds_it_without_waste() {
    let Some(lab) = Lab::open() else { return };
    for (rcvbuf, group, len, holds) in [
        ("10kpps*50ms/64", "239.1.1.1", 64, 500),
        ("10kpps*50ms/64", "ff15::1234", 64, 500),
        ("10kpps*8ms", "239.1.1.1", FULL_PAYLOAD, 80),
        ("10528kbit*10ms", "239.1.1.1", USUAL_PAYLOAD, 10),
        ("50ms * 1kpps / 512", "239.1.1.1", 512, 50),
        ("1kpps*20ms/8972", "239.1.1.1", 8972, 20),
    ] {
        let pair = lab.pair_with_ipv6();
        let recv = stopped(
            &pair,
            rcvbuf,
            &["--count", &holds.to_string(), "--timeout", "60s"],
            group,
            len,
            holds,
        );
        recv.signal("CONT");
        let finished = recv.ends(0);
        assert_eq!(finished.summary()["kernel_drops"], json!(0), "{rcvbuf}\n{finished}");
        let recv = stopped(&pair, rcvbuf, &[], group, len, 2 * holds);
        recv.signal("INT");
        recv.signal("CONT");
        let finished = recv.ends(0);
        let dropped = finished.summary()["kernel_drops"].as_u64().unwrap();
        assert!(dropped > 0, "{rcvbuf} is larger than requested\n{finished}");
        println!("{rcvbuf}: {holds} were held, and of twice as many {}", 2 * holds - dropped);
    }
}

#[test]
fn the_purpose_of_a_buffer_is_shown() {
    let Some(lab) = Lab::open() else { return };
    let (_a, b) = lab.pair();
    let args = |rest: &[&'static str]| {
        [&["recv", "--iface", "e0", "--duration", "1ms", "--rcvbuf"], rest].concat()
    };
    let output = b.mcast_with(&args(&["20Mbit * 50 ms"])).ends(0);
    output.prints(
        "on e0 (10.0.0.101), receive buffer 106.9 KiB: 50 ms of 20 Mbit/s in datagrams of 1316 \
         bytes\n",
    );
    let output =
        b.mcast_with(&args(&["5kpps*20ms/64", "239.1.1.1:5000", "239.1.1.2:5000"])).ends(0);
    output.prints(", receive buffer 46.9 KiB each: 20 ms of 5 kpps in datagrams of 64 bytes\n");
    let output = b.mcast_with(&args(&["10kpps*50ms/64", "-o", "json"])).ends(0);
    assert_eq!(
        output.events_of("ready")[0]["rcvbuf_bytes"],
        json!({"asked": 240_000, "granted": 240_000})
    );
}

#[test]
fn a_capped_buffer_reports_the_pause_it_covers() {
    let Some(lab) = Lab::with(&["setpriv", "sysctl"]) else { return };
    let (_a, b) = lab.pair();
    let limit: usize =
        std::fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap().trim().parse().unwrap();
    // An ordinary user may not exceed the limit.
    let mcast = env!("CARGO_BIN_EXE_mcast");
    let capped = |options: &str| {
        b.shell(&format!(
            "setpriv --bounding-set -net_admin {mcast} recv --iface e0 --duration 1ms --rcvbuf \
             {options} 2>&1"
        ))
    };
    let output = capped("'100kpps*5s/64'");
    assert!(output.contains(&format!(
        "warning: the system limits the receive buffer to {limit} bytes, less than the requested \
         240000000: it holds "
    )));
    let lasts = output
        .split_once("it holds ")
        .and_then(|(_, rest)| rest.split_once(" ms of datagrams instead of 5 s\n"))
        .expect(&output)
        .0;
    // Rounding to three digits loses less than one percent.
    let exact = (2 * limit / truesize(64)) as f64 / 100.0;
    assert!(
        (0.99 * exact..=exact).contains(&lasts.parse().unwrap()),
        "{lasts} of {exact} ms\n{output}"
    );
    // Linux 6.1 has the limit in the first network namespace alone.
    let tip = match b.shell("cat /proc/sys/net/core/rmem_max || true").is_empty() {
        true => {
            "tip: raise the system's limit for receive buffers (Linux: net.core.rmem_max)".into()
        }
        false => format!(
            "tip: raise the limit, now {limit}: sysctl -w net.core.rmem_max=240000000; or run mcast \
             with CAP_NET_ADMIN"
        ),
    };
    assert!(output.contains(&tip), "{output}");
    assert!(
        output.contains(&format!(": {lasts} ms of 100 kpps in datagrams of 64 bytes\n")),
        "the first line has the granted pause\n{output}"
    );
    let json = capped("'100kpps*5s/64' -o json");
    assert!(json.contains(&format!("{{\"asked\":240000000,\"granted\":{limit}}}")), "{json}");
    assert!(json.contains("\"id\":\"rcvbuf-capped\"") && json.contains("instead of 5 s"), "{json}");
}
