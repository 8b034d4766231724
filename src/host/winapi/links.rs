//! The kinds, MTUs and speeds of the interfaces, by GetAdaptersAddresses.

use std::collections::BTreeMap;

use crate::host::os::{has_no_ethernet, indexes, kind};
use crate::iface::{Interface, Link};
use crate::sys::{Adapter, adapters};

/// A value of each adapter, by interface index.
fn by_index<T: Clone>(value: impl Fn(&Adapter) -> Option<T>) -> BTreeMap<u32, T> {
    let adapters = adapters().unwrap_or_default();
    let of = |adapter: &Adapter| {
        let value = value(adapter);
        indexes(adapter).filter_map(move |index| Some((index, value.clone()?))).collect::<Vec<_>>()
    };
    adapters.iter().flat_map(of).collect()
}

/// By interface index. Windows shows no bridges and bonds here.
pub fn links(_interfaces: &[Interface]) -> BTreeMap<u32, Link> {
    by_index(|adapter| {
        Some(Link {
            kind: kind(adapter).map(str::to_owned),
            no_ethernet: has_no_ethernet(adapter),
            ..Link::default()
        })
    })
}

/// In bytes, by interface index.
pub fn mtus() -> BTreeMap<u32, u32> {
    by_index(|adapter| adapter.mtu)
}

/// In bits per second; `None` if the driver does not report it.
pub fn link_speed(_ifname: &str, index: u32) -> Option<u64> {
    by_index(|adapter| adapter.speed).remove(&index)
}
