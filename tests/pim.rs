//! `mcast check` behind two routers that run PIM.
#![cfg(target_os = "linux")]

mod lab;

use lab::scenes::uses_igmp;
use lab::{Finished, Frr, Host, Lab, Running, eventually, finding, ids, record};
use serde_json::Value;

/// The source's router is the rendezvous point for 239.1.0.0/16.
const NEAR_SOURCE: &str = "
ip pim rp 10.0.0.1 239.1.0.0/16
interface e0
 ip pim
 ip pim hello 1
interface e1
 ip pim
 ip pim hello 1
";

/// The receiver's router knows no rendezvous point for 239.2.0.0/16, and does not forward
/// 239.1.3.0/24 to the receiver.
const NEAR_RECEIVER: &str = "
ip pim rp 10.0.0.1 239.1.0.0/16
ip prefix-list BOUNDARY seq 5 deny 239.1.3.0/24 le 32
ip prefix-list BOUNDARY seq 10 permit 224.0.0.0/4 le 32
interface e0
 ip pim
 ip pim hello 1
interface e1
 ip pim
 ip pim hello 1
 ip pim drpriority 7
 ip igmp
 ip igmp query-max-response-time 10
 ip igmp query-interval 2
 ip multicast boundary oil BOUNDARY
";

/// Sender, two routers and receiver in a row.
struct Row {
    sender: Host,
    routers: [Host; 2],
    receiver: Host,
}

fn row(lab: &Lab) -> Row {
    let (sender, receiver) = (lab.host(), lab.host());
    let routers = [lab.host(), lab.host()];
    lab.wire(&sender, &routers[0]);
    lab.wire(&routers[0], &routers[1]);
    lab.wire(&routers[1], &receiver);
    let host = |address: &str, router: &str| {
        format!("ip addr add {address}/24 dev e0; ip route add default via {router}")
    };
    sender.shell(&host("10.0.0.100", "10.0.0.1"));
    receiver.shell(&host("10.1.0.101", "10.1.0.1"));
    // pimd does not use a default route.
    let router = |addresses: [&str; 2], far: &str, next: &str| {
        let [e0, e1] = addresses;
        format!(
            "ip addr add {e0}/24 dev e0; ip addr add {e1}/24 dev e1; ip route add {far} via {next}; \
             echo 1 > /proc/sys/net/ipv4/ip_forward; for conf in all e0 e1; do echo 0 > \
             /proc/sys/net/ipv4/conf/$conf/rp_filter; done"
        )
    };
    routers[0].shell(&router(["10.0.0.1", "10.9.0.1"], "10.1.0.0/24", "10.9.0.2"));
    routers[1].shell(&router(["10.9.0.2", "10.1.0.1"], "10.0.0.0/24", "10.9.0.1"));
    Row { sender, routers, receiver }
}

impl Row {
    /// Listens for the group, and runs the suggested command at the sender, slowly enough to hear
    /// some hellos.
    fn listen(&self, target: &str) -> Finished {
        let listener = self.start(&format!("--listen {target}")).ready();
        let line = listener.line(|line| line.contains("\"ready\""));
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        let send = ready["send"].as_str().expect("a command").replace("20ms", "100ms");
        let send = send.strip_prefix("mcast ").expect("mcast").to_owned();
        self.sender.mcast(&format!("{send} --ttl 16")).ends(0);
        listener.finish()
    }

    fn check(&self, target: &str) -> Finished {
        self.start(&format!("{target} -d 5s")).finish()
    }

    fn start(&self, arguments: &str) -> Running {
        let record = record().join(" ");
        self.receiver.mcast(&format!("check {arguments} --iface e0 -o json {record}"))
    }
}

/// Runs the commands of a finding on the router.
fn outputs(frr: &Frr, finding: &Value) -> Vec<String> {
    let commands = finding["commands"].as_array().expect("commands");
    let asked = commands.iter().filter(|command| command["where"] == "router");
    let form = |command: &Value| {
        let variants = command["variants"].as_array().expect("variants");
        let own = variants.iter().find(|variant| variant["system"] == "frr");
        own.unwrap_or(command)["run"].as_str().expect("a command").to_owned()
    };
    asked
        .map(form)
        .map(|command| frr.show(&command).unwrap_or_else(|| panic!("{command}")))
        .collect()
}

/// The finding that a router does not forward the group: it names the last router, and FRR accepts
/// the commands, whose outputs it returns.
fn not_routed(row: &Row, last: &Frr, target: &str) -> Vec<String> {
    let checked = row.listen(target);
    assert_eq!(ids(&checked, "fault"), ["not-routed"], "{checked}");
    let found = finding(&checked, "not-routed");
    let text = |field: &str| found[field].as_str().expect("text").to_owned();
    assert!(text("evidence").contains("PIM hello from 10.1.0.1"), "{checked}");
    assert!(text("remedy").contains("beginning with 10.1.0.1"), "{checked}");
    let outputs = outputs(last, &found);
    assert_eq!(outputs.len(), 5, "{checked}");
    outputs
}

#[test]
fn the_last_hop_router_shows_where_the_group_ends() {
    let Some(lab) = Lab::with(&["vtysh"]) else { return };
    let row = row(&lab);
    let first = Frr::start(&row.routers[0], NEAR_SOURCE);
    let last = Frr::start(&row.routers[1], NEAR_RECEIVER);
    let has_neighbour =
        || last.show("show ip pim neighbor").is_some_and(|all| all.contains("10.9.0.1"));
    eventually("the routers are neighbours", has_neighbour);
    let reaches_rp =
        || last.show("show ip pim rp-info").is_some_and(|all| !all.contains("Unknown"));
    eventually("the rendezvous point has a route", reaches_rp);

    let sends = row.sender.mcast("send 239.1.1.1:5000 --iface e0 --ttl 16 --interval 20ms").ready();
    row.receiver.mcast("recv 239.1.1.1:5000 --iface e0 --count 1").ends(0);
    let checked = row.check("239.1.1.1:5000");
    let found = finding(&checked, "last-hop-router");
    assert_eq!(found["level"], "pass", "{checked}");
    assert_eq!(found["what"], "PIM router on e0: 10.1.0.1 (IGMPv3 querier)", "{checked}");
    let evidence = found["evidence"].as_str().unwrap();
    assert!(
        evidence.starts_with("PIM hellos from 10.1.0.1 (DR priority 7, hold time "),
        "{checked}"
    );
    assert_eq!(found["commands"], serde_json::json!([]), "{checked}");
    drop(sends);

    // No rendezvous point: the group has no route.
    let [_, route, ..] = &not_routed(&row, &last, "239.2.1.1:5000")[..] else { panic!("commands") };
    assert!(!route.contains("10.0.0.100"), "{route}");
    // A boundary: the router ignores the members.
    let [members, ..] = &not_routed(&row, &last, "239.1.3.1:5000")[..] else { panic!("commands") };
    assert!(!members.contains("239.1.3.1"), "{members}");
    // No neighbour.
    first.configure(&["interface e1", "no ip pim"]);
    eventually("the neighbour is gone", || !has_neighbour());
    let outputs = not_routed(&row, &last, "239.1.4.1:5000");
    assert!(outputs[0].contains("239.1.4.1") && !outputs[3].contains("10.9.0.1"), "{outputs:?}");

    // Without a measured stream, the group is silent, and the source is in another network.
    let checked = row.check("10.0.0.100@239.1.4.1:5000");
    let found = finding(&checked, "last-hop-router");
    assert_eq!((&found["level"], ids(&checked, "fault").len()), (&"note".into(), 0), "{checked}");
    let outputs = self::outputs(&last, &found);
    assert!(outputs[2].contains("10.9.0.1"), "the route back to the source: {outputs:?}");
}

#[test]
fn the_router_of_an_igmpv2_segment_is_named() {
    let Some(lab) = Lab::with(&["vtysh"]) else { return };
    let row = row(&lab);
    let last = Frr::start(&row.routers[1], NEAR_RECEIVER);
    last.configure(&["interface e1", "ip igmp version 2"]);
    eventually("the receiver uses IGMPv2", || uses_igmp(&row.receiver, "V2"));
    let checked = row.check("10.0.0.100@232.1.1.1:5000");
    let found = finding(&checked, "ssm-unsupported");
    let text = |field: &str| found[field].as_str().expect("text").to_owned();
    assert!(text("evidence").contains("the querier 10.1.0.1"), "{checked}");
    assert!(text("remedy").contains("configure IGMPv3 on the querier 10.1.0.1"), "{checked}");
    let command = &found["commands"][0];
    assert_eq!(command["where"], "router", "{checked}");
    last.configure(&["interface e1", command["run"].as_str().expect("a command")]);
}
