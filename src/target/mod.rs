//! Destinations: a group (or a unicast or broadcast address), a UDP port, the sources, and the
//! interface.

mod address;
mod endpoint;
mod pair;
mod parse;
mod range;
mod single;
mod zoned;

pub use address::{
    bracketed, ethernet_address, is_control_block, is_link_scoped, is_source_specific,
};
pub use endpoint::{Endpoint, Filter, Listen};
pub use pair::{PairError, TargetPair};
pub use parse::{TargetError, check_source, read_source};
pub use range::{MOST_TARGETS, TargetRange};
pub use single::{DEFAULT_PORT, DEFAULT_TARGET, Target};
pub use zoned::{Zoned, without_zone};
