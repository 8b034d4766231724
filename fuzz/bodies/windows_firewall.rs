//! Arbitrary text as rules of Windows Firewall. Nothing panics, and a condition that mcast does not
//! know never allows datagrams.

use mcast::diagnosis::windows_firewall::{
    Decision, FirewallPolicy, Inbound, Profile, ProfileSettings, Program, Rule, Store, StoredRule,
    judge,
};

/// Reads each line as a rule, and judges all of them.
///
/// # Panics
/// If an unknown condition allows datagrams.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let stored =
        |text: &str| StoredRule { store: Store::Local, id: "id".to_owned(), text: text.to_owned() };
    let rules: Vec<StoredRule> = text.lines().take(20).map(stored).collect();
    for rule in &rules {
        let _ = Rule::parse(&rule.text);
        let doubtful = stored(&format!("{}|Future=1|", rule.text));
        assert!(!is_allowed(vec![doubtful], None), "{rule:?}");
    }
    for source in [None, Some([10, 0, 0, 7].into())] {
        is_allowed(rules.clone(), source);
    }
}

/// Whether a rule allows the datagrams in any profile.
fn is_allowed(rules: Vec<StoredRule>, source: Option<std::net::IpAddr>) -> bool {
    let profiles = Profile::ALL.map(|profile| ProfileSettings {
        profile,
        enabled: Some(true),
        blocks_by_default: Some(true),
        blocks_all: false,
        local_rules: true,
    });
    let variables = [("SystemRoot".to_owned(), r"C:\Windows".to_owned())];
    let inbound = Inbound {
        program: Program::new(r"C:\Tools\mcast.exe", variables),
        port: 5000,
        group: [239, 1, 1, 1].into(),
        source,
    };
    let verdicts = judge(&FirewallPolicy { profiles: profiles.to_vec(), rules }, &inbound);
    assert_eq!(verdicts.len(), profiles.len());
    verdicts.iter().any(|verdict| matches!(verdict.decision, Decision::AllowedBy(_)))
}
