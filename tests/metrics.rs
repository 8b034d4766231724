//! `--metrics`: the pages of the server, its limits, and the file.
#![cfg(target_os = "linux")]

mod lab;

use std::path::PathBuf;
use std::process;

use lab::{Host, Lab, Running, eventually};

/// A client on the host of a server.
const HTTP: &str = include_str!("lab/http.py");

/// The media type of OpenMetrics.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Runs the client to its end.
fn http(host: &Host, arguments: &[&str]) -> String {
    host.python(HTTP, arguments).ends(0).out.replace("\r\n", "\n")
}

/// The response to a GET: its status, its fields and its body.
fn get(host: &Host, path: &str, fields: &[&str]) -> (u16, String, String) {
    let response = http(host, &[&["get", "9464", path], fields].concat());
    let (head, body) = response.split_once("\n\n").unwrap_or_else(|| panic!("{response}"));
    (status(head), head.to_owned(), body.to_owned())
}

fn status(response: &str) -> u16 {
    let number = response.split(' ').nth(1).and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("no status: {response:?}"))
}

/// The status of the response to any bytes, as an expression of Python.
fn raw(host: &Host, bytes: &str) -> u16 {
    status(&http(host, &["raw", "9464", bytes]))
}

fn scrape(host: &Host) -> String {
    let (status, _, body) = get(host, "/metrics", &[]);
    assert_eq!(status, 200);
    body
}

/// The value of the only series of a metric with all these labels.
fn value(document: &str, metric: &str, labels: &[&str]) -> Option<f64> {
    let is_series = |line: &&str| {
        let name = line.split(['{', ' ']).next();
        name == Some(metric) && labels.iter().all(|label| line.contains(label))
    };
    let mut series = document.lines().filter(is_series);
    let line = series.next()?;
    assert_eq!(series.next(), None, "a second series of {metric}");
    line.rsplit(' ').next()?.parse().ok()
}

/// Waits until a metric has a value.
fn wait_for(host: &Host, metric: &str, labels: &[&str], wanted: f64) -> String {
    let mut document = String::new();
    eventually(&format!("{metric} is {wanted}"), || {
        let now = scrape(host);
        value(&now, metric, labels) == Some(wanted)
    });
    document.push_str(&scrape(host));
    document
}

fn stop(receiver: Running) -> serde_json::Value {
    receiver.signal("INT");
    receiver.ends(0).summary()
}

/// A folder for the files of a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let path = path.join(format!("metrics-{name}-{}", process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_metrics_of_a_receiver_equal_its_summary() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let receiver =
        b.mcast("recv 239.1.1.1:5000 --iface e0 --metrics :9464 -o json --rcvbuf 4MiB").ready();
    a.mcast(
        "send 239.1.1.1:5000 --iface e0 --count 400 --interval 5ms --probe \
         --impair loss=5%,duplicate=3%,reorder=3% --seed 1 -q",
    )
    .ends(0);
    // Late datagrams in another interval count as lost at first, and the counter does not fall.
    let labels = ["group=\"239.1.1.1\"", "port=\"5000\"", "iface=\"e0\"", "format=\"mcast\""];
    wait_for(&b, "mcast_stream_expected_total", &labels, 400.0);
    let document = wait_for(&b, "mcast_streams", &[], 0.0);
    let summary = stop(receiver);
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let stream = &summary["streams"][0];
    for (metric, labels, expected) in [
        ("mcast_received_datagrams_total", &[][..], &summary["datagrams"]),
        ("mcast_received_bytes_total", &[], &summary["bytes"]),
        ("mcast_kernel_drops_total", &[], &summary["kernel_drops"]),
        ("mcast_target_datagrams_total", &labels[..3], &summary["datagrams"]),
        ("mcast_stream_datagrams_total", &labels, &stream["datagrams"]),
        ("mcast_stream_bytes_total", &labels, &stream["bytes"]),
        ("mcast_stream_duplicates_total", &labels, &stream["duplicates"]),
        ("mcast_stream_reordered_total", &labels, &stream["reordered"]),
    ] {
        let found = value(&document, metric, labels);
        assert_eq!(found, Some(number(expected)), "{metric}\n{document}");
    }
    let lost = value(&document, "mcast_stream_lost_total", &labels).unwrap();
    let truth = number(&stream["lost"]);
    assert!(lost >= truth && lost <= truth + 2.0, "{lost} instead of {truth}");
    // It has ended: its counters remain for a last scrape, and it does not look silent.
    assert_eq!(value(&document, "mcast_stream_gap_seconds", &labels), None);
}

#[test]
fn promtool_finds_nothing_to_improve() {
    let Some(lab) = Lab::with(&["promtool"]) else { return };
    let (a, b) = lab.pair();
    let folder = Folder::new("promtool");
    let receiver = b
        .mcast("recv 239.1.1.1:5000 239.1.1.2:5000 --iface e0 --metrics :9464 -q")
        .ready_when_member(&b, "e0", "239.1.1.2");
    let sender = a.mcast(
        "send 239.1.1.1:5000 --iface e0 --interval 10ms --probe -q --metrics :9464 --reports 1s",
    );
    let plain = a.mcast("send 239.1.1.2:5000 --iface e0 --interval 10ms --message hello -q");
    eventually("all metrics exist", || {
        let received = scrape(&b);
        ["mcast_stream_delay_p99_seconds", "mcast_flow_datagrams_total"]
            .iter()
            .all(|metric| received.contains(metric))
            && scrape(&a).contains("mcast_sent_datagrams_total")
    });
    for (name, host) in [("a", &a), ("b", &b)] {
        let text = scrape(host);
        let file = folder.file(name);
        std::fs::write(&file, &text).unwrap();
        host.shell(&format!("promtool check metrics < {file}"));
        let (_, head, body) = get(host, "/metrics", &[&format!("Accept: {OPENMETRICS}")]);
        assert!(head.contains(&format!("Content-Type: {OPENMETRICS}")), "{head}");
        assert!(body.ends_with("\n# EOF\n") && body.contains("# UNIT "), "{body}");
        assert!(!text.contains("# EOF") && !text.contains("# UNIT "), "{text}");
    }
    drop((receiver, sender, plain));
}

#[test]
fn each_request_gets_its_status() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    host.shell("ip link set lo multicast on");
    let receiver = host.mcast("recv 239.1.1.1:5000 --iface lo --metrics :9464 -o json").ready();
    assert_eq!(get(&host, "/metrics?x=y", &[]).0, 200);
    assert_eq!(get(&host, "/healthz", &[]).0, 200);
    assert_eq!(value(&scrape(&host), "mcast_ready", &[]), Some(1.0));
    assert_eq!(get(&host, "/", &[]).0, 404);
    let (_, head, _) = get(&host, "/metrics", &["Accept: */*"]);
    assert!(head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    let head = http(&host, &["head", "9464", "/healthz"]);
    assert!(head.contains("Content-Length: 3\n") && head.ends_with("\n\n"), "{head}");
    let post = "b'POST /metrics HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\n\\r\\nabc'";
    let refused = http(&host, &["raw", "9464", post]);
    assert!(status(&refused) == 405 && refused.contains("Allow: GET, HEAD\n"), "{refused}");
    assert_eq!(raw(&host, "b'GET / HTTP/1.1\\r\\nA: ' + b'x' * 9000"), 431);
    assert_eq!(raw(&host, "b'GET / HTTP/1.1\\r\\n' + b'A: b\\r\\n' * 70 + b'\\r\\n'"), 431);
    assert_eq!(raw(&host, "b'GET / HTTP/3.0\\r\\n\\r\\n'"), 505);
    assert_eq!(raw(&host, "bytes(range(256)) * 40"), 400);
    let two =
        "b'GET /healthz HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' * 2 + b'GET /x HTTP/1.0\\r\\n\\r\\n'";
    let pipelined = http(&host, &["raw", "9464", two]);
    let statuses: Vec<u16> = pipelined
        .lines()
        .filter(|line| line.contains("HTTP/1.1 "))
        .map(|line| status(&line[line.find("HTTP").unwrap()..]))
        .collect();
    assert_eq!(statuses, [200, 200, 404], "{pipelined}");
    stop(receiver);
}

#[test]
fn many_slow_clients_keep_nobody_out() {
    let Some(lab) = Lab::open() else { return };
    let (a, b) = lab.pair();
    let receiver =
        b.mcast("recv 239.1.1.1:5000 --iface e0 --metrics :9464 -o json -q --rcvbuf 4MiB");
    b.wait_for_join("e0", "239.1.1.1");
    let sender = a.mcast("send 239.1.1.1:5000 --iface e0 --rate 2kpps --probe -q");
    assert_eq!(http(&b, &["flood", "9464", "10000"]).trim(), "10", "scrapes during the flood");
    sender.signal("INT");
    sender.ends(0);
    let summary = stop(receiver);
    assert_eq!((&summary["kernel_drops"], &summary["measured"]["lost"]), (&0.into(), &0.into()));
}

#[test]
fn a_port_in_use_or_an_unwritable_file_ends_the_run_before_it_joins() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    host.shell("ip link set lo multicast on");
    let first = host.mcast("recv 239.1.1.1:5000 --iface lo --metrics :9464 -o json").ready();
    for (place, error) in [
        (":9464", "cannot serve metrics at 127.0.0.1:9464: Address already in use"),
        ("192.0.2.1:9464", "cannot serve metrics at 192.0.2.1:9464: Cannot assign requested"),
        ("/no/such/folder/mcast.prom", "cannot write '/no/such/folder/mcast.prom': No such file"),
        ("/proc/mcast.prom", "cannot write '/proc/mcast.prom': "),
    ] {
        let refused = host.mcast(&format!(
            "recv 239.1.1.2:5000 --iface lo --metrics {place} --duration 60s -o json"
        ));
        let refused = refused.ends(2);
        refused.prints(error);
        assert_eq!(refused.events().len(), 1, "nothing was joined\n{refused}");
    }
    stop(first);
}

#[test]
fn the_file_is_never_seen_in_parts_and_is_removed() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    host.shell("ip link set lo multicast on");
    let folder = Folder::new("file");
    let file = folder.file("mcast.prom");
    let receiver =
        host.mcast(&format!("recv 239.1.1.1:5000 --iface lo --metrics {file} -o json")).ready();
    let sender = host.mcast("send 239.1.1.1:5000 --iface lo --interval 10ms --probe -q");
    let stream = ["group=\"239.1.1.1\""];
    eventually("the file has two more intervals", || {
        let text = std::fs::read_to_string(&file).expect("the file");
        assert!(text.starts_with("# HELP mcast_build_info ") && text.ends_with('\n'), "{text}");
        value(&text, "mcast_stream_datagrams_total", &stream) > Some(150.0)
    });
    drop(sender);
    stop(receiver);
    let left: Vec<_> = std::fs::read_dir(&folder.0).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_that_cannot_be_replaced_fails_the_run_at_its_end() {
    let Some(lab) = Lab::open() else { return };
    let host = lab.host();
    host.shell("ip link set lo multicast on");
    let folder = Folder::new("gone");
    let file = folder.file("mcast.prom");
    let receiver =
        host.mcast(&format!("recv 239.1.1.1:5000 --iface lo --metrics {file} -o json")).ready();
    std::fs::remove_dir_all(&folder.0).unwrap();
    let sender =
        host.mcast("send 239.1.1.1:5000 --iface lo --count 300 --interval 10ms --probe -q");
    sender.ends(0);
    receiver.signal("INT");
    let failed = receiver.ends(2);
    failed.prints(&format!("cannot write '{file}': No such file or directory"));
    assert_eq!(failed.summary()["verdict"]["status"], 0, "{failed}");
}
