//! Tables, chains, rules and sets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Hook;

/// The firewall of this host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruleset {
    pub(super) chains: Vec<Chain>,
    /// Sets and maps that have a name, by family, table and name.
    pub(super) sets: BTreeMap<(String, String, String), Vec<Value>>,
}

/// A chain and its rules.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chain {
    pub(super) family: String,
    pub(super) table: String,
    pub(super) name: String,
    /// The hook of a base chain; `None` for a chain that only rules jump to.
    pub(super) base: Option<Base>,
    pub(super) rules: Vec<Rule>,
}

/// The properties of a base chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) hook: Hook,
    pub(super) priority: i64,
    pub(super) policy_drops: bool,
    /// The devices of a hook that is bound to devices; `None` if the listing omits them.
    pub(super) devices: Option<Vec<String>>,
    /// The table may be switched off: the listing is not clear.
    pub(super) maybe_dormant: bool,
    pub(super) dormant: bool,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) handle: Option<u64>,
    pub(super) comment: Option<String>,
    pub(super) statements: Vec<Value>,
    /// The text of the rule, if the listing was read.
    pub(super) listed: Option<String>,
}
