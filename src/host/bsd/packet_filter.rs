//! The packet filters that are present. Their rules need root, and mcast does not read them.

use super::settings::number;

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
