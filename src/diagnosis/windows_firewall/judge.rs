//! The verdict of the rules and settings of each profile.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::rule::{Action, Port, Rule};
use super::{FirewallPolicy, Profile, ProfileSettings, Program, Store, StoredRule};
use crate::diagnosis::firewall::Tri;

/// IPPROTO_UDP.
const UDP: u16 = 17;
/// Stands for any protocol.
const ANY_PROTOCOL: u16 = 256;

/// Inbound UDP datagrams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// The program that receives.
    pub program: Program,
    /// The destination port.
    pub port: u16,
    /// The group.
    pub group: IpAddr,
    /// The sender, if known.
    pub source: Option<IpAddr>,
}

/// A rule that decides.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct NamedRule {
    /// The store that holds it.
    pub store: Store,
    /// Its id in the store.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The effect of a profile on the datagrams.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The firewall is off.
    Off,
    /// A rule allows them.
    AllowedBy(NamedRule),
    /// No rule concerns them, and the default is to allow.
    AllowedByDefault,
    /// A rule blocks them.
    BlockedBy(NamedRule),
    /// No rule allows them, and the default is to block.
    BlockedByDefault,
    /// The profile blocks all inbound traffic, in spite of its rules.
    BlockedEntirely,
    /// mcast cannot evaluate a rule or a setting, for this reason.
    Unclear(String),
}

impl Decision {
    /// Whether the datagrams are dropped for certain.
    pub fn blocks(&self) -> bool {
        use Decision::{BlockedBy, BlockedByDefault, BlockedEntirely};
        matches!(self, BlockedBy(_) | BlockedByDefault | BlockedEntirely)
    }
}

/// The effect of a profile.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct ProfileVerdict {
    /// The profile.
    pub profile: Profile,
    /// Its effect.
    pub decision: Decision,
}

/// The effect of each profile on inbound datagrams.
pub fn judge(policy: &FirewallPolicy, inbound: &Inbound) -> Vec<ProfileVerdict> {
    let rules: Vec<Judged> =
        policy.rules.iter().filter_map(|rule| Judged::of(rule, inbound)).collect();
    let verdict = |settings: &ProfileSettings| ProfileVerdict {
        profile: settings.profile,
        decision: decide(settings, &rules),
    };
    policy.profiles.iter().map(verdict).collect()
}

/// A rule that matches, or may match.
struct Judged<'a> {
    stored: &'a StoredRule,
    /// `None` if the text is no rule.
    rule: Option<Rule>,
    /// The conditions that mcast cannot evaluate.
    unclear: Vec<String>,
}

impl<'a> Judged<'a> {
    /// `None` if the rule does not match.
    fn of(stored: &'a StoredRule, inbound: &Inbound) -> Option<Self> {
        let rule = match Rule::parse(&stored.text) {
            Ok(rule) => rule,
            Err(why) => {
                return Some(Judged { stored, rule: None, unclear: vec![why.to_string()] });
            }
        };
        let mut unclear = Vec::new();
        let conditions = [
            ("Active", rule.active.map_or(Tri::Unknown, Tri::from)),
            ("Dir", rule.inbound.map_or(Tri::Unknown, Tri::from)),
            ("Protocol", protocol(&rule)),
            ("AppPkgId", Tri::from(!rule.is_of_package)),
            ("App", rule.app.as_ref().map_or(Tri::Yes, |app| inbound.program.is(app))),
            ("LPort", port(&rule, inbound.port)),
            (if inbound.group.is_ipv4() { "RA4" } else { "RA6" }, remote(&rule, inbound)),
            ("Platform", rule.fits_platform().map_or(Tri::Unknown, Tri::from)),
        ];
        for (name, holds) in conditions {
            match holds {
                Tri::No => return None,
                Tri::Unknown => unclear.push(name.to_owned()),
                Tri::Yes => {}
            }
        }
        let unknown = rule.unknown.iter().filter(|name| !unclear.contains(name));
        let unknown: Vec<String> = unknown.cloned().collect();
        unclear.extend(unknown);
        Some(Judged { stored, rule: Some(rule), unclear })
    }

    fn applies_in(&self, settings: &ProfileSettings) -> bool {
        let is_of_profile = self.rule.as_ref().is_none_or(|rule| {
            rule.profiles.is_empty() || rule.profiles.contains(&settings.profile)
        });
        is_of_profile && (settings.local_rules || self.stored.store != Store::Local)
    }

    fn has(&self, action: Action) -> bool {
        self.rule.as_ref().is_some_and(|rule| rule.action == action)
    }

    fn named(&self) -> NamedRule {
        let StoredRule { store, id, text } = self.stored;
        let name = self.rule.as_ref().and_then(|rule| rule.name.clone());
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
        NamedRule { store: *store, id: id.clone(), name, text: text.clone() }
    }

    fn reason(&self) -> String {
        let name = self.named().name;
        if self.rule.is_none() {
            return format!("mcast cannot read the rule '{name}': {}", self.unclear.join(", "));
        }
        format!("mcast cannot evaluate {} of the rule '{name}'", self.unclear.join(", "))
    }
}

/// Bypass rules come before block rules, and these before allow rules ([MS-FASP] 2.2.34).
fn decide(settings: &ProfileSettings, rules: &[Judged]) -> Decision {
    match settings.enabled {
        Some(false) => return Decision::Off,
        Some(true) => {}
        None => return Decision::Unclear("the registry does not show whether it is on".to_owned()),
    }
    if settings.blocks_all {
        return Decision::BlockedEntirely;
    }
    let here = || rules.iter().filter(|rule| rule.applies_in(settings));
    let with = |action| here().filter(move |rule: &&Judged| rule.has(action));
    let is_certain = |rule: &&Judged| rule.unclear.is_empty();
    if let Some(bypass) = with(Action::Bypass).next() {
        let name = bypass.named().name;
        return Decision::Unclear(format!("the rule '{name}' passes authenticated datagrams"));
    }
    if let Some(block) = with(Action::Block).find(is_certain) {
        return Decision::BlockedBy(block.named());
    }
    let unclear_block = here().find(|rule| !is_certain(rule) && !rule.has(Action::Allow));
    if let Some(unclear) = unclear_block {
        let allowed = with(Action::Allow).next().is_some();
        if allowed || settings.blocks_by_default == Some(false) {
            return Decision::Unclear(unclear.reason());
        }
    }
    if let Some(allow) = with(Action::Allow).find(is_certain) {
        return Decision::AllowedBy(allow.named());
    }
    if settings.blocks_by_default == Some(false) {
        return Decision::AllowedByDefault;
    }
    if let Some(unclear) = here().find(|rule| !rule.has(Action::Block)) {
        return Decision::Unclear(unclear.reason());
    }
    // The default of Windows, unless it is configured.
    Decision::BlockedByDefault
}

fn protocol(rule: &Rule) -> Tri {
    Tri::from(rule.protocol.is_none_or(|protocol| matches!(protocol, UDP | ANY_PROTOCOL)))
}

fn port(rule: &Rule, port: u16) -> Tri {
    let matches = |known: &Port| match known {
        Port::Range(first, last) => Tri::from((*first..=*last).contains(&port)),
        Port::Keyword => Tri::Unknown,
    };
    if rule.ports.is_empty() {
        return Tri::Yes;
    }
    rule.ports.iter().map(matches).fold(Tri::No, Tri::or)
}

/// The condition on the sender. A rule that lists addresses of one family does not show its effect
/// on the other.
fn remote(rule: &Rule, inbound: &Inbound) -> Tri {
    let (own, other) = match inbound.group {
        IpAddr::V4(_) => (&rule.remote_v4, &rule.remote_v6),
        IpAddr::V6(_) => (&rule.remote_v6, &rule.remote_v4),
    };
    if own.is_empty() {
        return if other.is_empty() { Tri::Yes } else { Tri::Unknown };
    }
    let Some(source) = inbound.source else { return Tri::Unknown };
    let matches = |known: &Option<super::address::Addresses>| {
        known.map_or(Tri::Unknown, |known| Tri::from(known.contains(source)))
    };
    own.iter().map(matches).fold(Tri::No, Tri::or)
}
