//! What `--iface` says.

use std::convert::Infallible;
use std::str::FromStr;

/// What `--iface` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A name, an address or an index.
    Named(String),
    /// `all`: every interface that is up, carries multicast and has an address of the target's
    /// family.
    All,
    /// `ask`: the user chooses from a menu.
    Ask,
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
