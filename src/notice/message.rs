//! The form of a notice.

use std::fmt;

use serde::Serialize;

use super::Id;
use crate::units::words::quote;

/// A message to the user that is no result: advice, a warning or a finding. Scripts use the id,
/// which is stable. The text may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The stable name.
    pub id: Id,
    /// How serious it is.
    pub level: Level,
    /// The statement, as a sentence without its full stop.
    pub what: String,
    /// The evidence, unless the statement contains it.
    pub why: Option<String>,
    /// The action to take.
    pub remedy: Option<String>,
    /// The commands for that action, in this order.
    pub commands: Vec<ShellCommand>,
}

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No problem was found.
    Pass,
    /// No action is needed.
    Note,
    /// Datagrams may be lost, now or later.
    Warning,
    /// Datagrams do not arrive.
    Fault,
}

/// A line to type in a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShellCommand {
    /// The host to type it on.
    #[serde(rename = "where")]
    pub place: Place,
    /// The line. `IFACE`, `BRIDGE` and `SOURCE` are placeholders for values of that host.
    pub run: String,
    /// The forms of other systems; empty except for commands of a router.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
}

/// Shows the place of a command, and its forms in other systems: `on the router; Junos: show pim
/// rps`.
#[derive(Debug)]
pub struct Where<'a>(pub &'a ShellCommand);

/// A command in the form of another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// The system of the router.
    pub system: System,
    /// The line.
    pub run: String,
}

/// A system of routers whose commands differ from the usual form, which Cisco's IOS and FRR share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// FRRouting.
    Frr,
    /// Juniper's Junos.
    Junos,
}

/// The host to type a command on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// This host.
    Here,
    /// The sender.
    Sender,
    /// The switch between them, if it is a Linux bridge.
    Switch,
    /// A router between them.
    Router,
}

impl Notice {
    /// A notice without evidence, tip and commands.
    pub fn new(level: Level, id: Id, what: impl Into<String>) -> Self {
        Notice { id, level, what: what.into(), why: None, remedy: None, commands: Vec::new() }
    }

    /// A finding of [`Level::Pass`], with its evidence.
    pub fn pass(id: Id, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Level::Pass, id, what).why(why)
    }

    /// A finding of [`Level::Note`], with its evidence.
    pub fn note(id: Id, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Level::Note, id, what).why(why)
    }

    /// A finding of [`Level::Warning`], with its evidence.
    pub fn warning(id: Id, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Level::Warning, id, what).why(why)
    }

    /// A finding of [`Level::Fault`], with its evidence.
    pub fn fault(id: Id, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(Level::Fault, id, what).why(why)
    }

    /// Sets the level.
    pub fn at(self, level: Level) -> Self {
        Notice { level, ..self }
    }

    /// Sets the evidence.
    pub fn why(self, why: impl Into<String>) -> Self {
        Notice { why: Some(why.into()), ..self }
    }

    /// Sets the action to take.
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        self.maybe_remedy(Some(remedy.into()))
    }

    /// Sets the action to take, if there is one.
    pub fn maybe_remedy(self, remedy: Option<String>) -> Self {
        Notice { remedy, ..self }
    }

    /// Adds a command. Words with brackets are quoted: to a shell, brackets are a pattern.
    pub fn run(mut self, place: Place, run: impl Into<String>) -> Self {
        let word = |word: &str| {
            if word.contains('[') && !word.contains('\'') { quote(word) } else { word.to_owned() }
        };
        let run = run.into().split(' ').map(word).collect::<Vec<_>>().join(" ");
        self.commands.push(ShellCommand { place, run, variants: Vec::new() });
        self
    }

    /// Adds a command for a router, with its forms in other systems.
    pub fn ask_router(mut self, run: impl Into<String>, variants: Vec<Variant>) -> Self {
        self.commands.push(ShellCommand { place: Place::Router, run: run.into(), variants });
        self
    }
}

impl Level {
    /// The word for the level.
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
            Place::Router => "on the router",
        })
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            System::Frr => "FRR",
            System::Junos => "Junos",
        })
    }
}

impl fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.0.place)?;
        self.0.variants.iter().try_for_each(|other| write!(f, "; {}: {}", other.system, other.run))
    }
}
