//! What was found, with how that is known and what to type.

use std::fmt;

use serde::Serialize;

/// The stable names of all findings.
pub const IDS: [&str; 55] = [
    "any-source-in-ssm-range",
    "arrives",
    "arrives-twice",
    "bad-checksum",
    "bad-length",
    "bound-to-address",
    "bridge",
    "bridge-firewall",
    "buffer-overflow",
    "duplicate-address",
    "firewall",
    "firewall-ingress",
    "firewall-input",
    "firewall-output",
    "firewall-prerouting",
    "fragments-lost",
    "igmp-version",
    "ignored-multicast",
    "interface",
    "interface-down",
    "interface-errors",
    "interface-flags",
    "interfaces-left-out",
    "ipv6-disabled",
    "join-failed",
    "join-unseen",
    "limits",
    "membership",
    "mtu-too-small",
    "multicast-filtered",
    "no-address",
    "no-carrier",
    "no-interface",
    "no-path",
    "no-querier",
    "no-route",
    "not-available",
    "not-seen",
    "nothing-arrives",
    "other-port",
    "other-source",
    "path",
    "port-taken",
    "querier",
    "route",
    "route-differs",
    "rp-filter",
    "self-test",
    "self-test-failed",
    "snooping-pruned",
    "ssm-unsupported",
    "stream-stopped",
    "ttl-too-low",
    "vlan-tag",
    "wrong-interface",
];

/// One thing that was found. [`Finding::id`] is stable, for scripts; the words are for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable name.
    pub id: &'static str,
    /// How grave it is.
    pub level: Level,
    /// What it is, as a sentence without its full stop.
    pub what: String,
    /// How that is known.
    pub evidence: String,
    /// What to do, where there is something to do.
    pub remedy: Option<String>,
    /// What to type for it, in this order.
    pub commands: Vec<Command>,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is as it should be.
    Pass,
    /// Something to know.
    Note,
    /// Something that may keep datagrams from arriving, now or later.
    Warning,
    /// Something that does keep them from arriving.
    Fault,
}

/// A line to type in a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// On which host.
    #[serde(rename = "where")]
    pub place: Place,
    /// The line. `IFACE` and `BRIDGE` stand for names that only that host knows.
    pub run: String,
}

/// On which host something is to be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// On this one.
    Here,
    /// On the one that sends.
    Sender,
    /// On the switch between them, where it is a Linux bridge.
    Switch,
}

impl Finding {
    fn new(
        level: Level,
        id: &'static str,
        what: impl Into<String>,
        evidence: impl Into<String>,
    ) -> Self {
        debug_assert!(IDS.contains(&id), "{id} is not among the names of findings");
        Finding {
            id,
            level,
            what: what.into(),
            evidence: evidence.into(),
            remedy: None,
            commands: Vec::new(),
        }
    }

    /// Something that is as it should be.
    pub fn pass(id: &'static str, what: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self::new(Level::Pass, id, what, evidence)
    }

    /// Something to know.
    pub fn note(id: &'static str, what: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self::new(Level::Note, id, what, evidence)
    }

    /// Something that may keep datagrams away.
    pub fn warning(id: &'static str, what: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self::new(Level::Warning, id, what, evidence)
    }

    /// Something that keeps datagrams away.
    pub fn fault(id: &'static str, what: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self::new(Level::Fault, id, what, evidence)
    }

    /// With what to do.
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Finding { remedy: Some(remedy.into()), ..self }
    }

    /// With a line to type.
    pub fn run(mut self, place: Place, run: impl Into<String>) -> Self {
        // Brackets are a pattern to a shell: one does not mind, another refuses.
        let quoted = |word: &str| {
            if word.contains('[') && !word.contains('\'') {
                format!("'{word}'")
            } else {
                word.to_owned()
            }
        };
        let run = run.into().split(' ').map(quoted).collect::<Vec<_>>().join(" ");
        self.commands.push(Command { place, run });
        self
    }

    /// At another level.
    pub fn at(self, level: Level) -> Self {
        Finding { level, ..self }
    }
}

impl Level {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Pass => "pass",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Fault => "fault",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Place::Here => "here",
            Place::Sender => "on the sender",
            Place::Switch => "on the switch",
        })
    }
}
