//! Rules of this host's firewall against the IGMP or MLD messages that keep a membership alive. If
//! queries do not arrive or reports do not leave, switches and routers stop forwarding the group.

use super::words::{either, is_flooded, membership_interval, place, protocol, rule_words};
use crate::diagnosis::facts::{Facts, Queries};
use crate::diagnosis::firewall::DropRule;
use crate::notice::{Id, Level, Notice, Place};
use crate::units::words::{list, plural};

pub fn findings(facts: &Facts, others: &[Notice]) -> Vec<Notice> {
    // The finding about a stream that stopped includes the rule.
    let Some(name) = concerned(facts).filter(|_| facts.stopped.is_none()) else {
        return Vec::new();
    };
    // A host reports a join without a query: a new receiver does not depend on queries yet.
    let queries = if facts.receiving { None } else { queries(facts, name) };
    let found = [queries, reports(facts, name)].into_iter().flatten();
    found.map(|(rules, finding)| with_commands(facts, finding, rules, others)).collect()
}

/// The interface whose membership needs IGMP or MLD.
fn concerned(facts: &Facts) -> Option<&str> {
    let link = facts.link(facts.judged()?)?;
    let carries = link.up && !link.loopback && link.carrier != Some(false);
    let needs = !is_flooded(facts) && !facts.is_switched_off(link);
    (carries && needs && facts.bridge_above().is_none()).then_some(&link.name)
}

/// The rules that certainly drop these messages, if the membership needs them.
pub fn dropped(facts: &Facts) -> impl Iterator<Item = &DropRule> {
    let rules = &facts.firewall;
    let all = rules.queries.iter().chain(&rules.group_queries).chain(&rules.reports);
    all.filter(|rule| rule.certain && concerned(facts).is_some())
}

/// Whether general queries are certainly dropped.
pub fn drops_queries(facts: &Facts) -> bool {
    concerned(facts).is_some() && facts.firewall.queries.iter().any(|rule| rule.certain)
}

/// Whether this host's reports are certainly dropped.
pub fn drops_reports(facts: &Facts) -> bool {
    concerned(facts).is_some() && facts.firewall.reports.iter().any(|rule| rule.certain)
}

/// The rule as evidence, with the reason if it is not certain.
pub fn evidence(rule: &DropRule) -> String {
    let reserve = "; mcast cannot evaluate every condition of this rule";
    rule_words(rule) + if rule.certain { "" } else { reserve }
}

/// The end of a remedy that adds this number of rules with commands.
pub fn until_boot(rules: usize) -> &'static str {
    if rules == 1 {
        "This rule lasts until the next boot; add it to the firewall's configuration too"
    } else {
        "These rules last until the next boot; add them to the firewall's configuration too"
    }
}

/// The commands that accept the messages, each once.
pub fn commands<'a>(rules: impl Iterator<Item = &'a DropRule>) -> Vec<&'a str> {
    let mut commands: Vec<&str> = Vec::new();
    for rule in rules {
        if !commands.contains(&rule.command.as_str()) {
            commands.push(&rule.command);
        }
    }
    commands
}

type Found<'a> = (&'a [DropRule], Notice);

fn queries<'a>(facts: &'a Facts, name: &str) -> Option<Found<'a>> {
    let rules = &facts.firewall;
    let (protocol, group) = (protocol(facts), facts.target.group);
    let finding = |level, what: String, evidence: String| {
        Notice::new(level, Id::FirewallMembershipIn, what).why(evidence)
    };
    let all = drops(&rules.queries, &format!("incoming {protocol} queries on {name}"));
    if let Some((rule, level, what)) = all {
        let evidence = format!(
            "{}; {}this host does not answer queries, and a router or a switch with \
             {protocol} snooping stops forwarding {} s after the last report ({})",
            self::evidence(rule),
            active_querier(facts, name),
            interval(facts, name),
            either(facts, "RFC 3376, 8.4", "RFC 3810, 9.4")
        );
        return Some((&rules.queries, finding(level, what, evidence)));
    }
    let words = format!("incoming {protocol} queries for {group} on {name}");
    let (rule, level, what) = drops(&rules.group_queries, &words)?;
    let evidence = format!(
        "{}; queriers send these queries when another receiver leaves the group. This host does not \
         answer, and a switch may stop forwarding the group to it ({})",
        self::evidence(rule),
        either(facts, "RFC 3376, 6.4.2", "RFC 3810, 7.4.2")
    );
    Some((&rules.group_queries, finding(level, what, evidence)))
}

fn reports<'a>(facts: &'a Facts, name: &str) -> Option<Found<'a>> {
    let rules = &facts.firewall.reports;
    let (protocol, group) = (protocol(facts), facts.target.group);
    let (rule, level, what) = drops(rules, &format!("outgoing {protocol} reports on {name}"))?;
    // A querier is a sign that a switch or a router forwards only to members that reported.
    let arrives_nothing = facts.heard_here() == 0 && facts.frames_here() == Some(0);
    let level = match level {
        Level::Warning if arrives_nothing && !queriers(facts, name).is_empty() => Level::Fault,
        other => other,
    };
    let evidence = format!(
        "{}; {}no router and no switch with {protocol} snooping detects that this host is a member \
         of {group}",
        self::evidence(rule),
        active_querier(facts, name)
    );
    Some((rules, Notice::new(level, Id::FirewallMembershipOut, what).why(evidence)))
}

/// The rule that drops messages, with the level and the statement. A rule that is not certain may
/// be a rate limit that no querier exceeds.
fn drops<'a>(rules: &'a [DropRule], messages: &str) -> Option<(&'a DropRule, Level, String)> {
    if let Some(rule) = rules.iter().find(|rule| rule.certain) {
        return Some((rule, Level::Warning, format!("this host's firewall drops {messages}")));
    }
    let rule = rules.first()?;
    Some((rule, Level::Note, format!("this host's firewall may drop {messages}")))
}

fn queriers<'a>(facts: &'a Facts, name: &str) -> Vec<&'a Queries> {
    let queries = facts.frames.iter().flat_map(|frames| &frames.queries);
    queries.filter(|queries| queries.iface == name).collect()
}

/// The queriers of the target's family, or the condition that there is one, as the beginning of a
/// sentence.
fn active_querier(facts: &Facts, name: &str) -> String {
    let queriers = queriers(facts, name).into_iter();
    let of_family = queriers.filter(|queries| queries.querier.is_ipv4() == facts.is_ipv4());
    let each: Vec<String> = of_family
        .map(|queries| match queries.interval {
            Some(every) => format!("{} (every {every} s)", queries.querier),
            None => queries.querier.to_string(),
        })
        .collect();
    match each.len() {
        0 => format!("if an {} querier is active on {name}, ", protocol(facts)),
        number => format!("active querier{}: {}; ", plural(number as u64), list(&each)),
    }
}

fn interval(facts: &Facts, name: &str) -> u64 {
    membership_interval(queriers(facts, name).iter().find_map(|queries| queries.interval))
}

/// Adds the commands that accept the messages, unless another finding has them.
fn with_commands(facts: &Facts, finding: Notice, rules: &[DropRule], others: &[Notice]) -> Notice {
    let given = |command: &str| {
        others.iter().flat_map(|other| &other.commands).any(|given| given.run == command)
    };
    let level = finding.level;
    let wanted = rules.iter().filter(|rule| rule.certain || level == Level::Note);
    let commands = commands(wanted);
    let protocol = protocol(facts);
    let missing: Vec<&str> = commands.into_iter().filter(|command| !given(command)).collect();
    if missing.is_empty() {
        return finding.remedy(format!(
            "accept {protocol}: run the commands of the finding about the group's datagrams"
        ));
    }
    let places: Vec<String> = rules.iter().map(place).collect();
    let until = until_boot(missing.len());
    let finding = finding.remedy(format!("accept {protocol} in {}. {until}", list(&places)));
    missing.into_iter().fold(finding, |finding, command| finding.run(Place::Here, command))
}
