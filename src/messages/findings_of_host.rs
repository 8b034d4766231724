//! Facts made by hand, for the texts about this host: `rules/{arrival, conclusion, here,
//! interface}`. [`super::findings_of_path`] has those about other programs, senders and the path.

use std::io;

use super::findings::record;
use super::findings_of_path;
use crate::diagnosis::{Facts, FlowFacts, LinkFacts, SenderFacts};
use crate::host::PortUser;
use crate::iface::{Link, Master};
use crate::net;

/// Facts, each with a name.
pub fn facts() -> Vec<(String, Facts)> {
    let sections =
        [arrivals(), silence(), routes(), memberships(), versions(), limits(), self_tests()];
    let elsewhere = super::findings_elsewhere::facts();
    let more = [elsewhere, blind_spots(), interfaces(), stacked_interfaces(), no_interface()];
    let all = sections.into_iter().chain(more).flatten();
    all.map(|(name, facts)| (name.to_owned(), facts)).chain(findings_of_path::facts()).collect()
}

/// A name and facts.
pub type Sample = (&'static str, Facts);

/// A record with a change.
pub fn changed(name: &'static str, from: &str, change: impl Fn(&mut Facts)) -> Sample {
    let mut facts = record(from);
    change(&mut facts);
    (name, facts)
}

/// The interface of the target.
pub fn e0(facts: &mut Facts) -> &mut LinkFacts {
    facts.interfaces.iter_mut().find(|link| link.name == "e0").expect("e0")
}

/// Frames of the target that are not delivered.
pub fn flows(facts: &mut Facts) -> &mut Vec<FlowFacts> {
    &mut facts.frames.as_mut().expect("frames").flows
}

fn member_of(kind: Option<&str>, name: &str) -> Link {
    let master = Master { name: name.to_owned(), kind: kind.map(str::to_owned) };
    Link { master: Some(master), ..Link::default() }
}

fn errno(code: i32) -> String {
    net::describe(&io::Error::from_raw_os_error(code))
}

/// The same sender on these interfaces too.
fn copies(facts: &mut Facts, ifaces: &[&str]) {
    let first = facts.heard[0].clone();
    let on = |iface: &&str| SenderFacts { iface: Some((*iface).to_owned()), ..first.clone() };
    facts.heard.extend(ifaces.iter().map(on));
}

fn arrivals() -> Vec<Sample> {
    let own = |facts: &mut Facts| {
        facts.heard[0].source = "10.0.0.101:40000".parse().unwrap();
        facts.frames = None;
    };
    vec![
        changed("only-own", "healthy", own),
        changed("only-own-and-a-warning", "healthy", |facts| {
            own(facts);
            e0(facts).addresses.retain(|address| address.ip.is_ipv6());
            facts.interfaces[0].addresses.push(crate::iface::Address {
                ip: "10.0.0.101".parse().unwrap(),
                prefix: Some(24),
            });
        }),
        changed("own-drops", "healthy", |facts| facts.own_drops = Some(7)),
        changed("four-senders", "healthy", |facts| {
            for port in 40001..=40003 {
                let source = format!("10.0.0.100:{port}").parse().unwrap();
                facts.heard.push(SenderFacts { source, ..facts.heard[0].clone() });
            }
        }),
        changed("two-copies", "healthy", |facts| copies(facts, &["e1"])),
        changed("three-copies", "healthy", |facts| copies(facts, &["e1", "e2"])),
        changed("wrong-interface-by-route", "wrong-interface", |facts| {
            facts.named = false;
            facts.route = Some("e0".to_owned());
        }),
        changed("frames-on-a-port", "healthy", |facts| {
            facts.heard.clear();
            e0(facts).link = member_of(Some("bridge"), "br0");
        }),
        changed("ignored-as-root", "another-port-as-nobody", |facts| {
            facts.counters = Some([("Udp.IgnoredMulti".to_owned(), 1)].into());
        }),
    ]
}

fn silence() -> Vec<Sample> {
    vec![
        changed("silence-of-others", "silence", |facts| {
            let frames = facts.frames.as_mut().expect("frames");
            frames.others.insert("e0".to_owned(), 12);
            frames.missed = 4;
        }),
        changed("silence-of-a-receiver", "silence", |facts| {
            (facts.receiving, facts.more) = (true, 2);
        }),
        changed("silence-of-a-receiver-with-a-cause", "rp-filter-strict-as-nobody", |facts| {
            facts.receiving = true;
        }),
        changed("silence-of-the-loopback", "silence", |facts| {
            e0(facts).loopback = true;
        }),
        changed("silence-everywhere", "silence", |facts| facts.iface = None),
        changed("silence-without-counters", "silence-as-nobody", |facts| {
            facts.counters = None;
            e0(facts).counters = None;
        }),
        changed("expected-traffic", "silence", |facts| facts.expects_traffic = true),
        changed("not-delivered", "firewall-input-rule", |facts| {
            facts.firewall.inbound.clear();
            (facts.counters, facts.self_test) = (None, None);
        }),
        changed("not-delivered-with-a-possible-cause", "firewall-input-rule", |facts| {
            facts.firewall.inbound.clear();
            (facts.counters, facts.self_test) = (None, None);
            e0(facts).addresses.retain(|address| address.ip.is_ipv6());
        }),
        changed("two-faults", "firewall-input-rule", |facts| {
            facts.membership.seen = Some(false);
        }),
        changed("three-faults", "firewall-input-rule", |facts| {
            facts.membership.seen = Some(false);
            facts.limits.groups = Some(0);
        }),
    ]
}

fn routes() -> Vec<Sample> {
    let to = |route: &'static str| move |facts: &mut Facts| facts.route = Some(route.to_owned());
    vec![
        changed("route-of-ipv6", "healthy-ipv6", to("e1")),
        changed("route-differs", "healthy", to("e1")),
    ]
}

fn memberships() -> Vec<Sample> {
    let user = |program: Option<&str>| {
        let own = &record("port-taken").port_users.expect("users")[0];
        PortUser { program: program.map(str::to_owned), ..own.clone() }
    };
    vec![
        changed("port-taken-by-two", "port-taken", |facts| {
            facts.port_users =
                Some(vec![user(Some("vlc (pid 4711)")), user(Some("mpv (pid 4712)"))]);
        }),
        changed("port-taken-by-the-kernel", "port-taken", |facts| {
            facts.port_users = Some(vec![user(None)]);
            facts.interfaces[0].link.kind = Some("vxlan".to_owned());
            facts.interfaces[0].name = "vx0".to_owned();
        }),
        changed("port-taken-by-an-unknown-program", "port-taken", |facts| facts.port_users = None),
        changed("port-not-permitted", "silence", |facts| {
            facts.target.port = 319;
            facts.membership.port_not_permitted = true;
            facts.self_test.as_mut().expect("a self-test").same_port = false;
        }),
        changed("cannot-join", "silence", |facts| {
            facts.membership.error = Some(format!("join 239.1.1.1 on e0: {}", errno(105)));
            facts.membership.seen = None;
        }),
        changed("interfaces-left-out", "silence", |facts| facts.membership.left_out = 2),
        changed("members-before", "silence", |facts| e0(facts).members_before = Some(3)),
    ]
}

fn versions() -> Vec<Sample> {
    vec![
        changed("ssm-from-any-source", "ssm-unsupported", |facts| {
            facts.target.sources.clear();
            e0(facts).version = Some(3);
        }),
        changed("forced-igmpv3", "healthy", |facts| e0(facts).forced_version = Some(3)),
        changed("forced-igmpv2", "healthy", |facts| {
            (e0(facts).version, e0(facts).forced_version) = (Some(2), Some(2));
        }),
        changed("forced-igmpv2-for-a-source", "ssm-unsupported", |facts| {
            e0(facts).forced_version = Some(2);
        }),
    ]
}

fn limits() -> Vec<Sample> {
    vec![
        changed("no-groups", "silence", |facts| facts.limits.groups = Some(0)),
        changed("small-receive-buffers", "healthy", |facts| facts.limits.rcvbuf = Some(212_992)),
    ]
}

fn self_tests() -> Vec<Sample> {
    let failed = |code: i32, refused: bool| {
        move |facts: &mut Facts| {
            let test = facts.self_test.as_mut().expect("a self-test");
            (test.sent, test.heard, test.refused) = (0, 0, refused);
            test.error = Some(errno(code));
        }
    };
    vec![
        changed("self-test-refused", "silence", failed(1, true)),
        changed("self-test-fails", "silence", failed(101, false)),
        changed("self-test-silent", "silence", |facts| {
            facts.self_test.as_mut().expect("a self-test").heard = 0;
        }),
        changed("self-test-silent-as-nobody", "silence-as-nobody", |facts| {
            let test = facts.self_test.as_mut().expect("a self-test");
            (test.heard, test.counters) = (0, None);
        }),
    ]
}

fn blind_spots() -> Vec<Sample> {
    let on = |system: &'static str| {
        move |facts: &mut Facts| {
            facts.system = system.to_owned();
            (facts.frames, facts.counters) = (None, None);
        }
    };
    vec![
        changed("macos", "silence", on("macos")),
        changed("windows", "silence", on("windows")),
        changed("freebsd", "silence", on("freebsd")),
        changed("openbsd", "silence", on("openbsd")),
        changed("no-netlink", "silence", |facts| {
            facts.rights.no_netlink = true;
            facts.counters = None;
            facts.firewall.legacy = true;
        }),
    ]
}

fn interfaces() -> Vec<Sample> {
    let no_address = |facts: &mut Facts| e0(facts).addresses.retain(|address| address.ip.is_ipv6());
    vec![
        changed("interface-down-ipv6", "silence-ipv6", |facts| e0(facts).up = false),
        changed("no-address", "silence", no_address),
        changed("no-address-ipv6", "silence-ipv6", |facts| {
            e0(facts).addresses.retain(|address| address.ip.is_ipv4());
        }),
        changed("unknown-carrier", "silence", |facts| e0(facts).carrier = None),
        changed("loopback", "silence", |facts| facts.iface = Some("lo".to_owned())),
        changed("no-multicast-flag", "silence", |facts| e0(facts).multicast = false),
        changed("wireguard", "silence", |facts| {
            e0(facts).link.kind = Some("wireguard".to_owned());
        }),
    ]
}

fn stacked_interfaces() -> Vec<Sample> {
    let accept = |accept: bool| {
        move |facts: &mut Facts| {
            e0(facts).link = member_of(Some("vrf"), "red");
            facts.l3mdev_accept = Some(accept);
        }
    };
    vec![
        changed("port-of-a-bridge", "silence", |facts| {
            e0(facts).link = member_of(Some("openvswitch"), "ovs-system");
        }),
        changed("ipvlan", "silence", |facts| e0(facts).link.is_l3_ipvlan = true),
        changed("vrf", "silence", accept(false)),
        changed("vrf-for-all", "silence", accept(true)),
        changed("vrf-itself", "silence", |facts| {
            let mut member = e0(facts).clone();
            (member.name, member.index) = ("e1".to_owned(), 9);
            member.link = member_of(Some("vrf"), "e0");
            e0(facts).link.kind = Some("vrf".to_owned());
            facts.interfaces.push(member);
        }),
    ]
}

fn no_interface() -> Vec<Sample> {
    vec![
        changed("interface-disappeared", "silence", |facts| {
            facts.receiving = true;
            facts.interfaces.clear();
        }),
        changed("no-able-interface", "silence", |facts| {
            facts.iface = None;
            facts.interfaces.iter_mut().for_each(|link| link.multicast = false);
        }),
        changed("no-route-and-silence", "silence", |facts| {
            facts.iface = None;
            let other = LinkFacts { name: "e1".to_owned(), ..e0(facts).clone() };
            facts.interfaces.push(other);
        }),
        changed("no-route-and-many-interfaces", "no-route", |facts| {
            let able = e0(facts).clone();
            let more =
                (2..8).map(|number| LinkFacts { name: format!("e{number}"), ..able.clone() });
            facts.interfaces.extend(more);
        }),
    ]
}
