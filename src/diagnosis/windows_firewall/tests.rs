use std::net::IpAddr;

use proptest::prelude::*;

use super::address::Addresses;
use super::*;
use crate::diagnosis::firewall::Tri;

const EXE: &str = r"C:\Tools\mcast.exe";

fn program() -> Program {
    let variables = [("SystemRoot", r"C:\Windows"), ("TOOLS", r"C:\Tools")];
    Program::new(EXE, variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn inbound(source: Option<&str>) -> Inbound {
    Inbound {
        program: program(),
        port: 5000,
        group: "239.1.1.1".parse().unwrap(),
        source: source.map(|source| source.parse().unwrap()),
    }
}

fn stored(store: Store, text: &str) -> StoredRule {
    StoredRule { store, id: format!("{{{text}}}"), text: text.to_owned() }
}

/// All profiles on, which block by default.
fn policy(rules: &[&str]) -> FirewallPolicy {
    let profiles = Profile::ALL.map(|profile| ProfileSettings {
        profile,
        enabled: Some(true),
        blocks_by_default: Some(true),
        blocks_all: false,
        local_rules: true,
    });
    let rules = rules.iter().map(|text| stored(Store::Local, text)).collect();
    FirewallPolicy { profiles: profiles.to_vec(), rules }
}

/// The decisions for the domain, the private and the public profile, as words.
fn decisions(policy: &FirewallPolicy, source: Option<&str>) -> [String; 3] {
    let words = |verdict: &ProfileVerdict| match &verdict.decision {
        Decision::Off => "off".to_owned(),
        Decision::AllowedBy(rule) => format!("allowed by {}", rule.name),
        Decision::AllowedByDefault => "allowed".to_owned(),
        Decision::BlockedBy(rule) => format!("blocked by {}", rule.name),
        Decision::BlockedByDefault => "blocked".to_owned(),
        Decision::BlockedEntirely => "blocked entirely".to_owned(),
        Decision::Unclear(why) => why.clone(),
    };
    let verdicts = judge(policy, &inbound(source));
    verdicts.iter().map(words).collect::<Vec<_>>().try_into().expect("three profiles")
}

/// The decision for a single rule in the public profile.
fn by(rule: &str) -> String {
    let [.., public] = decisions(&policy(&[rule]), None);
    public
}

const ALLOW: &str = "v2.31|Action=Allow|Active=TRUE|Dir=In|";

#[test]
fn a_rule_matches_by_protocol_port_program_and_profile() {
    for fields in [
        "",
        "Protocol=17|",
        "Protocol=256|",
        "Protocol=17|LPort=5000|",
        "Protocol=17|LPort=1|LPort=5000|",
        "Protocol=17|LPort2_10=4000-6000|",
        r"App=C:\Tools\mcast.exe|",
        r"App=c:\\TOOLS\MCAST.EXE|",
        r"App=%tools%\mcast.exe|",
        "Profile=Public|",
        "Profile=Private|Profile=Public|",
        "Edge=TRUE|Defer=App|Desc=text|EmbedCtxt=@x.dll,-1|Security=NotRequired|",
        "Platform=2:6:1|Platform2=GTEQ|",
    ] {
        assert_eq!(by(&format!("{ALLOW}{fields}Name=r|")), "allowed by r", "{fields}");
    }
    for fields in [
        "Protocol=6|",
        "Protocol=17|LPort=5001|",
        "Protocol=17|LPort2_10=1-4999|LPort=5001|",
        r"App=C:\Tools\other.exe|",
        r"App=%SystemRoot%\system32\svchost.exe|Svc=dnscache|",
        "App=System|LPort=Teredo|Future=1|",
        "Profile=Domain|Profile=Private|",
        "AppPkgId=S-1-15-2-1|LUOwn=S-1-5-21|",
    ] {
        assert_eq!(by(&format!("{ALLOW}{fields}Name=r|")), "blocked", "{fields}");
    }
    assert_eq!(by("v2.31|Action=Allow|Active=FALSE|Dir=In|Name=r|"), "blocked");
    assert_eq!(by("v2.31|Action=Allow|Active=TRUE|Dir=Out|Name=r|"), "blocked");
}

#[test]
fn an_unknown_condition_is_unclear() {
    for (fields, what) in [
        ("Future=1|", "Future"),
        ("Svc=mcast|", "Svc"),
        ("IFType=Wireless|", "IFType"),
        ("LA4=10.0.0.1|", "LA4"),
        ("RA4=LocalSubnet|", "RA4"),
        ("RA6=LocalSubnet|", "RA4"),
        ("Security=Authenticate|", "Security"),
        ("Protocol=17|LPort=RPC|", "LPort"),
        ("Protocol=17|LPort=5000-4000|", "LPort"),
        ("Protocol=udp|", "Protocol"),
        ("Profile=Guest|", "Profile"),
        ("Active=TRUE|", "Active"),
        (r"App=%unknown%\mcast.exe|", "App"),
        (r"App=C:\TOOLS~1\mcast.exe|", "App"),
        ("Platform=2:11:0|Platform2=GTEQ|", "Platform"),
        ("word|", "word"),
    ] {
        let wanted = format!("mcast cannot evaluate {what} of the rule 'r'");
        assert_eq!(by(&format!("{ALLOW}{fields}Name=r|")), wanted, "{fields}");
    }
    assert_eq!(
        by("v2.31|Action=Allow|Dir=In|Name=r|"),
        "mcast cannot evaluate Active of the rule 'r'"
    );
}

#[test]
fn a_text_that_is_no_rule_is_unclear() {
    for (text, why) in [
        ("", Unreadable::NoVersion),
        ("Action=Allow|", Unreadable::NoVersion),
        ("vX|Action=Allow|", Unreadable::NoVersion),
        ("v2.31|Active=TRUE|", Unreadable::NoAction),
        ("v2.31|Action=Drop|", Unreadable::NoAction),
    ] {
        assert_eq!(Rule::parse(text), Err(why), "{text}");
        let decision = by(text);
        assert!(decision.starts_with("mcast cannot read the rule"), "{text}: {decision}");
    }
}

#[test]
fn block_rules_come_before_allow_rules() {
    let block = r"v2.31|Action=Block|Active=TRUE|Dir=In|Protocol=17|Profile=Public|App=C:\Tools\mcast.exe|Name=b|";
    let allow = format!("{ALLOW}Protocol=17|Name=a|");
    let found = decisions(&policy(&[&allow, block]), None);
    assert_eq!(found, ["allowed by a", "allowed by a", "blocked by b"]);
    // A block rule that may match leaves only the default for certain.
    let unclear = "v2.31|Action=Block|Active=TRUE|Dir=In|Future=1|Name=u|";
    assert_eq!(by(unclear), "blocked");
    let [.., public] = decisions(&policy(&[&allow, unclear]), None);
    assert_eq!(public, "mcast cannot evaluate Future of the rule 'u'");
    let bypass = "v2.31|Action=ByPass|Active=TRUE|Dir=In|Security=Authenticate|Name=p|";
    assert_eq!(by(bypass), "the rule 'p' passes authenticated datagrams");
}

#[test]
fn the_settings_of_a_profile_decide() {
    let allow = format!("{ALLOW}Name=a|");
    let mut policy = policy(&[&allow]);
    policy.profiles[0].enabled = Some(false);
    policy.profiles[1].blocks_all = true;
    policy.profiles[2].local_rules = false;
    assert_eq!(decisions(&policy, None), ["off", "blocked entirely", "blocked"]);
    policy.rules.push(stored(Store::GroupPolicy, &format!("{ALLOW}Name=g|")));
    policy.profiles[0].enabled = None;
    policy.profiles[1].blocks_all = false;
    assert_eq!(
        decisions(&policy, None),
        ["the registry does not show whether it is on", "allowed by a", "allowed by g"]
    );
    policy.rules.clear();
    policy.profiles[1].blocks_by_default = Some(false);
    policy.profiles[2].blocks_by_default = None;
    let [_, private, public] = decisions(&policy, None);
    assert_eq!([private.as_str(), public.as_str()], ["allowed", "blocked"]);
}

#[test]
fn a_known_source_is_compared_with_the_addresses() {
    let rule = |addresses: &str| format!("{ALLOW}{addresses}Name=r|");
    for (addresses, passes) in [
        ("RA4=10.0.0.0/255.255.255.0|", true),
        ("RA4=10.0.0.0/24|", true),
        ("RA4=10.0.0.1-10.0.0.9|", true),
        ("RA4=192.168.0.0/16|RA4=10.0.0.7|", true),
        ("RA42=10.0.0.7|", true),
        ("RA4=10.0.1.0/24|", false),
        ("RA4=10.0.0.8-10.0.0.9|", false),
    ] {
        let [.., public] = decisions(&policy(&[&rule(addresses)]), Some("10.0.0.7"));
        assert_eq!(public, if passes { "allowed by r" } else { "blocked" }, "{addresses}");
    }
    let [.., public] = decisions(&policy(&[&rule("RA4=LocalSubnet|")]), Some("10.0.0.7"));
    assert_eq!(public, "mcast cannot evaluate RA4 of the rule 'r'");
}

#[test]
fn addresses_are_read() {
    let contains = |text: &str, ip: &str| {
        Addresses::parse(text).map(|known| known.contains(ip.parse().unwrap()))
    };
    assert_eq!(contains("0.0.0.0/0", "1.2.3.4"), Some(true));
    assert_eq!(contains("::/0", "fd00::1"), Some(true));
    assert_eq!(contains("fd00::/64", "fd00:0:0:1::1"), Some(false));
    assert_eq!(contains("fd00::1-fd00::9", "fd00::9"), Some(true));
    assert_eq!(contains("10.0.0.1", "::a00:1"), Some(false));
    for text in ["LocalSubnet", "", "10.0.0.0/33", "10.0.0.0/255.0.255.0", "10.0.0.9-10.0.0.1"] {
        assert_eq!(Addresses::parse(text), None, "{text}");
    }
    assert_eq!(Addresses::parse("10.0.0.1-fd00::1"), None);
}

#[test]
fn paths_are_compared_without_case() {
    assert_eq!(program().name(), "mcast.exe");
    assert_eq!(Program::new(r"\\?\C:\a\b.exe", []).path(), r"C:\a\b.exe");
    for (app, is) in [
        (r"C:/Tools/MCAST.exe", Tri::Yes),
        (r"\\?\C:\Tools\mcast.exe", Tri::Yes),
        (r"D:\Tools\mcast.exe", Tri::No),
        ("SYSTEM", Tri::No),
        (r"\device\harddiskvolume3\tools\mcast.exe", Tri::Unknown),
        ("mcast.exe", Tri::Unknown),
        ("%", Tri::Unknown),
        ("%%", Tri::Unknown),
    ] {
        assert_eq!(program().is(app), is, "{app}");
    }
}

/// Fields of rules, valid and invalid.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        "(Action|Active|Dir|Protocol|Profile|LPort|LPort2_10|App|RA4|RA6|Platform)=[A-Za-z0-9:./%-]{0,12}",
        prop::sample::select(vec![
            "Action=Allow",
            "Action=Block",
            "Active=TRUE",
            "Active=FALSE",
            "Dir=In",
            "Dir=Out",
            "Protocol=17",
            "Protocol=6",
            "LPort=5000",
            "LPort2_10=4000-6000",
            "Profile=Public",
            "App=C:\\Tools\\mcast.exe",
            "RA4=LocalSubnet",
            "Name=n",
            "Future=1",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn arbitrary_text_does_not_panic(text: String, fields in prop::collection::vec(field(), 0..8)) {
        let rule = format!("v2.31|{}|{text}", fields.join("|"));
        for text in [&text, &rule] {
            let _ = decisions(&policy(&[text]), Some("10.0.0.7"));
            let _ = (Addresses::parse(text), program().is(text));
        }
    }

    /// A field that mcast does not know never makes a verdict certain in the other direction.
    #[test]
    fn an_unknown_field_only_adds_doubt(fields in prop::collection::vec(field(), 0..8)) {
        let rule = format!("v2.31|{}|", fields.join("|"));
        let known = judge(&policy(&[&rule]), &inbound(None));
        let doubtful = judge(&policy(&[&format!("{rule}Future=1|")]), &inbound(None));
        for (known, doubtful) in known.iter().zip(&doubtful) {
            let allows = |decision: &Decision| matches!(decision, Decision::AllowedBy(_));
            prop_assert!(!allows(&doubtful.decision), "{rule}");
            if !allows(&known.decision) && known.decision.blocks() {
                prop_assert!(doubtful.decision.blocks(), "{rule}: {:?}", doubtful.decision);
            }
        }
    }

    #[test]
    fn a_network_contains_its_own_address(address: u32, prefix in 0_u32..=32) {
        let ip: IpAddr = std::net::Ipv4Addr::from_bits(address).into();
        let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
        for bits in [prefix.to_string(), std::net::Ipv4Addr::from_bits(mask).to_string()] {
            let known = Addresses::parse(&format!("{ip}/{bits}"));
            prop_assert!(known.is_some_and(|known| known.contains(ip)), "{ip}/{bits}");
        }
    }
}
