//! Scenes: networks in which a receiver gets no datagrams, or only some, each for one known reason.
//! `tests/check.rs` shows for each scene that the fault is real, that `mcast check` detects it, and
//! that the suggested commands fix it.
//!
//! ```text
//! let mut scene = scenes::interface_down(&lab, Ip::V4);
//! assert!(!scene.flows());
//! scene.run_at("ip link set e0 up", "here");
//! scene.wait_for_flow();
//! ```
//!
//! The receiver is 10.0.0.101 and the sender 10.0.0.100, each on its `e0`. A switch between them
//! has them on `p1` and `p0` of its `br0`. IPv6 scenes add fd00::101 and fd00::100.

use super::{Host, Lab, Running, Switch, eventually};

/// The IP version of a scene, with its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ip {
    V4,
    V6,
}

impl Ip {
    /// The group of nearly all scenes.
    pub fn group(self) -> &'static str {
        self.either("239.1.1.1", "ff15::1234")
    }

    /// Group and port, as mcast writes them: the target of nearly all scenes.
    pub fn target(self) -> String {
        self.port(self.group(), 5000)
    }

    /// An address and a port.
    pub fn port(self, address: &str, port: u16) -> String {
        match self {
            Ip::V4 => format!("{address}:{port}"),
            Ip::V6 => format!("[{address}]:{port}"),
        }
    }

    /// An address as the source of a target.
    fn source(self, address: &str) -> String {
        match self {
            Ip::V4 => address.to_owned(),
            Ip::V6 => format!("[{address}]"),
        }
    }

    /// The value for this version.
    pub fn either<T>(self, v4: T, v6: T) -> T {
        match self {
            Ip::V4 => v4,
            Ip::V6 => v6,
        }
    }

    /// The receiver's address, as a program binds it.
    pub fn receiver(self) -> &'static str {
        self.either("10.0.0.101", "fd00::101")
    }

    /// The sender's address.
    pub fn sender(self) -> &'static str {
        self.either("10.0.0.100", "fd00::100")
    }
}

/// A switch that handles frames in a program.
const RELAY: &str = include_str!("relay.py");

/// A receiver in Python.
const RECEIVER: &str = include_str!("receiver.py");

/// One IGMPv3 general query (RFC 3376) from 10.0.0.100, or one MLDv2 query (RFC 3810): maximum
/// response time 0.1 s, no group, robustness 1 (members report a join once), no sources.
const QUERY: &str = r#"
import socket, struct, sys
if sys.argv[1] == "V4":
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 2)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
    s.sendto(struct.pack("!BBH4sBBH", 0x11, 1, 0xffff - 0x1101 - 0x017d, bytes(4), 1, 125, 0), ("224.0.0.1", 0))
else:
    e0 = socket.if_nametoindex("e0")
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, e0)
    # A router alert among the hop-by-hop options. The kernel fills the checksum in.
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, bytes([0, 0, 5, 2, 0, 0, 1, 0]))
    s.sendto(struct.pack("!BBHHH16sBBH", 130, 0, 0, 100, 0, bytes(16), 1, 125, 0), ("ff02::1", 0, 0, e0))
"#;

/// A network with a sender and a receiver.
pub struct Scene {
    /// The programs that cause the fault or are part of the network. They end first.
    pub programs: Vec<Running>,
    pub ip: Ip,
    pub receiver: Host,
    pub sender: Host,
    /// The switch between them, if they are not directly connected.
    pub switch: Option<Switch>,
    /// The router between them: `e0` faces the sender, `e1` the receiver.
    pub router: Option<Host>,
    /// The target of the receiver, and its `--iface` option, if any.
    pub target: String,
    pub iface: Option<String>,
    /// The arguments of `mcast send` at the sender.
    pub send: String,
}

impl Scene {
    fn new(ip: Ip, (sender, receiver): (Host, Host)) -> Scene {
        if ip == Ip::V6 {
            [&sender, &receiver].iter().for_each(|host| host.wait_for_ipv6("e0"));
            sender.address("e0", "fd00::100/64");
            receiver.address("e0", "fd00::101/64");
        }
        Scene::between(ip, (sender, receiver))
    }

    /// A sender and a receiver that have their addresses.
    fn between(ip: Ip, (sender, receiver): (Host, Host)) -> Scene {
        let (target, iface) = (ip.target(), Some("e0".to_owned()));
        let send = format!("{target} --iface e0 --interval 20ms");
        Scene {
            programs: Vec::new(),
            ip,
            receiver,
            sender,
            switch: None,
            router: None,
            target,
            iface,
            send,
        }
    }

    /// The scene with other arguments of `mcast send`, after the target.
    fn sending(self, arguments: &str) -> Scene {
        Scene { send: format!("{} {arguments}", self.ip.target()), ..self }
    }

    /// A sender and a receiver on a switch.
    fn on(lab: &Lab, ip: Ip, mut switch: Switch) -> Scene {
        let sender = lab.host_on(&mut switch, "10.0.0.100/24");
        let receiver = lab.host_on(&mut switch, "10.0.0.101/24");
        Scene { switch: Some(switch), ..Scene::new(ip, (sender, receiver)) }
    }

    /// A sender and a receiver on a switch that runs `relay.py`.
    fn on_relay(lab: &Lab, ip: Ip, options: &[&str]) -> Scene {
        let mut switch = lab.switch_without_bridge();
        let sender = lab.host_on(&mut switch, "10.0.0.100/24");
        let receiver = lab.host_on(&mut switch, "10.0.0.101/24");
        let relay = relay(switch.host(), options);
        Scene { programs: vec![relay], switch: Some(switch), ..Scene::new(ip, (sender, receiver)) }
    }

    /// Starts the sender, which sends until it is dropped.
    pub fn start_sender(&self) -> Running {
        self.sender.mcast(&format!("send {} --no-offload", self.send)).ready()
    }

    /// The target and the interface, as arguments of `mcast recv` or `mcast check`.
    pub fn arguments(&self) -> String {
        let named = self.iface.iter().map(|iface| format!(" --iface {iface}"));
        named.fold(self.target.clone(), |target, iface| target + &iface)
    }

    /// Whether datagrams reach a new receiver while the sender sends.
    pub fn flows(&self) -> bool {
        let _sender = self.start_sender();
        let recv = self
            .receiver
            .mcast(&format!("recv {} --count 3 --timeout 1s -q", self.arguments()))
            .finish();
        recv.status.success()
    }

    /// Waits until datagrams reach a new receiver.
    pub fn wait_for_flow(&self) {
        eventually("datagrams flow", || self.flows());
    }

    /// Runs a shell command at a place: `here` (the receiver), `sender`, `switch` or `router`. It
    /// must succeed. `IFACE` stands for the interface of that place towards the receiver, `BRIDGE`
    /// for its bridge. An mcast command replaces the arguments of the scene.
    pub fn run_at(&mut self, command: &str, place: &str) {
        let (host, iface) = match place {
            "here" => (&self.receiver, "e0"),
            "sender" => (&self.sender, "e0"),
            "switch" => (self.switch.as_ref().expect("a switch").host(), "p1"),
            "router" => (self.router.as_ref().expect("a router"), "e1"),
            _ => panic!("unknown place {place}"),
        };
        let command = command.replace("IFACE", iface).replace("BRIDGE", "br0");
        // A shell removes the quotes.
        let bare = command.replace('\'', "");
        let words: Vec<&str> = bare.split_whitespace().collect();
        match &words[..] {
            ["mcast", "send", arguments @ ..] => {
                self.send = arguments.join(" ");
                if !arguments.contains(&"--interval") {
                    self.send += " --interval 20ms";
                }
            }
            ["mcast", "recv", target, arguments @ ..] => {
                self.target = (*target).to_owned();
                self.iface = arguments
                    .iter()
                    .skip_while(|word| **word != "--iface")
                    .nth(1)
                    .map(|iface| (*iface).to_owned());
            }
            _ => drop(host.shell(&command)),
        }
        // A bridge sends MLD queries from its link-local address, which it gets some time after
        // it is up.
        if self.ip == Ip::V6 && command.contains("br0 up") {
            host.wait_for_ipv6("br0");
        }
    }

    /// The kernel's count of datagrams that the receiver's sockets on port 5000 dropped.
    pub fn dropped(&self) -> u64 {
        let sockets = self.receiver.proc_net(self.ip.either("udp", "udp6"));
        let ours = sockets.lines().filter(|line| {
            line.split_whitespace().nth(1).is_some_and(|local| local.ends_with(":1388"))
        });
        ours.map(|line| {
            line.split_whitespace()
                .last()
                .and_then(|drops| drops.parse::<u64>().ok())
                .expect("a number")
        })
        .sum()
    }
}

/// A program that forwards frames between `p0` and `p1` of a switch.
pub fn relay(switch: &Host, options: &[&str]) -> Running {
    let relay = switch.python(RELAY, options);
    relay.line(|line| line == "relays");
    relay
}

/// A receiver of the target on `e0` in another program. `bound` is the address (empty: any); a
/// buffer of 0 is the system's default. It reads all datagrams once per `pause`, shares the port or
/// not, and prints `heard 17` after each read.
pub fn receiver(
    host: &Host,
    ip: Ip,
    bound: &str,
    buffer: usize,
    pause: f64,
    shares: bool,
) -> Running {
    let arguments = [
        ip.group(),
        bound,
        &buffer.to_string(),
        &pause.to_string(),
        if shares { "1" } else { "0" },
    ];
    let receiver = host.python(RECEIVER, &arguments);
    receiver.line(|line| line == "joined");
    receiver
}

/// Two hosts on a wire, without a fault.
pub fn healthy(lab: &Lab, ip: Ip) -> Scene {
    Scene::new(ip, lab.pair())
}

/// A switch with IGMP snooping and a querier, without a fault.
pub fn healthy_with_querier(lab: &Lab, ip: Ip) -> Scene {
    Scene::on(lab, ip, lab.switch())
}

/// Two wires: the receiver uses `e0`, and the datagrams arrive on `e1`.
pub fn wrong_interface(lab: &Lab, ip: Ip) -> Scene {
    Scene::new(ip, lab.pair_with_two_wires()).sending("--iface e1 --interval 20ms")
}

/// Two wires, no route to the group, and no `--iface` option.
pub fn no_route(lab: &Lab, ip: Ip) -> Scene {
    Scene { iface: None, ..Scene::new(ip, lab.pair_with_two_wires()) }
}

/// IPv6 is disabled on the receiver's interface.
pub fn ipv6_disabled(lab: &Lab) -> Scene {
    let scene = healthy(lab, Ip::V6);
    scene.receiver.shell("echo 1 > /proc/sys/net/ipv6/conf/e0/disable_ipv6");
    scene
}

/// The receiver's interface is down.
pub fn interface_down(lab: &Lab, ip: Ip) -> Scene {
    let scene = healthy(lab, ip);
    scene.receiver.shell("ip link set e0 down");
    scene
}

/// The port of the switch at the other end of the receiver's wire is down.
pub fn no_carrier(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = Scene::on(lab, ip, lab.switch_with("mcast_snooping 0"));
    scene.run_at("ip link set p1 down", "switch");
    scene.receiver.wait_for_carrier("e0", false);
    scene
}

/// Another program at the receiver binds the host's own address, as on Windows, and joins. It
/// receives nothing, but mcast does.
pub fn bound_to_address(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = healthy(lab, ip);
    scene.programs.push(receiver(&scene.receiver, ip, ip.receiver(), 0, 0.0, true));
    scene
}

/// Another program at the receiver holds the port, and does not share it.
pub fn port_taken(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = healthy(lab, ip);
    scene.programs.push(receiver(&scene.receiver, ip, "", 0, 0.0, false));
    scene
}

/// A common firewall, which accepts only replies.
pub fn firewall_input_policy(lab: &Lab, ip: Ip) -> Scene {
    let scene = healthy(lab, ip);
    scene.receiver.firewall(
        "table inet filter { chain input { type filter hook input priority filter; policy drop; \
         iif lo accept; ct state established,related accept; meta l4proto { icmp, icmpv6, igmp } \
         accept; }; }",
    );
    scene
}

/// A firewall with a rule against the port.
pub fn firewall_input_rule(lab: &Lab, ip: Ip) -> Scene {
    let scene = healthy(lab, ip);
    scene.receiver.firewall(
        "table inet filter { chain input { type filter hook input priority filter; udp dport 5000 \
         drop; }; }",
    );
    scene
}

/// A firewall that drops before routing.
pub fn firewall_prerouting(lab: &Lab, ip: Ip) -> Scene {
    let scene = healthy(lab, ip);
    scene.receiver.firewall(&format!(
        "table inet raw {{ chain prerouting {{ type filter hook prerouting priority raw; {} udp \
         dport 5000 drop; }}; }}",
        ip.either("ip daddr 224.0.0.0/4", "ip6 daddr ff00::/8")
    ));
    scene
}

/// A firewall on the interface itself, which drops before the host counts a packet.
pub fn firewall_ingress(lab: &Lab, ip: Ip) -> Scene {
    let scene = healthy(lab, ip);
    scene.receiver.firewall(&format!(
        "table netdev filter {{ chain ingress {{ type filter hook ingress device e0 priority 0; \
         {} udp dport 5000 drop; }}; }}",
        ip.either("ip daddr 224.0.0.0/4", "ip6 daddr ff00::/8")
    ));
    scene
}

/// The receiver has a strict reverse-path filter. The datagrams arrive on `e0` from an address in
/// the network of `e1`.
pub fn rp_filter_strict(lab: &Lab) -> Scene {
    let scene = Scene::new(Ip::V4, lab.pair_with_two_wires());
    scene
        .receiver
        .shell("for conf in all e0 e1; do echo 1 > /proc/sys/net/ipv4/conf/$conf/rp_filter; done");
    scene.sender.shell("ip addr add 10.1.0.77/32 dev e0");
    scene.sending("--iface 10.1.0.77 --interval 20ms")
}

/// The receiver has a loose reverse-path filter, and no route to the sender.
pub fn rp_filter_loose(lab: &Lab) -> Scene {
    let scene = healthy(lab, Ip::V4);
    scene
        .receiver
        .shell("for conf in all e0; do echo 2 > /proc/sys/net/ipv4/conf/$conf/rp_filter; done");
    scene.sender.shell("ip addr add 10.9.0.77/32 dev e0");
    scene.sending("--iface 10.9.0.77 --interval 20ms")
}

/// The sender has the receiver's own address.
pub fn duplicate_address(lab: &Lab) -> Scene {
    let scene = healthy(lab, Ip::V4);
    scene.sender.shell("ip addr del 10.0.0.100/24 dev e0; ip addr add 10.0.0.101/24 dev e0");
    scene
}

/// Another program at the receiver has a small buffer and reads only every 50 ms. The sender sends
/// 1000 datagrams a second.
pub fn buffer_overflow(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = healthy(lab, ip);
    scene.programs.push(receiver(&scene.receiver, ip, "", 4096, 0.05, true));
    scene.sending("--iface e0 --rate 1kpps")
}

/// The sender leaves its checksums to hardware that does not exist, and the switch forwards wrong
/// checksums. Needs `ethtool` for the fix.
pub fn bad_checksum(lab: &Lab, ip: Ip) -> Scene {
    Scene::on_relay(lab, ip, &[])
}

/// The sender, another program, omits the UDP checksum. IPv4 permits that, IPv6 does not. It sends
/// until it is removed from the programs.
pub fn no_checksum(lab: &Lab) -> Scene {
    const SENDER: &str = r#"
import socket, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 101, 1) # UDP_NO_CHECK6_TX
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("e0"))
while True:
    s.sendto(b"unsummed", ("ff15::1234", 5000))
    time.sleep(0.02)
"#;
    let mut scene = healthy(lab, Ip::V6);
    scene.programs.push(scene.sender.python(SENDER, &[]));
    scene
}

/// A device between sender and receiver writes a wrong UDP length. Needs `ethtool`.
pub fn bad_length(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = Scene::on_relay(lab, ip, &["length"]);
    scene.run_at("ethtool -K e0 tx off", "sender");
    scene
}

/// The switch has the receiver in a VLAN that the receiver lacks. Needs `ethtool`.
pub fn vlan_tag(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = Scene::on_relay(lab, ip, &["tag"]);
    // Otherwise the checksums would be wrong as well.
    scene.run_at("ethtool -K e0 tx off", "sender");
    scene
}

/// The switch forwards the first fragment of each datagram, and not the others.
pub fn fragments_lost(lab: &Lab, ip: Ip) -> Scene {
    let scene = Scene::on(lab, ip, lab.switch_with("mcast_snooping 0"));
    let later = ip.either("ip frag-off & 0x1fff != 0", "frag frag-off != 0");
    scene.switch.as_ref().expect("a switch").host().firewall(&format!(
        "table bridge fragments {{ chain forward {{ type filter hook forward priority 0; {later} \
         drop; }}; }}",
    ));
    scene.sending("--iface e0 --interval 20ms --probe --size 4000")
}

/// The sender and the switch carry large frames, and the receiver does not.
pub fn mtu_too_small(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = Scene::on(lab, ip, lab.switch_with("mcast_snooping 0"));
    scene.run_at("ip link set e0 mtu 9000", "sender");
    scene.run_at("for port in p0 p1 br0; do ip link set $port mtu 9000; done", "switch");
    scene.sending("--iface e0 --interval 20ms --probe --size 4000")
}

/// A router forwards the group, but the sender uses a TTL of 1.
/// Needs `smcrouted`.
pub fn ttl_too_low(lab: &Lab, ip: Ip) -> Scene {
    let (sender, router, receiver) = (lab.host(), lab.host(), lab.host());
    lab.wire(&sender, &router);
    lab.wire(&router, &receiver);
    let (route, near, far, bits) = ip.either(
        ("ip route", "10.0.0", "10.1.0", 24),
        ("ip -6 route", "fd00:0:0:0:", "fd00:0:0:1:", 64),
    );
    let dot = ip.either(".", ":");
    sender.shell(&format!(
        "ip addr add {near}{dot}100/{bits} dev e0; {route} add default via {near}{dot}1"
    ));
    receiver.shell(&format!(
        "ip addr add {far}{dot}101/{bits} dev e0; {route} add default via {far}{dot}1"
    ));
    router.shell(&format!(
        "ip addr add {near}{dot}1/{bits} dev e0; ip addr add {far}{dot}1/{bits} dev e1; echo 1 > \
         /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; for conf \
         in all e0 e1; do echo 0 > /proc/sys/net/ipv4/conf/$conf/rp_filter; done"
    ));
    // Its files are in a private /run, which ends with the namespace.
    let mut command = router.command("unshare");
    let group = ip.group();
    command.args(["--mount", "sh", "-ec"]).arg(format!(
        "mount -t tmpfs run /run; printf 'phyint e0 enable\\nphyint e1 enable\\nmgroup from e0 \
         group {group}\\nmroute from e0 group {group} to e1\\n' > /run/smcroute.conf; exec \
         smcrouted -n -N -f /run/smcroute.conf -P /run/smcroute.pid -u /run/smcroute.sock"
    ));
    let routes = Running::start(command);
    // It joins last.
    router.wait_for_join("e0", group);
    Scene { programs: vec![routes], router: Some(router), ..Scene::between(ip, (sender, receiver)) }
}

/// A snooping switch has seen a querier that has gone, and has pruned the member. The member has
/// not left.
pub fn snooping_pruned(lab: &Lab, ip: Ip) -> Scene {
    // In hundredths of a second. Were there a querier again, it would ask often enough.
    let mut scene = Scene::on(
        lab,
        ip,
        lab.switch_with(
            "mcast_snooping 1 mcast_membership_interval 150 mcast_querier_interval 30000 \
             mcast_query_interval 100 mcast_query_response_interval 10 \
             mcast_startup_query_interval 100",
        ),
    );
    scene.sender.python(QUERY, &[ip.either("V4", "V6")]).ends(0);
    let recv = scene.receiver.mcast(&format!("recv {} --iface e0 -qq", scene.target));
    let member = recv.ready_when_member(&scene.receiver, "e0", ip.group());
    scene.programs.push(member);
    let knows = |known: bool| {
        let switch = scene.switch.as_ref().expect("a switch");
        eventually("the switch adds the member, then removes it", || {
            switch.has_member(1, ip.group()) == known
        });
    };
    knows(true);
    knows(false);
    scene
}

/// A switch that queries in IGMPv2 or MLDv1, which turns a source-specific join into one for all
/// sources. It queried in the newest version before: the receiver uses its short intervals and
/// returns to that version within seconds of the fix.
pub fn ssm_unsupported(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = Scene::on(
        lab,
        ip,
        lab.switch_with(
            "mcast_snooping 1 mcast_query_response_interval 10 mcast_query_interval 100 \
             mcast_membership_interval 500 mcast_startup_query_interval 100 mcast_igmp_version 3 \
             mcast_mld_version 2",
        ),
    );
    scene.run_at("ip link set br0 type bridge mcast_querier 1", "switch");
    let queried = |scene: &Scene| match ip {
        Ip::V4 => scene.receiver.counter("IpExt", "InMcastPkts"),
        Ip::V6 => scene.receiver.counter6("Icmp6InGroupMembQueries"),
    };
    eventually("the receiver got a query of the newest version", || queried(&scene) > 0);
    scene.run_at(
        ip.either(
            "ip link set br0 type bridge mcast_igmp_version 2",
            "ip link set br0 type bridge mcast_mld_version 1",
        ),
        "switch",
    );
    match ip {
        Ip::V4 => {
            eventually("the receiver got an IGMPv2 query", || uses_igmp(&scene.receiver, "V2"))
        }
        // Linux does not show that it uses MLDv1.
        Ip::V6 => {
            let before = queried(&scene);
            eventually("the receiver got an MLDv1 query", || queried(&scene) > before);
        }
    }
    scene.sender.address("e0", ip.either("10.0.0.102/24", "fd00::102/64"));
    let group = ip.either("232.1.1.1", "ff35::1234");
    Scene {
        target: format!("{}@{}", ip.source(ip.sender()), ip.port(group, 5000)),
        send: format!("{} --iface {} --interval 20ms", ip.port(group, 5000), ip.sender()),
        ..scene
    }
}

/// Whether a host uses this version of IGMP on `e0`: `V2` or `V3`.
pub fn uses_igmp(host: &Host, version: &str) -> bool {
    host.proc_net("igmp").lines().any(|line| line.contains("\te0 ") && line.ends_with(version))
}

/// Receiver and sender are containers of one host. As with Docker, bridged frames pass its
/// firewall, and the FORWARD chain drops them. Needs `sysctl` for the fix.
pub fn bridge_firewall(lab: &Lab, ip: Ip) -> Scene {
    let mut scene = Scene::on(lab, ip, lab.switch_with("mcast_snooping 0"));
    let (address, tables, family) =
        ip.either(("10.0.0.1/24", "iptables", "ip"), ("fd00::1/64", "ip6tables", "ip6"));
    scene.run_at(
        &format!(
            "ip addr add {address} dev BRIDGE; echo 1 > \
             /proc/sys/net/bridge/bridge-nf-call-{tables}"
        ),
        "switch",
    );
    let rules = format!(
        "table {family} filter {{ chain FORWARD {{ type filter hook forward priority filter; \
         policy drop; }}; }}"
    );
    scene.switch.as_ref().expect("a switch").host().firewall(&rules);
    scene
}

/// The sender sends to another port of the group.
pub fn other_port(lab: &Lab, ip: Ip) -> Scene {
    Scene {
        send: format!("{} --iface e0 --interval 20ms", ip.port(ip.group(), 5001)),
        ..healthy(lab, ip)
    }
}

/// The receiver filters by another source.
pub fn other_source(lab: &Lab, ip: Ip) -> Scene {
    let other = ip.source(ip.either("10.0.0.200", "fd00::200"));
    Scene { target: format!("{other}@{}", ip.target()), ..healthy(lab, ip) }
}
