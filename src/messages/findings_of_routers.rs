//! Facts made by hand, for the texts about multicast routers: `rules/routers`.

use std::net::IpAddr;

use super::findings_of_host::{Sample, changed};
use super::findings_of_wire::queries;
use crate::diagnosis::{Facts, PimRouter, Queries};

/// Facts, each with a name.
pub fn facts() -> Vec<Sample> {
    [named(), silent(), missing()].concat()
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn router(text: &str, priority: u32) -> PimRouter {
    PimRouter {
        iface: "e0".to_owned(),
        router: address(text),
        hold_time: Some(105),
        dr_priority: Some(priority),
        generation: Some(7),
        hellos: 2,
        ..PimRouter::default()
    }
}

/// Facts after some time, with these routers and queries.
fn with(
    name: &'static str,
    base: &str,
    time: f64,
    routers: Vec<PimRouter>,
    asking: Vec<Queries>,
) -> Sample {
    changed(name, base, |facts| {
        facts.seconds = time;
        let frames = facts.frames.as_mut().expect("frames");
        frames.pim_routers.clone_from(&routers);
        frames.queries.clone_from(&asking);
    })
}

fn from(source: &str, (name, facts): Sample) -> Sample {
    let mut facts: Facts = facts;
    facts.target.sources = vec![address(source)];
    (name, facts)
}

/// The route to the source has a router.
fn behind((name, mut facts): Sample) -> Sample {
    facts.next_hop = Some(address("10.0.0.1"));
    (name, facts)
}

fn named() -> Vec<Sample> {
    let asking = || vec![queries("10.0.0.1", Some(125))];
    let many = (1..=7).map(|number| router(&format!("10.0.0.{number}"), number)).collect();
    let plain = PimRouter { hold_time: None, dr_priority: None, ..router("10.0.0.9", 1) };
    let restarted = PimRouter { restarts: 1, hold_time: Some(u16::MAX), ..router("10.0.0.2", 5) };
    vec![
        with("router-of-an-arriving-group", "healthy", 3.0, vec![router("10.0.0.1", 1)], asking()),
        with("two-routers", "healthy", 40.0, vec![router("10.0.0.1", 1), restarted], asking()),
        with("router-without-options", "healthy", 40.0, vec![plain], asking()),
        with("many-routers", "healthy", 40.0, many, Vec::new()),
        with(
            "router-without-ssm",
            "ssm-unsupported",
            3.0,
            vec![router("10.0.0.1", 1)],
            vec![Queries { version: 2, ..queries("10.0.0.1", None) }],
        ),
    ]
}

fn silent() -> Vec<Sample> {
    let asking = || vec![queries("10.0.0.1", Some(125))];
    let of_ipv6 = || PimRouter { addresses: vec![address("fd00::1")], ..router("fe80::1", 1) };
    vec![
        with("router-of-a-silent-group", "silence", 3.0, vec![router("10.0.0.1", 1)], asking()),
        from(
            "10.9.0.5",
            with("router-of-a-far-source", "silence", 40.0, vec![router("10.0.0.1", 1)], asking()),
        ),
        from(
            "10.0.0.5",
            with("router-of-a-near-source", "silence", 40.0, vec![router("10.0.0.1", 1)], asking()),
        ),
        with(
            "router-of-ipv6",
            "silence-ipv6",
            3.0,
            vec![of_ipv6()],
            vec![queries("fd00::1", Some(125))],
        ),
    ]
}

fn missing() -> Vec<Sample> {
    let far = |name, base, time, asking| from("10.9.0.5", with(name, base, time, vec![], asking));
    vec![
        far("no-pim-so-far", "silence", 3.0, vec![queries("10.0.0.1", Some(125))]),
        far("no-router-so-far", "silence", 3.0, vec![]),
        far("no-pim", "silence", 40.0, vec![queries("10.0.0.1", Some(125))]),
        far("no-router", "silence", 130.0, vec![]),
        behind(far(
            "no-pim-on-the-next-hop",
            "silence",
            40.0,
            vec![
                queries("10.0.0.1", Some(125)),
                Queries { version: 2, ..queries("10.0.0.9", None) },
            ],
        )),
        behind(far("no-pim-on-the-next-hop-so-far", "silence", 3.0, vec![])),
        from("fd09::5", with("no-router-of-ipv6", "silence-ipv6", 130.0, vec![], vec![])),
    ]
}
