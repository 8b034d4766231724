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
    /// The line. `IFACE` and `BRIDGE` are placeholders for names on that host.
    pub run: String,
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
        self.commands.push(ShellCommand { place, run });
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
        })
    }
}
