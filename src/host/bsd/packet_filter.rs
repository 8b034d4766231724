//! The packet filters that are present. Their rules need root, and mcast does not read them.

use super::settings::number;
use crate::host::pf_status;
use crate::sys::filter_status;

/// pf has a device while it is loaded (pf(4)). ipfw is part of FreeBSD.
pub fn packet_filters() -> Vec<String> {
    let pf = std::path::Path::new("/dev/pf").exists().then(|| "pf".to_owned());
    let ipfw = cfg!(target_os = "freebsd")
        .then(|| number("net.inet.ip.fw.enable"))
        .flatten()
        .filter(|enabled| *enabled != 0)
        .map(|_| "ipfw".to_owned());
    pf.into_iter().chain(ipfw).collect()
}

/// `None` if this process may not open the device, or the version of the system is unknown.
pub fn pf_enabled() -> Option<bool> {
    let status = filter_status()
        .inspect_err(|error| tracing::debug!(%error, "cannot read whether pf is enabled"))
        .ok()?;
    if cfg!(target_os = "macos") {
        pf_status::enabled_on_macos(&status)
    } else {
        pf_status::enabled_on_freebsd(&status)
    }
}
