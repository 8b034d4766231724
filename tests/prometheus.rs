//! A real Prometheus watches three hosts, and its alerts fire when the path breaks.
#![cfg(target_os = "linux")]

mod lab;

use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use lab::{Host, Lab, Running, eventually};
use serde_json::Value;

/// Asks the API of Prometheus on its host.
const ASK: &str = r#"
import json, sys, urllib.parse, urllib.request
path = sys.argv[1]
if len(sys.argv) > 2:
    path += "?" + urllib.parse.urlencode({"query": sys.argv[2]})
try:
    print(urllib.request.urlopen("http://127.0.0.1:9090" + path, timeout=60).read().decode())
except OSError as error:
    print(json.dumps({"error": str(error)}))
"#;

/// Prometheus with the shipped alerts, which fire at once.
struct Prometheus {
    host: Host,
    folder: PathBuf,
    _running: Running,
}

impl Prometheus {
    fn start(host: Host, targets: &[&str]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = folder.join(format!("prometheus-{}-{number}", process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus");
        let rules = std::fs::read_to_string(shipped.join("mcast.rules.yml")).unwrap();
        let rules: String = rules
            .lines()
            .filter(|line| !line.trim_start().starts_with("for: "))
            .map(|line| line.replace("[1m]", "[10s]").replace("[2m]", "[10s]") + "\n")
            .collect();
        std::fs::write(folder.join("mcast.rules.yml"), rules).unwrap();
        let targets: Vec<String> = targets.iter().map(|of| format!("'{of}:9464'")).collect();
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: \
             [mcast.rules.yml]\nscrape_configs:\n- job_name: mcast\n  static_configs: \
             [{{targets: [{}]}}]\n",
            targets.join(", ")
        );
        std::fs::write(folder.join("prometheus.yml"), config).unwrap();
        let line = format!(
            "prometheus --config.file={0}/prometheus.yml --storage.tsdb.path={0}/data \
             --web.listen-address=127.0.0.1:9090",
            folder.display()
        );
        let running = host.program(&line);
        Prometheus { host, folder, _running: running }
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        let answer = self.host.python(ASK, arguments).ends(0).out;
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// The values of a query.
    fn query(&self, query: &str) -> Vec<f64> {
        let answer = self.ask(&["/api/v1/query", query]);
        let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let value = |series: &Value| series["value"][1].as_str()?.parse().ok();
        series.iter().filter_map(value).collect()
    }

    /// Whether an alert fires for a host.
    fn fires(&self, alert: &str, instance: &str) -> bool {
        let answer = self.ask(&["/api/v1/alerts"]);
        let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
        alerts.iter().any(|fired| {
            let labels = &fired["labels"];
            labels["alertname"] == alert
                && labels["instance"] == format!("{instance}:9464")
                && fired["state"] == "firing"
        })
    }

    fn wait_for_alert(&self, alert: &str, instance: &str) {
        eventually(&format!("{alert} fires for {instance}"), || self.fires(alert, instance));
    }

    fn wait_for_no_alert(&self, alert: &str, instance: &str) {
        eventually(&format!("{alert} ends for {instance}"), || !self.fires(alert, instance));
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn the_shipped_files_are_valid() {
    let Some(lab) = Lab::with(&["promtool"]) else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus");
    let run = |check: &str, file: &str| {
        lab.host().shell(&format!("promtool {check} {}", folder.join(file).display()))
    };
    run("check rules", "mcast.rules.yml");
    run("check config", "prometheus.yml");
    run("test rules", "mcast.rules.test.yml");
}

#[test]
fn alerts_fire_when_the_path_breaks() {
    let Some(lab) = Lab::with(&["prometheus", "nft"]) else { return };
    let mut switch = lab.switch_with("mcast_snooping 0");
    let sender = lab.host_on(&mut switch, "10.0.0.1/24");
    let near = lab.host_on(&mut switch, "10.0.0.2/24");
    let far = lab.host_on(&mut switch, "10.0.0.3/24");
    let watcher = lab.host_on(&mut switch, "10.0.0.9/24");
    let recv = |host: &Host, address: &str| {
        let line = "recv 239.1.1.1:5000 --iface e0 -q --rcvbuf 4KiB --metrics";
        host.mcast(&format!("{line} {address}:9464")).ready_when_member(host, "e0", "239.1.1.1")
    };
    let (near_recv, far_recv) = (recv(&near, "10.0.0.2"), recv(&far, "10.0.0.3"));
    let send = sender
        .mcast("send 239.1.1.1:5000 --iface e0 --interval 5ms --probe -q --metrics 10.0.0.1:9464");
    let prometheus = Prometheus::start(watcher, &["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    eventually("Prometheus scrapes three hosts", || {
        prometheus.query("up{job=\"mcast\"} == 1").len() == 3
            && prometheus.query("mcast_ready == 1").len() == 3
            && prometheus.query("rate(mcast_stream_datagrams_total[5s]) > 0").len() == 2
            && prometheus.query("rate(mcast_sent_datagrams_total[5s]) > 0").len() == 1
    });
    assert!(
        !prometheus.fires("McastLoss", "10.0.0.2") && !prometheus.fires("McastDown", "10.0.0.1")
    );

    switch.drop_one_in(10, 1);
    prometheus.wait_for_alert("McastLoss", "10.0.0.2");
    assert!(!prometheus.fires("McastLoss", "10.0.0.3"), "only one path loses datagrams");
    switch.host().shell("nft delete table bridge lossy");
    prometheus.wait_for_no_alert("McastLoss", "10.0.0.2");

    // The group no longer reaches one host, whose metrics remain reachable.
    switch.host().firewall(
        "table bridge silent { chain forward { type filter hook forward priority 0; oifname p2 \
         meta l4proto udp drop; }; }",
    );
    prometheus.wait_for_alert("McastSilence", "10.0.0.3");
    switch.host().shell("nft delete table bridge silent");
    prometheus.wait_for_no_alert("McastSilence", "10.0.0.3");

    // The small receive buffer of a stopped process fills up.
    far_recv.signal("STOP");
    let before = far.counter("Udp", "RcvbufErrors");
    eventually("the kernel drops", || far.counter("Udp", "RcvbufErrors") > before);
    far_recv.signal("CONT");
    prometheus.wait_for_alert("McastKernelDrops", "10.0.0.3");

    drop(near_recv);
    prometheus.wait_for_alert("McastDown", "10.0.0.2");
    drop((send, far_recv));
}

#[test]
fn a_network_without_a_querier_raises_an_alert() {
    let Some(lab) = Lab::with(&["prometheus"]) else { return };
    // This switch forgets its members, because nobody asks them.
    let mut switch = lab.switch_with("mcast_snooping 1 mcast_querier 0");
    let host = lab.host_on(&mut switch, "10.0.0.2/24");
    let watcher = lab.host_on(&mut switch, "10.0.0.9/24");
    let check = host.mcast(
        "check 239.1.1.1:5000 --iface e0 --watch 1s --duration 3s -q --metrics 10.0.0.2:9464",
    );
    let prometheus = Prometheus::start(watcher, &["10.0.0.2"]);
    prometheus.wait_for_alert("McastNoQuerier", "10.0.0.2");
    eventually("a second check is complete", || {
        prometheus.query("mcast_check_runs_total >= 2").len() == 1
    });
    switch.host().shell("ip link set br0 type bridge mcast_querier 1 mcast_query_interval 100");
    prometheus.wait_for_no_alert("McastNoQuerier", "10.0.0.2");
    drop(check);
}
