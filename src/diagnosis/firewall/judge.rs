//! Simulates the path of a packet through the chains, up to the rule that drops it.

use serde_json::Value;

use super::matching::{Sets, holds, is_absent, is_in};
use super::packet::{PacketModel, single};
use super::ruleset::{Base, Chain, Rule};
use super::tri::Tri;
use super::{Carries, DropRule, Flow, Hook, Ruleset, Way, listing, words};

use crate::units::order::sort_by_key;

impl Ruleset {
    /// The rules that drop, or may drop, packets of this flow, in the order of the chains; at most
    /// one for each base chain.
    pub fn drops(&self, flow: &Flow, way: Way) -> Vec<DropRule> {
        drops(self, flow, way)
    }
}

/// How deep chains may call each other: NFT_JUMP_STACK_SIZE of the kernel.
const DEPTH: usize = 16;
/// The most rules that are looked at for one base chain. Rulesets that a person can have written
/// stay far below.
const RULES: usize = 1 << 20;

fn drops(ruleset: &Ruleset, flow: &Flow, way: Way) -> Vec<DropRule> {
    let mut packet = PacketModel {
        flow,
        way,
        hook: Hook::Ingress,
        priority: 0,
        on_bridge: false,
        untracked: Tri::No,
        redirected: Tri::No,
    };
    let mut drops = Vec::new();
    for hook in way.hooks() {
        let mut chains: Vec<(&Chain, &Base, Tri)> = ruleset
            .chains
            .iter()
            .filter_map(|chain| {
                Some((chain, chain.base.as_ref().filter(|base| base.hook == *hook)?))
            })
            .map(|(chain, base)| (chain, base, sees(chain, base, flow)))
            .filter(|(.., sees)| *sees != Tri::No)
            .collect();
        sort_by_key(&mut chains, |(_, base, _)| base.priority);
        for (chain, base, sees) in chains {
            (packet.hook, packet.priority) = (*hook, base.priority);
            packet.on_bridge = chain.family == "bridge";
            let mut walk = Walk {
                ruleset,
                packet: &mut packet,
                may_pass: sees != Tri::Yes,
                maybe: None,
                rules_left: RULES,
            };
            let (cause, certain) = match walk.chain(chain, sees, 0) {
                Some(End::Dropped(cause)) => (Some(cause), !walk.may_pass),
                Some(End::Passed) => (walk.maybe, false),
                None if base.policy_drops => (Some(Cause { chain, rule: None }), !walk.may_pass),
                None => (walk.maybe, false),
            };
            drops.extend(cause.map(|cause| DropRule {
                hook: *hook,
                family: chain.family.clone(),
                table: chain.table.clone(),
                chain: cause.chain.name.clone(),
                rule: cause.rule.map(words::rule),
                certain,
                command: words::accept(chain, flow),
            }));
        }
    }
    drops
}

/// Whether a base chain looks at the datagrams of the flow.
fn sees(chain: &Chain, base: &Base, flow: &Flow) -> Tri {
    let family = match chain.family.as_str() {
        "inet" | "netdev" => true,
        "ip" => flow.group.is_ipv4(),
        "ip6" => flow.group.is_ipv6(),
        "bridge" => !flow.ports.is_empty(),
        _ => false,
    };
    let device = match &base.devices {
        _ if !base.hook.is_of_devices() => Tri::Yes,
        None => Tri::Unknown,
        Some(devices) => is_of_devices(devices, flow),
    };
    let awake = if base.maybe_dormant { Tri::Unknown } else { Tri::from(!base.dormant) };
    Tri::from(family).and(device).and(awake)
}

/// Whether the packets pass one of these devices. Which port of a bridge they pass is known only
/// if it has one.
fn is_of_devices(devices: &[String], flow: &Flow) -> Tri {
    let names = |name: &String| {
        devices.iter().any(|device| match device.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => device == name,
        })
    };
    match flow.ports.iter().filter(|port| names(port)).count() {
        _ if names(&flow.iface) => Tri::Yes,
        0 => Tri::No,
        some if some == flow.ports.len() => Tri::Yes,
        _ => Tri::Unknown,
    }
}

/// The cause of a drop.
#[derive(Clone, Copy)]
struct Cause<'a> {
    chain: &'a Chain,
    rule: Option<&'a Rule>,
}

/// The end of a base chain, unless its policy applies.
enum End<'a> {
    Passed,
    Dropped(Cause<'a>),
}

/// The next step after a rule in its chain.
enum Step<'a> {
    Next,
    /// The next rule, if the packet reaches it.
    MaybeNext,
    Return,
    End(End<'a>),
}

/// A walk through one base chain.
struct Walk<'a, 'p> {
    ruleset: &'a Ruleset,
    packet: &'p mut PacketModel<'a>,
    /// Something that is not known may have let it pass.
    may_pass: bool,
    /// The first thing that may have dropped it.
    maybe: Option<Cause<'a>>,
    rules_left: usize,
}

impl<'a> Walk<'a, '_> {
    /// Walks a chain which the datagram comes to, or may. `None`: it comes out at the end.
    fn chain(&mut self, chain: &'a Chain, mut comes: Tri, depth: usize) -> Option<End<'a>> {
        for rule in &chain.rules {
            if self.rules_left == 0 {
                self.may_pass = true;
                return None;
            }
            self.rules_left -= 1;
            match self.rule(Cause { chain, rule: Some(rule) }, rule, comes, depth) {
                Step::Next => {}
                Step::MaybeNext => comes = Tri::Unknown,
                Step::Return => return None,
                Step::End(end) => return Some(end),
            }
        }
        None
    }

    fn rule(&mut self, at: Cause<'a>, rule: &'a Rule, comes: Tri, depth: usize) -> Step<'a> {
        let mut matched = comes;
        for statement in &rule.statements {
            let Some((kind, of)) = single(statement) else {
                matched = matched.and(Tri::Unknown);
                continue;
            };
            let sets = Sets { ruleset: self.ruleset, chain: at.chain };
            let condition = match kind {
                "match" => holds(of, self.packet, sets),
                "vmap" => return self.vmap(of, matched, at, depth),
                "accept" | "drop" | "reject" | "return" | "continue" | "jump" | "goto"
                | "queue" | "fwd" | "masquerade" | "snat" | "dnat" | "redirect" => {
                    return self.verdict(kind, of, matched, at, depth);
                }
                "counter" | "log" | "mangle" | "comment" | "last" | "flow" | "ct helper"
                | "ct timeout" | "ct expectation" | "secmark" | "dup" => Tri::Yes,
                "notrack" => {
                    self.packet.untracked = self.packet.untracked.or(matched);
                    Tri::Yes
                }
                "set" if of.get("stmt").is_none() => Tri::Yes,
                "xt" => match self.xt(of, rule, sets) {
                    Xt::Match(condition) => condition,
                    Xt::Verdict(verdict) => {
                        return self.verdict(verdict, &Value::Null, matched, at, depth);
                    }
                },
                // limit, quota, ct count, socket, and statements newer than this program.
                _ => Tri::Unknown,
            };
            matched = matched.and(condition);
            if matched == Tri::No {
                return Step::Next;
            }
        }
        Step::Next
    }

    fn verdict(
        &mut self,
        verdict: &str,
        of: &Value,
        matched: Tri,
        at: Cause<'a>,
        depth: usize,
    ) -> Step<'a> {
        if matched == Tri::No {
            return Step::Next;
        }
        let sure = matched == Tri::Yes;
        match verdict {
            "drop" | "reject" | "fwd" if sure => Step::End(End::Dropped(at)),
            "drop" | "reject" | "fwd" => {
                self.maybe.get_or_insert(at);
                Step::Next
            }
            // A program decides, or something that is not read here.
            "queue" | "unknown" => {
                self.may_pass = true;
                self.maybe.get_or_insert(at);
                if sure && verdict == "queue" { Step::End(End::Passed) } else { Step::Next }
            }
            "return" => {
                if sure {
                    Step::Return
                } else {
                    Step::MaybeNext
                }
            }
            "continue" => Step::Next,
            "jump" | "goto" => self.call(verdict, of, matched, at, depth),
            "dnat" | "redirect" => {
                self.packet.redirected = self.packet.redirected.or(matched);
                self.verdict("accept", of, matched, at, depth)
            }
            // accept, and address translation, which ends the chain too.
            _ if sure => Step::End(End::Passed),
            _ => {
                self.may_pass = true;
                Step::Next
            }
        }
    }

    fn call(
        &mut self,
        verdict: &str,
        of: &Value,
        matched: Tri,
        at: Cause<'a>,
        depth: usize,
    ) -> Step<'a> {
        let target = of.get("target").and_then(Value::as_str);
        let here = at.chain;
        let chain = self.ruleset.chains.iter().find(|chain| {
            chain.family == here.family
                && chain.table == here.table
                && Some(chain.name.as_str()) == target
        });
        let Some(chain) = chain.filter(|_| depth < DEPTH) else {
            return self.verdict("unknown", &Value::Null, matched, at, depth);
        };
        match self.chain(chain, matched, depth + 1) {
            Some(end) => Step::End(end),
            None if verdict == "jump" => Step::Next,
            None if matched == Tri::Yes => Step::Return,
            None => Step::MaybeNext,
        }
    }

    /// A verdict map: the matching entry holds the verdict. Without one, the rule does not match.
    fn vmap(&mut self, of: &'a Value, mut matched: Tri, at: Cause<'a>, depth: usize) -> Step<'a> {
        let sets = Sets { ruleset: self.ruleset, chain: at.chain };
        let value = of.get("key").map_or(super::packet::Val::Unknown, |key| self.packet.value(key));
        let entries = of.get("data").and_then(|data| match data {
            Value::String(name) => sets.named(name),
            other => other.get("set").and_then(Value::as_array).map(Vec::as_slice),
        });
        let Some(entries) = entries else {
            return self.verdict("unknown", &Value::Null, matched, at, depth);
        };
        if is_absent(&value) {
            return Step::Next;
        }
        let others =
            |key: &Value| key == "*" || key.pointer("/elem/val").is_some_and(|of| of == "*");
        // The entry for all other values comes last.
        let (last, first): (Vec<_>, Vec<_>) = entries
            .iter()
            .filter_map(|entry| Some((entry.get(0)?, single(entry.get(1)?)?)))
            .partition(|(key, _)| others(key));
        let mut maybe_next = false;
        for (key, (verdict, of)) in first.into_iter().chain(last) {
            let is_this = if others(key) { Tri::Yes } else { is_in(&value, key, sets) };
            let step = self.verdict(verdict, of, matched.and(is_this), at, depth);
            match (is_this, step) {
                (Tri::Yes, Step::Next) if maybe_next => return Step::MaybeNext,
                (Tri::Yes, step) => return step,
                (_, Step::MaybeNext) => maybe_next = true,
                _ => {}
            }
            // Later entries apply only if this entry does not match.
            if is_this == Tri::Unknown {
                matched = matched.and(Tri::Unknown);
            }
        }
        if maybe_next { Step::MaybeNext } else { Step::Next }
    }

    /// A match or target of iptables, whose JSON contains only the name.
    fn xt(&mut self, of: &Value, rule: &Rule, sets: Sets) -> Xt {
        let name = of.get("name").and_then(Value::as_str).unwrap_or_default();
        if of.get("type").and_then(Value::as_str) != Some("target") {
            let is_udp = matches!(self.packet.flow.carries, Carries::Udp { .. });
            return Xt::Match(match name {
                "comment" => Tri::Yes,
                "tcp" | "icmp" | "sctp" | "dccp" | "ah" | "esp" => Tri::No,
                "icmp6" if is_udp || self.packet.flow.group.is_ipv4() => Tri::No,
                "udp" | "udplite" | "multiport" if !is_udp => Tri::No,
                _ => listing::condition(rule, name)
                    .map_or(Tri::Unknown, |condition| holds(&condition, self.packet, sets)),
            });
        }
        match name {
            "DROP" | "REJECT" => Xt::Verdict("drop"),
            "ACCEPT" | "MASQUERADE" | "SNAT" => Xt::Verdict("accept"),
            "DNAT" | "REDIRECT" | "NETMAP" => Xt::Verdict("dnat"),
            "NFQUEUE" => Xt::Verdict("queue"),
            "LOG" | "NFLOG" | "MARK" | "CONNMARK" | "TCPMSS" | "CHECKSUM" | "CLASSIFY"
            | "TRACE" | "DSCP" | "TOS" | "TTL" | "HL" | "AUDIT" | "SET" | "TEE" => {
                Xt::Match(Tri::Yes)
            }
            "CT" | "NOTRACK" => {
                self.packet.untracked = Tri::Unknown;
                Xt::Match(Tri::Yes)
            }
            _ => Xt::Verdict("unknown"),
        }
    }
}

/// The effect of an iptables extension.
enum Xt {
    Match(Tri),
    Verdict(&'static str),
}
