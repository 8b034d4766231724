//! Rules in words near to nft's own, and the command that lets a flow through.

use std::net::IpAddr;

use serde_json::Value;

use super::packet::single;
use super::ruleset::{Chain, Rule};
use super::{Carries, Flow, Hook};
use crate::units::words::quote;

/// The longest list that is written in full.
const ELEMENTS: usize = 8;

/// The text of a rule, with its handle.
pub fn rule(rule: &Rule) -> String {
    let mut words = match &rule.listed {
        Some(listed) => without_counts(listed),
        None => {
            let statements = rule
                .statements
                .iter()
                .map(statement)
                .chain(rule.comment.iter().map(|of| format!("comment \"{of}\"")));
            statements.filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ")
        }
    };
    if let Some(handle) = rule.handle {
        words.push_str(&format!(" # handle {handle}"));
    }
    words
}

/// Removes the counters from the text of a rule.
fn without_counts(listed: &str) -> String {
    let words: Vec<&str> = listed.split(' ').filter(|word| !word.is_empty()).collect();
    let mut kept = Vec::with_capacity(words.len());
    let mut rest = words.as_slice();
    while let [word, others @ ..] = rest {
        rest = match rest {
            ["counter", "packets", _, "bytes", _, after @ ..] => after,
            _ => {
                kept.push(*word);
                others
            }
        };
    }
    kept.join(" ")
}

/// The command that accepts the flow before all other rules of a base chain.
pub fn accept(chain: &Chain, flow: &Flow) -> String {
    let place = [&chain.family, &chain.table, &chain.name].map(|name| quote(name)).join(" ");
    let ip = if flow.group.is_ipv4() { "ip" } else { "ip6" };
    let Carries::Udp { port, fragments } = flow.carries else {
        return format!("nft insert rule {place} {} accept", membership(flow));
    };
    // A source of the other family would make a rule that no nft takes.
    let source = flow.wanted.filter(|source: &IpAddr| source.is_ipv4() == flow.group.is_ipv4());
    let source = source.map_or(String::new(), |source| format!("{ip} saddr {source} "));
    // The kernel reassembles fragments after prerouting, or in it if connections are tracked.
    let hook = chain.base.as_ref().map(|base| base.hook);
    let is_in_pieces = fragments && matches!(hook, Some(Hook::Ingress | Hook::Prerouting));
    let port =
        if is_in_pieces { "meta l4proto udp".to_owned() } else { format!("udp dport {port}") };
    format!("nft insert rule {place} {source}{ip} daddr {} {port} accept", flow.group)
}

/// A condition that matches all messages of IGMP, or of MLD, in both directions: one rule is enough
/// for a chain.
fn membership(flow: &Flow) -> &'static str {
    if flow.group.is_ipv4() {
        "ip protocol igmp"
    } else {
        "icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, \
         mld2-listener-report }"
    }
}

fn statement(statement: &Value) -> String {
    let Some((kind, of)) = single(statement) else { return scalar(statement) };
    match kind {
        "match" => {
            let operator = match of.get("op").and_then(Value::as_str) {
                Some("==" | "in") | None => String::new(),
                Some(operator) => format!("{operator} "),
            };
            let right = match of.get("right") {
                Some(Value::Bool(true)) => "exists".to_owned(),
                Some(Value::Bool(false)) => "missing".to_owned(),
                _ => at(of, "right"),
            };
            format!("{} {operator}{right}", at(of, "left"))
        }
        "vmap" => format!("{} vmap {}", at(of, "key"), at(of, "data")),
        "counter" => String::new(),
        "jump" | "goto" => format!("{kind} {}", at(of, "target")),
        "limit" => {
            let over = if of.get("inv") == Some(&Value::Bool(true)) { "over " } else { "" };
            format!("limit rate {over}{}/{}", at(of, "rate"), at(of, "per"))
        }
        "reject" => match (of.get("type"), of.get("expr")) {
            (Some(kind), Some(with)) => format!("reject with {} {}", scalar(kind), scalar(with)),
            _ => "reject".to_owned(),
        },
        "log" => of
            .get("prefix")
            .map_or("log".to_owned(), |prefix| format!("log prefix \"{}\"", scalar(prefix))),
        "mangle" => format!("{} set {}", at(of, "key"), at(of, "value")),
        "xt" => format!("xt {} \"{}\"", at(of, "type"), at(of, "name")),
        // accept, drop and other statements without arguments; of rare ones, the name.
        _ => kind.to_owned(),
    }
}

fn at(of: &Value, key: &str) -> String {
    of.get(key).map_or("?".to_owned(), expression)
}

fn expression(of: &Value) -> String {
    if let Value::Array(flags) = of {
        return list(flags, ",");
    }
    let Some((kind, inner)) = single(of) else { return scalar(of) };
    let key = inner.get("key").map(scalar).unwrap_or_default();
    match kind {
        "meta" if matches!(key.as_str(), "iif" | "iifname" | "oif" | "oifname") => key,
        "meta" => format!("meta {key}"),
        "ct" => format!("ct {key}"),
        "payload" if inner.get("protocol").is_some() => {
            format!("{} {}", at(inner, "protocol"), at(inner, "field"))
        }
        "payload" => format!("@{},{},{}", at(inner, "base"), at(inner, "offset"), at(inner, "len")),
        "fib" => {
            let flags = inner
                .get("flags")
                .and_then(Value::as_array)
                .map(|flags| list(flags, " . "))
                .unwrap_or_default();
            format!("fib {flags} {}", at(inner, "result"))
        }
        "prefix" => format!("{}/{}", at(inner, "addr"), at(inner, "len")),
        "range" => inner.as_array().map_or("?".to_owned(), |ends| list(ends, "-")),
        "concat" => inner.as_array().map_or("?".to_owned(), |parts| list(parts, " . ")),
        "set" => match inner {
            Value::Array(elements) => format!("{{ {} }}", elements_of(elements)),
            one => format!("{{ {} }}", expression(one)),
        },
        "elem" => at(inner, "val"),
        "&" | "|" | "^" | "<<" | ">>" => {
            inner.as_array().map_or("?".to_owned(), |sides| list(sides, &format!(" {kind} ")))
        }
        _ => kind.to_owned(),
    }
}

fn elements_of(elements: &[Value]) -> String {
    let mut words: Vec<String> = elements
        .iter()
        .take(ELEMENTS)
        .map(|element| match element.as_array().map(Vec::as_slice) {
            Some([key, verdict]) => format!("{} : {}", expression(key), statement(verdict)),
            _ => expression(element),
        })
        .collect();
    if elements.len() > ELEMENTS {
        words.push("...".to_owned());
    }
    words.join(", ")
}

fn list(values: &[Value], between: &str) -> String {
    values.iter().map(expression).collect::<Vec<_>>().join(between)
}

fn scalar(of: &Value) -> String {
    of.as_str().map_or_else(|| of.to_string(), str::to_owned)
}
