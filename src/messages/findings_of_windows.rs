//! Facts made by hand, for the texts about Windows: `rules/windows_firewall` and the arms for
//! Windows of other rules.

use super::findings_of_wire::changed;
use crate::diagnosis::windows_firewall::{
    FirewallPolicy, Inbound, Profile, ProfileSettings, Program, Store, StoredRule, judge,
};
use crate::diagnosis::{Facts, WindowsFirewallFacts};

type Sample = (String, Facts);

/// The path of the program.
const EXE: &str = r"C:\Tools\mcast.exe";

/// Facts, each with a name.
pub fn facts() -> Vec<Sample> {
    [firewall(), interfaces()].into_iter().flatten().collect()
}

/// What a Windows without a firewall in its registry shows.
fn on_windows(facts: &mut Facts) {
    facts.system = "windows".to_owned();
    facts.frames = None;
    facts.counters = None;
    facts.port_users = None;
    facts.bridges = None;
    facts.firewall = Default::default();
    facts.firewall.unread = Some("entity not found".to_owned());
    if let Some(test) = &mut facts.self_test {
        test.counters = None;
    }
}

/// The effect of these settings and rules, each with its store and its text.
fn with(facts: &mut Facts, on: [bool; 3], rules: &[(Store, &str)]) {
    on_windows(facts);
    let settings = |(profile, enabled)| ProfileSettings {
        profile,
        enabled: Some(enabled),
        blocks_by_default: Some(true),
        blocks_all: false,
        local_rules: true,
    };
    let rules = rules.iter().enumerate().map(|(number, (store, text))| StoredRule {
        store: *store,
        id: format!("UDP Query User{{{number}}}"),
        text: (*text).to_owned(),
    });
    let profiles = Profile::ALL.into_iter().zip(on).map(settings).collect();
    let policy = FirewallPolicy { profiles, rules: rules.collect() };
    let inbound = Inbound {
        program: Program::new(EXE, []),
        port: facts.target.port,
        group: facts.target.group,
        source: None,
    };
    facts.firewall.unread = None;
    facts.firewall.windows = Some(WindowsFirewallFacts {
        program: EXE.to_owned(),
        rules: policy.rules.len(),
        profiles: judge(&policy, &inbound),
    });
}

fn firewall() -> Vec<Sample> {
    const BLOCK: &str = r"v2.31|Action=Block|Active=TRUE|Dir=In|Protocol=17|Profile=Public|App=C:\Tools\mcast.exe|Name=mcast.exe|";
    const ALLOW: &str = "v2.31|Action=Allow|Active=TRUE|Dir=In|Protocol=17|Name=all of UDP|";
    const LOCAL_SUBNET: &str = "v2.31|Action=Allow|Active=TRUE|Dir=In|RA4=LocalSubnet|Name=near|";
    const BYPASS: &str =
        "v2.31|Action=ByPass|Active=TRUE|Dir=In|Security=Authenticate|Name=secured|";
    let sample = |name: &str, on: [bool; 3], rules: &'static [(Store, &'static str)]| {
        changed("silence", name, move |facts| with(facts, on, rules))
    };
    let mut samples = vec![
        changed("silence", "windows-firewall-unread", on_windows),
        sample("windows-firewall-default", [true; 3], &[]),
        sample("windows-firewall-one-profile", [false, false, true], &[]),
        sample(
            "windows-firewall-blocks",
            [true; 3],
            &[(Store::Local, ALLOW), (Store::Local, BLOCK)],
        ),
        sample("windows-firewall-policy-blocks", [true; 3], &[(Store::GroupPolicy, BLOCK)]),
        sample("windows-firewall-passes", [true; 3], &[(Store::Local, ALLOW)]),
        sample("windows-firewall-management", [true; 3], &[(Store::Management, ALLOW)]),
        sample("windows-firewall-off", [false; 3], &[]),
        sample("windows-firewall-unclear", [true; 3], &[(Store::Local, LOCAL_SUBNET)]),
        sample("windows-firewall-bypass", [true; 3], &[(Store::Local, BYPASS)]),
        sample("windows-firewall-no-rule", [true; 3], &[(Store::Local, "Action=Allow|")]),
        sample("windows-firewall-no-action", [true; 3], &[(Store::Local, "v2.31|Dir=In|")]),
    ];
    let setting = |name: &str, set: fn(&mut ProfileSettings)| {
        changed("silence", name, move |facts: &mut Facts| {
            with(facts, [true; 3], &[]);
            let mut profiles = Profile::ALL.map(|profile| ProfileSettings {
                profile,
                enabled: Some(true),
                blocks_by_default: Some(true),
                blocks_all: false,
                local_rules: true,
            });
            profiles.iter_mut().for_each(set);
            let policy = FirewallPolicy { profiles: profiles.to_vec(), rules: Vec::new() };
            let inbound = Inbound {
                program: Program::new(EXE, []),
                port: 5000,
                group: facts.target.group,
                source: None,
            };
            let windows = facts.firewall.windows.as_mut().expect("verdicts");
            windows.profiles = judge(&policy, &inbound);
        })
    };
    samples.extend([
        setting("windows-firewall-blocks-all", |settings| settings.blocks_all = true),
        setting("windows-firewall-allows-by-default", |settings| {
            settings.blocks_by_default = Some(false);
        }),
        setting("windows-firewall-unknown-state", |settings| settings.enabled = None),
    ]);
    samples
}

fn interfaces() -> Vec<Sample> {
    let link = |facts: &mut Facts, set: fn(&mut crate::diagnosis::LinkFacts)| {
        on_windows(facts);
        let e0 = facts.interfaces.iter_mut().find(|link| link.name == "e0").expect("e0");
        e0.carrier = None;
        set(e0);
    };
    vec![
        changed("silence", "windows-udp-errors", |facts| {
            on_windows(facts);
            facts.system_counters = Some([("udp.InErrors".to_owned(), 12)].into());
        }),
        changed("silence", "windows-down", move |facts| link(facts, |e0| e0.up = false)),
        changed("silence", "windows-no-multicast", move |facts| {
            link(facts, |e0| e0.multicast = false);
        }),
        changed("silence", "windows-unseen-membership", move |facts| {
            on_windows(facts);
            facts.membership.seen = Some(false);
        }),
    ]
}
