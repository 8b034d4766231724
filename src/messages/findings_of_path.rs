//! Facts made by hand, for the texts about the path, other programs and senders: `rules/{path,
//! programs, sender}`.

use super::findings_of_host::{Sample, changed, e0, flows};
use super::findings_of_routers;
use crate::diagnosis::{CheckedTarget, Facts, Leg, LegKind, PimRouter};
use crate::host::PortUser;
use crate::net::wire::Flaw;

/// Facts, each with a name.
pub fn facts() -> impl Iterator<Item = (String, Facts)> {
    let sections =
        [paths(), routers(), programs(), drops(), senders(), findings_of_routers::facts()];
    sections.into_iter().flatten().map(|(name, facts)| (name.to_owned(), facts))
}

fn legs(facts: &mut Facts) -> &mut Vec<Leg> {
    &mut facts.path.as_mut().expect("a path").legs
}

fn leg(facts: &mut Facts, kind: LegKind) -> &mut Leg {
    legs(facts).iter_mut().find(|leg| leg.kind == kind).expect("a leg")
}

fn paths() -> Vec<Sample> {
    vec![
        changed("listen-and-firewall", "firewall-input-rule", |facts| {
            facts.path = super::findings::record("listen-pruned").path;
        }),
        changed("listen-and-no-membership", "listen-pruned", |facts| {
            facts.membership.seen = Some(false);
        }),
        changed("listen-unicast-only", "listen-pruned", |facts| {
            let flooded = leg(facts, LegKind::Flooded);
            (flooded.received, flooded.ttl) = (0, None);
        }),
    ]
}

fn routers() -> Vec<Sample> {
    let with_ttl =
        |ttl: (u8, u8)| move |facts: &mut Facts| leg(facts, LegKind::Unicast).ttl = Some(ttl);
    let group = |group: &'static str| {
        move |facts: &mut Facts| {
            facts.target = CheckedTarget { group: group.parse().unwrap(), ..facts.target.clone() };
            leg(facts, LegKind::Group).to = group.parse().unwrap();
        }
    };
    vec![
        changed("listen-two-routers", "listen-ttl", with_ttl((64, 62))),
        changed("listen-never-routed", "listen-ttl", group("224.0.0.200")),
        changed("listen-never-routed-ipv6", "listen-ttl-ipv6", group("ff02::1234")),
        changed("listen-not-routed", "listen-ttl", with_ttl((16, 15))),
        changed("listen-not-routed-by-two", "listen-ttl", |facts| {
            with_ttl((16, 14))(facts);
            let router = "10.1.0.1".parse().unwrap();
            let frames = facts.frames.as_mut().expect("frames");
            let iface = "e0".to_owned();
            frames.pim_routers.push(PimRouter { iface, router, ..PimRouter::default() });
            let query = super::findings::record("healthy-with-querier").frames.expect("frames");
            frames.queries = query.queries;
        }),
        changed("listen-not-routed-as-nobody", "listen-ttl", |facts| {
            with_ttl((16, 15))(facts);
            facts.frames = None;
        }),
        changed("listen-not-routed-ssm", "listen-ttl", |facts| {
            with_ttl((16, 15))(facts);
            group("232.1.1.1")(facts);
        }),
    ]
}

/// Another program's socket on the port.
fn user(facts: &mut Facts) -> &mut PortUser {
    let users = facts.port_users.as_mut().expect("users");
    users.iter_mut().find(|user| !user.own).expect("another program")
}

fn programs() -> Vec<Sample> {
    vec![
        changed("bound-to-address-without-a-member", "bound-to-address", |facts| {
            e0(facts).members_before = Some(0);
        }),
        changed("bound-to-address-and-another-to-any", "bound-to-address", |facts| {
            let any = PortUser { address: "0.0.0.0".parse().unwrap(), ..user(facts).clone() };
            facts.port_users.as_mut().expect("users").push(any);
        }),
        changed("bound-to-address-and-another-port", "bound-to-address", |facts| {
            facts.other_sockets = Some(1);
        }),
        changed("bound-to-address-and-other-ports", "bound-to-address", |facts| {
            facts.other_sockets = Some(3);
        }),
    ]
}

fn drops() -> Vec<Sample> {
    let wrong = |number: u64| {
        move |facts: &mut Facts| {
            let counters = facts.counters.as_mut().expect("counters");
            counters.insert("Udp.InCsumErrors".to_owned(), number);
        }
    };
    let elsewhere = |facts: &mut Facts| user(facts).drops = 0;
    vec![
        changed("two-slow-programs", "buffer-overflow", |facts| {
            let other = PortUser { program: None, uid: 1000, ..user(facts).clone() };
            facts.port_users.as_mut().expect("users").push(other);
        }),
        changed("slow-program-or-wrong-checksums", "buffer-overflow", wrong(900)),
        changed("slow-program-and-wrong-checksums", "buffer-overflow", wrong(24)),
        changed("slow-program-and-silence", "buffer-overflow", |facts| {
            facts.heard.clear();
            facts.frames = None;
        }),
        changed("slow-program-and-another-source", "buffer-overflow", |facts| {
            facts.heard.clear();
            facts.frames = None;
            facts.target.sources = vec!["10.0.0.5".parse().unwrap()];
        }),
        changed("slow-program-on-another-port", "buffer-overflow", elsewhere),
        changed("slow-program-on-an-unknown-port", "buffer-overflow", |facts| {
            facts.port_users = None;
        }),
    ]
}

fn senders() -> Vec<Sample> {
    let from = |source: &'static str| {
        move |facts: &mut Facts| {
            facts.firewall.inbound.clear();
            flows(facts).iter_mut().for_each(|flow| flow.source = source.parse().unwrap());
        }
    };
    let with = |flaw: Flaw| {
        move |facts: &mut Facts| {
            facts.firewall.inbound.clear();
            flows(facts).iter_mut().for_each(|flow| flow.flaw = Some(flaw));
        }
    };
    let errors = |name: &'static str| {
        move |facts: &mut Facts| {
            facts.frames = None;
            facts.counters.get_or_insert_default().insert(name.to_owned(), 25);
        }
    };
    vec![
        changed("from-a-group", "firewall-input-rule", from("239.9.9.9")),
        changed("from-loopback", "firewall-input-rule", from("127.0.0.1")),
        changed("from-broadcast", "firewall-input-rule", from("255.255.255.255")),
        changed("from-no-address", "firewall-input-rule", from("0.0.0.0")),
        changed("from-a-group-ipv6", "no-checksum-ipv6", |facts| {
            from("ff15::9")(facts);
            facts.counters.get_or_insert_default().insert("Ip6.InHdrErrors".to_owned(), 45);
        }),
        changed("header-checksum", "firewall-input-rule", with(Flaw::Checksum)),
        changed("header-length", "firewall-input-rule", with(Flaw::Truncated)),
        changed("header-invalid", "firewall-input-rule", with(Flaw::Header)),
        changed("source-route", "firewall-input-rule", with(Flaw::SourceRoute)),
        changed("routing-header", "no-checksum-ipv6", with(Flaw::SourceRoute)),
        changed("bad-headers", "silence-as-nobody", errors("Ip.InHdrErrors")),
        changed("bad-headers-ipv6", "silence-ipv6", errors("Ip6.InHdrErrors")),
    ]
}
