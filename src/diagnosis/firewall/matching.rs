//! Whether one condition of a rule holds for a datagram.

use std::net::IpAddr;

use serde_json::Value;

use super::Ruleset;
use super::packet::{PacketModel, Val, single};
use super::ruleset::Chain;
use super::tri::Tri;

/// The sets of a table, which the right side of a comparison may name.
#[derive(Clone, Copy)]
pub struct Sets<'a> {
    pub ruleset: &'a Ruleset,
    pub chain: &'a Chain,
}

impl<'a> Sets<'a> {
    /// The elements of the set `@name`.
    pub fn named(self, reference: &str) -> Option<&'a [Value]> {
        let key = (
            self.chain.family.clone(),
            self.chain.table.clone(),
            reference.strip_prefix('@')?.to_owned(),
        );
        self.ruleset.sets.get(&key).map(Vec::as_slice)
    }
}

/// A `match` statement.
pub fn holds(condition: &Value, packet: &PacketModel, sets: Sets) -> Tri {
    let (Some(left), Some(right)) = (condition.get("left"), condition.get("right")) else {
        return Tri::Unknown;
    };
    let value = packet.value(left);
    if is_absent(&value) {
        return Tri::No;
    }
    match condition.get("op").and_then(Value::as_str).unwrap_or("==") {
        "==" | "in" => is_in(&value, right, sets),
        // For flags, "!" means that none of them is set.
        "!=" | "!" => is_in(&value, right, sets).negated(),
        "<" => order(&value, right).map_or(Tri::Unknown, |order| order.is_lt().into()),
        ">" => order(&value, right).map_or(Tri::Unknown, |order| order.is_gt().into()),
        "<=" => order(&value, right).map_or(Tri::Unknown, |order| order.is_le().into()),
        ">=" => order(&value, right).map_or(Tri::Unknown, |order| order.is_ge().into()),
        _ => Tri::Unknown,
    }
}

pub fn is_absent(value: &Val) -> bool {
    match value {
        Val::Absent => true,
        Val::Many(parts) => parts.iter().any(is_absent),
        _ => false,
    }
}

/// Whether a value equals the right side or is one of its elements.
pub fn is_in(value: &Val, right: &Value, sets: Sets) -> Tri {
    let any = |elements: &[Value]| {
        elements.iter().fold(Tri::No, |so_far, element| so_far.or(is_in(value, element, sets)))
    };
    match right {
        Value::String(name) if name.starts_with('@') => sets.named(name).map_or(Tri::Unknown, any),
        Value::String(all) if all == "*" => Tri::Yes,
        Value::String(_) | Value::Number(_) => equals(value, right),
        Value::Array(elements) => any(elements),
        _ => match single(right) {
            Some(("set" | "|", Value::Array(elements))) => any(elements),
            Some(("set", one)) => is_in(value, one, sets),
            Some(("elem", element)) => {
                element.get("val").map_or(Tri::Unknown, |of| is_in(value, of, sets))
            }
            Some(("prefix", prefix)) => has_prefix(value, prefix),
            Some(("range", range)) => in_range(value, range),
            Some(("concat", Value::Array(parts))) => match value {
                Val::Many(values) if values.len() == parts.len() => values
                    .iter()
                    .zip(parts)
                    .fold(Tri::Yes, |so_far, (value, part)| so_far.and(is_in(value, part, sets))),
                _ => Tri::Unknown,
            },
            _ => Tri::Unknown,
        },
    }
}

fn equals(value: &Val, right: &Value) -> Tri {
    match (value, right) {
        (Val::Named(name, _), Value::String(wanted)) if is_named(name, wanted) => Tri::Yes,
        // The name of another one.
        (Val::Named(..), Value::String(_)) if number(right).is_none() => Tri::No,
        (Val::Status(redirected), Value::String(wanted)) => match wanted.as_str() {
            "dnat" => *redirected,
            "seen-reply" | "assured" => Tri::No,
            _ => Tri::Unknown,
        },
        (Val::Iface(name), Value::String(wanted)) => is_iface(name, wanted),
        (Val::Num(_) | Val::Named(..) | Val::Addr(_), _) => {
            order(value, right).map_or(Tri::Unknown, |order| order.is_eq().into())
        }
        _ => Tri::Unknown,
    }
}

/// Versions of nft and of /etc/protocols differ in some names.
fn is_named(name: &str, wanted: &str) -> bool {
    name == wanted
        || matches!((name, wanted), ("ipv6-icmp", "icmpv6") | ("hopopt", "ip" | "HOPOPT"))
}

/// A name that ends in `*` matches all names with this prefix.
fn is_iface(name: &str, wanted: &str) -> Tri {
    match wanted.strip_suffix('*') {
        Some(literal) if literal.ends_with('\\') => {
            (name.strip_suffix('*') == literal.strip_suffix('\\')).into()
        }
        Some(beginning) => name.starts_with(beginning).into(),
        None => (name == wanted).into(),
    }
}

/// The order of a value and another one; `None` if it is unknown.
fn order(value: &Val, right: &Value) -> Option<std::cmp::Ordering> {
    match value {
        Val::Num(have) | Val::Named(_, have) => Some(have.cmp(&number(right)?)),
        Val::Addr(have) => {
            let other: IpAddr = right.as_str()?.parse().ok()?;
            (have.is_ipv4() == other.is_ipv4()).then(|| have.cmp(&other))
        }
        _ => None,
    }
}

fn number(right: &Value) -> Option<u64> {
    match right {
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
        other => other.as_u64(),
    }
}

fn in_range(value: &Val, range: &Value) -> Tri {
    let Some([first, last]) = range.as_array().map(Vec::as_slice) else { return Tri::Unknown };
    let at_least = order(value, first).map_or(Tri::Unknown, |order| order.is_ge().into());
    let at_most = order(value, last).map_or(Tri::Unknown, |order| order.is_le().into());
    at_least.and(at_most)
}

fn has_prefix(value: &Val, prefix: &Value) -> Tri {
    let network = prefix
        .get("addr")
        .and_then(Value::as_str)
        .and_then(|address| address.parse::<IpAddr>().ok());
    let (Some(network), Some(length)) = (network, prefix.get("len").and_then(Value::as_u64)) else {
        return Tri::Unknown;
    };
    if length == 0 {
        // Every address is in it, also one that is not known.
        return Tri::Yes;
    }
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    match value {
        Val::Addr(have) if have.is_ipv4() != network.is_ipv4() => Tri::No,
        Val::Addr(have) => {
            let width = if have.is_ipv4() { 32 } else { 128 };
            let shift = 128 - u32::try_from(length.min(width)).unwrap_or(128);
            // At least one bit is compared.
            (bits(*have) >> shift == bits(network) >> shift).into()
        }
        _ => Tri::Unknown,
    }
}
