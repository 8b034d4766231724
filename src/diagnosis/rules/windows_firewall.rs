//! Windows Firewall: the effect of its rules and settings on the target.

use crate::diagnosis::facts::{Facts, WindowsFirewallFacts};
use crate::diagnosis::windows_firewall::{Decision, NamedRule, ProfileVerdict, Program, Store};
use crate::notice::{Id, Notice, Place};
use crate::units::words::{count, list};

/// Other filters of Windows have the same effect, and mcast cannot read them.
const UNSEEN: &str =
    "mcast cannot read the rules of other firewalls and the filters of the platform (WFP)";

/// The beginnings of commands for Windows Firewall.
pub const COMMANDS: [&str; 2] = ["netsh advfirewall ", "Disable-NetFirewallRule "];

pub fn findings(facts: &Facts) -> Vec<Notice> {
    // Datagrams that arrived show that the firewall passes them.
    let windows = facts.firewall.windows.as_ref().filter(|_| facts.heard_here() == 0);
    windows.map(|windows| finding(facts, windows)).into_iter().collect()
}

fn finding(facts: &Facts, windows: &WindowsFirewallFacts) -> Notice {
    let program = Program::new(&windows.program, []);
    let subject = format!("inbound UDP port {} for {}", facts.target.port, program.name());
    let why =
        format!("{}; {} read; {UNSEEN}", decisions(windows), count(windows.rules as u64, "rule"));
    let names = |of: &dyn Fn(&Decision) -> bool| -> Vec<String> {
        let profiles = windows.profiles.iter().filter(|verdict| of(&verdict.decision));
        profiles.map(|verdict| verdict.profile.name().to_owned()).collect()
    };
    let blocking = names(&Decision::blocks);
    let unclear = names(&|decision| matches!(decision, Decision::Unclear(_)));
    let is_off = |decision: &Decision| matches!(decision, Decision::Off);
    let on = windows.profiles.len() - names(&is_off).len();
    if !blocking.is_empty() {
        let finding = if blocking.len() == on {
            Notice::fault(Id::FirewallInput, format!("Windows Firewall blocks {subject}"), why)
        } else {
            let what = format!(
                "Windows Firewall blocks {subject} if the profile of the network is {}",
                or(&blocking)
            );
            Notice::warning(Id::FirewallInput, what, why)
        };
        return with_commands(facts, windows, finding);
    }
    if !unclear.is_empty() {
        let what = format!("cannot determine whether Windows Firewall passes {subject}");
        return Notice::note(Id::Firewall, what, why);
    }
    Notice::pass(Id::Firewall, format!("Windows Firewall passes {subject}"), why)
}

/// `domain or private`.
fn or(names: &[String]) -> String {
    names.join(" or ")
}

/// `domain and private: the firewall is off; public: ...`: profiles with the same decision together.
fn decisions(windows: &WindowsFirewallFacts) -> String {
    let mut groups: Vec<(&Decision, Vec<String>)> = Vec::new();
    for ProfileVerdict { profile, decision } in &windows.profiles {
        let name = profile.name().to_owned();
        match groups.iter_mut().find(|(known, _)| *known == decision) {
            Some((_, names)) => names.push(name),
            None => groups.push((decision, vec![name])),
        }
    }
    let words = |(decision, names): (&Decision, Vec<String>)| {
        let profiles = if names.len() == 1 { "profile" } else { "profiles" };
        format!("{profiles} {}: {}", list(&names), words(decision))
    };
    groups.into_iter().map(words).collect::<Vec<_>>().join("; ")
}

fn words(decision: &Decision) -> String {
    match decision {
        Decision::Off => "the firewall is off".to_owned(),
        Decision::AllowedBy(rule) => format!("{} allows it", named(rule)),
        Decision::AllowedByDefault => "no rule blocks it, and the default is to allow".to_owned(),
        Decision::BlockedBy(rule) => format!("{} blocks it", named(rule)),
        Decision::BlockedByDefault => {
            "no enabled inbound rule allows it, and the default is to block".to_owned()
        }
        Decision::BlockedEntirely => {
            "all inbound traffic is blocked, in spite of the rules".to_owned()
        }
        Decision::Unclear(why) => format!("unclear: {why}"),
    }
}

fn named(rule: &NamedRule) -> String {
    let of = match rule.store {
        Store::Local => "the rule",
        Store::GroupPolicy => "the group policy's rule",
        Store::Management => "the management service's rule",
    };
    format!("{of} '{}'", rule.name)
}

/// Adds the commands that pass the target. A local command cannot change the rules of a policy.
fn with_commands(facts: &Facts, windows: &WindowsFirewallFacts, finding: Notice) -> Notice {
    let decisions = || windows.profiles.iter().map(|verdict| &verdict.decision);
    if decisions().any(|decision| *decision == Decision::BlockedEntirely) {
        return finding.remedy(
            "allow exceptions in the settings of Windows Firewall: turn off 'Block all incoming \
             connections'",
        );
    }
    let mut blocking: Vec<&NamedRule> = Vec::new();
    for decision in decisions() {
        match decision {
            Decision::BlockedBy(rule) if !blocking.contains(&rule) => blocking.push(rule),
            _ => {}
        }
    }
    if blocking.iter().any(|rule| rule.store != Store::Local) {
        return finding
            .remedy("ask the administrator of the policy to remove the rule that blocks");
    }
    let mut finding = finding.remedy(
        "as an administrator in PowerShell, disable the rules that block and allow the port; \
         'Get-NetConnectionProfile' shows the profile of each network",
    );
    if blocking.is_empty() {
        finding = finding.remedy(
            "allow the port, as an administrator; 'Get-NetConnectionProfile' in PowerShell shows \
             the profile of each network",
        );
    }
    for rule in blocking {
        finding = finding.run(Place::Here, format!("{}-Name '{}'", COMMANDS[1], quoted(&rule.id)));
    }
    let (port, program) = (facts.target.port, &windows.program);
    finding.run(
        Place::Here,
        format!(
            "{}firewall add rule name=\"mcast UDP {port}\" dir=in action=allow protocol=UDP \
             localport={port} program=\"{program}\"",
            COMMANDS[0]
        ),
    )
}

/// In single quotes, PowerShell expands nothing; a quote is doubled.
fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}
