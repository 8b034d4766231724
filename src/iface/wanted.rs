//! The value of `--iface`.

use std::convert::Infallible;
use std::str::FromStr;

/// The value of `--iface`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A name, an address or an index.
    Named(String),
    /// A name, an address or an index from the environment: the default if the target does not
    /// decide.
    Default(String),
    /// `all`: every interface that is up, supports multicast and has an address of the target's
    /// family.
    All,
    /// `ask`: the user chooses from a menu.
    Ask,
}

impl Wanted {
    /// The environment variable of the default.
    pub const VARIABLE: &str = "MCAST_IFACE";

    /// Marks a value of the environment.
    pub fn by_default(self) -> Self {
        match self {
            Wanted::Named(name) => Wanted::Default(name),
            other => other,
        }
    }

    /// A variable may be empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Wanted::Named(name) | Wanted::Default(name) if name.is_empty())
    }
}

impl FromStr for Wanted {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "all" => Wanted::All,
            "ask" => Wanted::Ask,
            name => Wanted::Named(name.to_owned()),
        })
    }
}
