//! Details that the text of `nft -a list ruleset` adds to its JSON.
//!
//! ```text
//! table netdev nd { # handle 20
//! <tab>flags dormant
//! <tab>chain in { # handle 1
//! <tab><tab>type filter hook ingress devices = { e0, lo } priority filter + 10; policy accept;
//! <tab><tab>ct state related,established counter packets 0 bytes 0 accept # handle 3
//! ```

use serde_json::{Value, json};

use super::Ruleset;
use super::ruleset::{Chain, Rule};

impl Ruleset {
    /// Adds the details of the text: the matches of iptables and, with older versions of nft, the
    /// devices of a chain and the flag of a dormant table.
    pub fn with_listing(mut self, text: &str) -> Ruleset {
        add(&mut self, text);
        self
    }
}

/// Puts the words of each rule beside it, and fills in devices and sleep of the chains that are
/// listed.
fn add(ruleset: &mut Ruleset, text: &str) {
    for table in text.split("\ntable ") {
        let table = table.strip_prefix("table ").unwrap_or(table);
        let mut lines = table.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(family), Some(name)) = (words.next(), words.next()) else { continue };
        let mut dormant = false;
        let mut chain: Option<&str> = None;
        for line in lines {
            if let Some(flags) = line.strip_prefix("\tflags ") {
                dormant = flags.split([',', ' ']).any(|flag| flag == "dormant");
            } else if let Some(head) = line.strip_prefix("\tchain ") {
                chain = head.split(' ').next();
            } else if line == "\t}" {
                chain = None;
            } else if let (Some(chain), Some(line)) = (chain, line.strip_prefix("\t\t")) {
                let found = ruleset
                    .chains
                    .iter_mut()
                    .find(|it| it.family == family && it.table == name && it.name == chain);
                if let Some(found) = found {
                    add_line(found, line);
                }
            }
        }
        for chain in
            ruleset.chains.iter_mut().filter(|chain| chain.family == family && chain.table == name)
        {
            if let Some(base) = &mut chain.base {
                (base.dormant, base.maybe_dormant) = (dormant, false);
            }
        }
    }
}

fn add_line(chain: &mut Chain, line: &str) {
    if let (true, Some(base)) = (line.starts_with("type "), &mut chain.base) {
        base.devices = base.devices.take().or_else(|| devices(line));
    } else if let Some((words, handle)) = line.rsplit_once(" # handle ") {
        let handle = handle.trim().parse().ok();
        if let Some(rule) =
            chain.rules.iter_mut().find(|rule| handle.is_some() && rule.handle == handle)
        {
            rule.listed = Some(words.trim().to_owned());
        }
    }
}

/// The devices that the head of a chain names.
fn devices(head: &str) -> Option<Vec<String>> {
    let (_, named) = head.split_once(" device")?;
    let (named, _) = named.trim_start_matches('s').split_once(" priority")?;
    let named = named.trim_matches([' ', '=', '{', '}']);
    Some(
        named
            .split(',')
            .map(|device| device.trim().trim_matches('"').to_owned())
            .filter(|device| !device.is_empty())
            .collect(),
    )
}

/// A match of iptables as a `match` of nft. Its JSON contains only the name; its text is complete
/// if iptables is installed.
pub fn condition(rule: &Rule, name: &str) -> Option<Value> {
    let (key, topic, left) = match name {
        "conntrack" | "state" => ("ct state ", "ct", json!({"ct": {"key": "state"}})),
        "addrtype" => {
            ("fib daddr type ", "fib", json!({"fib": {"result": "type", "flags": ["daddr"]}}))
        }
        "multiport" => {
            ("udp dport ", "dport", json!({"payload": {"protocol": "udp", "field": "dport"}}))
        }
        "pkttype" => ("pkttype ", "pkttype", json!({"meta": {"key": "pkttype"}})),
        "icmp6" => {
            ("icmpv6 type ", "type", json!({"payload": {"protocol": "icmpv6", "field": "type"}}))
        }
        _ => return None,
    };
    // The words must belong to this match, and must be its complete text.
    let words = rule.listed.as_deref()?.split(" comment \"").next()?;
    let of_this_name = rule
        .statements
        .iter()
        .filter(|statement| statement.pointer("/xt/name").is_some_and(|it| it == name));
    let of_nft =
        rule.statements.iter().filter_map(|statement| statement.pointer("/match/left")).any(
            |left| {
                let asks = left
                    .pointer("/payload/field")
                    .or(left.pointer("/meta/key"))
                    .is_some_and(|it| it == topic);
                asks || left.get(topic).is_some()
            },
        );
    let mentions = words.split(' ').filter(|word| *word == topic).count();
    let (_, said) = words.split_once(key)?;
    if of_this_name.count() != 1 || of_nft || mentions != 1 {
        return None;
    }
    let negated = ["!= ", "! "].iter().find_map(|negation| said.strip_prefix(negation));
    let values = negated.unwrap_or(said);
    let values = match values.strip_prefix('{') {
        Some(set) => set.split('}').next()?,
        None => values.split(' ').next()?,
    };
    let right: Vec<Value> = values.split(',').map(|value| one(value.trim())).collect();
    Some(
        json!({"op": if negated.is_some() { "!=" } else { "==" }, "left": left, "right": {"set": right}}),
    )
}

fn one(value: &str) -> Value {
    match value.split_once('-') {
        Some((first, last)) if first.parse::<u16>().is_ok() => json!({"range": [first, last]}),
        _ => json!(value),
    }
}
