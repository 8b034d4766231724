//! The messages of IGMP or MLD that keep a membership alive, and what this host's firewall does
//! with them: a host that does not hear the queries, or whose reports do not leave, is forgotten.

use super::words::{either, is_flooded, membership_interval, place, protocol, rule_words};
use crate::diagnosis::facts::{Facts, Queries};
use crate::diagnosis::firewall::DropRule;
use crate::notice::{Id, Level, Notice, Place};
use crate::units::words::list;

pub fn findings(facts: &Facts, others: &[Notice]) -> Vec<Notice> {
    // A stream that has stopped names the rule itself.
    let Some(name) = concerned(facts).filter(|_| facts.stopped.is_none()) else {
        return Vec::new();
    };
    // A join is reported unasked, so a receiver that has just joined misses nothing yet.
    let queries = if facts.receiving { None } else { queries(facts, name) };
    let found = [queries, reports(facts, name)].into_iter().flatten();
    found.map(|(rules, finding)| with_commands(facts, finding, rules, others)).collect()
}

/// The interface whose membership needs messages of IGMP or MLD.
fn concerned(facts: &Facts) -> Option<&str> {
    let link = facts.link(facts.judged()?)?;
    let carries = link.up && !link.loopback && link.carrier != Some(false);
    let needs = !is_flooded(facts) && !facts.is_switched_off(link);
    (carries && needs && facts.bridge_above().is_none()).then_some(&link.name)
}

/// The rules that certainly drop such messages, if the membership needs them.
pub fn dropped(facts: &Facts) -> impl Iterator<Item = &DropRule> {
    let rules = &facts.firewall;
    let all = rules.queries.iter().chain(&rules.group_queries).chain(&rules.reports);
    all.filter(|rule| rule.certain && concerned(facts).is_some())
}

/// Whether the queries that ask for all groups are certainly dropped.
pub fn drops_queries(facts: &Facts) -> bool {
    concerned(facts).is_some() && facts.firewall.queries.iter().any(|rule| rule.certain)
}

/// Whether this host's reports are certainly dropped.
pub fn drops_reports(facts: &Facts) -> bool {
    concerned(facts).is_some() && facts.firewall.reports.iter().any(|rule| rule.certain)
}

/// The commands that let all those messages through, each once.
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
    let all = drops(&rules.queries, &format!("the {protocol} queries that come in on {name}"));
    let of_group = || {
        let words = format!("the {protocol} queries for {group} that come in on {name}");
        drops(&rules.group_queries, &words)
    };
    if let Some((rule, level, what)) = all {
        let evidence = format!(
            "{}; {}this host does not answer, so a switch that snoops, or a router, forgets this \
             member {} s after its last report ({})",
            rule_words(rule),
            asks(facts, name),
            interval(facts, name),
            either(facts, "RFC 3376, 8.4", "RFC 3810, 9.4")
        );
        return Some((
            &rules.queries,
            Notice::new(level, Id::FirewallMembershipIn, what).why(evidence),
        ));
    }
    let (rule, level, what) = of_group()?;
    let evidence = format!(
        "{}; a querier asks so when another receiver leaves the group. This host does not answer, \
         so a switch may stop forwarding the group to it ({})",
        rule_words(rule),
        either(facts, "RFC 3376, 6.4.2", "RFC 3810, 7.4.2")
    );
    Some((&rules.group_queries, Notice::new(level, Id::FirewallMembershipIn, what).why(evidence)))
}

fn reports<'a>(facts: &'a Facts, name: &str) -> Option<Found<'a>> {
    let rules = &facts.firewall.reports;
    let (protocol, group) = (protocol(facts), facts.target.group);
    let (rule, level, what) =
        drops(rules, &format!("the {protocol} reports that leave by {name}"))?;
    // A querier shows that somebody forwards to reported members alone.
    let arrives_nothing = facts.heard_here() == 0 && facts.frames_here() == Some(0);
    let level = match level {
        Level::Warning if arrives_nothing && !queriers(facts, name).is_empty() => Level::Fault,
        other => other,
    };
    let evidence = format!(
        "{}; {}no switch that snoops, and no router, learns that this host is a member of {group}",
        rule_words(rule),
        asks(facts, name)
    );
    Some((rules, Notice::new(level, Id::FirewallMembershipOut, what).why(evidence)))
}

/// The rule that drops messages, and what to say of it. A rule that hangs on something unknown may
/// be a limit that no querier exceeds.
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

/// Who asks there, as the beginning of a sentence.
fn asks(facts: &Facts, name: &str) -> String {
    let queriers = queriers(facts, name);
    if queriers.is_empty() {
        return format!("if an {} querier asks there, ", protocol(facts));
    }
    let each: Vec<String> = queriers
        .iter()
        .map(|queries| match queries.interval {
            Some(every) => format!("{} asks there every {every} s", queries.querier),
            None => format!("{} asks there", queries.querier),
        })
        .collect();
    format!("{}; ", list(&each))
}

fn interval(facts: &Facts, name: &str) -> u64 {
    membership_interval(queriers(facts, name).iter().find_map(|queries| queries.interval))
}

/// Adds the commands that let the messages through, unless another finding has them.
fn with_commands(facts: &Facts, finding: Notice, rules: &[DropRule], others: &[Notice]) -> Notice {
    let given = |command: &str| {
        others.iter().flat_map(|other| &other.commands).any(|given| given.run == command)
    };
    let level = finding.level;
    let wanted = rules.iter().filter(|rule| rule.certain || level == Level::Note);
    let commands = commands(wanted);
    let (protocol, places) = (protocol(facts), rules.iter().map(place).collect::<Vec<_>>());
    if commands.iter().all(|command| given(command)) {
        return finding.remedy(format!(
            "let {protocol} through: the commands of the finding about the group's own datagrams \
             do"
        ));
    }
    let finding = finding.remedy(format!(
        "let {protocol} through, in {}; a rule that is typed lasts until the next boot, so write it \
         into your firewall's configuration as well",
        list(&places)
    ));
    commands
        .into_iter()
        .filter(|command| !given(command))
        .fold(finding, |finding, command| finding.run(Place::Here, command))
}
