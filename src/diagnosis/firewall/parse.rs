//! Reads the JSON of nft, as libnftables-json(5) describes it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ruleset::{Base, Chain, Rule};
use super::tri::Tri;
use super::{Hook, Ruleset};
use crate::units::order;

impl Ruleset {
    /// Parses the output of `nft -j list ruleset`. Unknown parts are skipped.
    pub fn parse(json: &str) -> Result<Ruleset, String> {
        parse(json)
    }
}

fn parse(json: &str) -> Result<Ruleset, String> {
    let document: Value = serde_json::from_str(json)
        .map_err(|error| format!("unexpected output of nft -j: {error}"))?;
    let objects = document
        .get("nftables")
        .and_then(Value::as_array)
        .ok_or("unexpected output of nft -j: no \"nftables\" array")?;
    let of = |kind: &'static str| objects.iter().filter_map(move |object| object.get(kind));

    let dormant = order::map(of("table").filter_map(|table| {
        Some(((text(table, "family")?, text(table, "name")?), dormant(table)))
    }));

    let mut ruleset = Ruleset::default();
    for chain in of("chain") {
        let Some([family, table, name]) = place(chain, "name") else { continue };
        let off = dormant.get(&(family.clone(), table.clone())).copied().unwrap_or(Tri::No);
        let base = base(chain, off);
        ruleset.chains.push(Chain { family, table, name, base, rules: Vec::new() });
    }
    for set in of("set").chain(of("map")) {
        let Some([family, table, name]) = place(set, "name") else { continue };
        let elements = set.get("elem").and_then(Value::as_array).cloned().unwrap_or_default();
        ruleset.sets.insert((family, table, name), elements);
    }
    let mut chains: BTreeMap<[String; 3], usize> = BTreeMap::new();
    for (index, chain) in ruleset.chains.iter().enumerate() {
        chains.insert([chain.family.clone(), chain.table.clone(), chain.name.clone()], index);
    }
    for rule in of("rule") {
        let Some(chain) = place(rule, "chain").and_then(|place| chains.get(&place).copied()) else {
            continue;
        };
        ruleset.chains[chain].rules.push(Rule {
            handle: rule.get("handle").and_then(Value::as_u64),
            comment: text(rule, "comment"),
            statements: rule.get("expr").and_then(Value::as_array).cloned().unwrap_or_default(),
            listed: None,
        });
    }
    Ok(ruleset)
}

fn text(object: &Value, key: &str) -> Option<String> {
    Some(object.get(key)?.as_str()?.to_owned())
}

/// The family, the table and the name of a chain or a set.
fn place(object: &Value, name: &str) -> Option<[String; 3]> {
    Some([text(object, "family")?, text(object, "table")?, text(object, name)?])
}

fn base(chain: &Value, dormant: Tri) -> Option<Base> {
    let devices =
        chain.get("dev").map(|devices| strings(devices).into_iter().map(str::to_owned).collect());
    Some(Base {
        hook: Hook::named(chain.get("hook")?.as_str()?)?,
        priority: chain.get("prio").and_then(Value::as_i64).unwrap_or(0),
        policy_drops: chain.get("policy").and_then(Value::as_str) == Some("drop"),
        devices,
        maybe_dormant: dormant == Tri::Unknown,
        dormant: dormant == Tri::Yes,
    })
}

/// Whether a table is dormant. nft 1.0.6 prints uninitialised memory instead of the flag.
fn dormant(table: &Value) -> Tri {
    let Some(flags) = table.get("flags") else { return Tri::No };
    let flags = strings(flags);
    if flags.contains(&"dormant") {
        Tri::Yes
    } else if flags.iter().all(|flag| matches!(*flag, "owner" | "persist")) {
        Tri::No
    } else {
        Tri::Unknown
    }
}

/// One string, or a list of them.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}
