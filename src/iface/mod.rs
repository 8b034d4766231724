//! The interfaces of this host: names, addresses, flags and changes.
//!
//! Nothing here calls the system.

mod family;
mod follow;
mod interface;
mod link;
mod mac;
mod row;
mod via;
mod wanted;

pub use family::Family;
pub use follow::{Change, Followed, Presence};
pub use interface::{Address, Flag, Interface, Joined};
pub use link::{Link, Master};
pub use mac::MacAddr;
pub use row::{Row, name_width};
pub use via::{Cast, Route, Via};
pub use wanted::Wanted;
