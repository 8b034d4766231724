//! Targets and sources as people type them.

use std::net::IpAddr;

use crate::target::{TargetError, TargetRange, check_source};

/// Reads a target for clap.
pub fn target(text: &str) -> Result<TargetRange, TargetError> {
    text.parse()
}

/// Reads a target of a sender, which has no source to choose.
pub fn destination(text: &str) -> Result<TargetRange, String> {
    let range: TargetRange = text.parse().map_err(|error: TargetError| error.to_string())?;
    if range.is_any() {
        return Err(
            "it stands for any address of this host, which is no destination; name a group \
                    or a host, such as 239.1.1.1:5000"
                .to_owned(),
        );
    }
    let Some(source) = range.source() else { return Ok(range) };
    let group = text.rsplit('@').next().unwrap_or(text);
    Err(format!(
        "a sender has no source to choose; try {group}, with --iface {source} if that is the \
         address to send from"
    ))
}

/// Reads the address of a sender, for `--source` and `--exclude`.
pub fn source(text: &str) -> Result<IpAddr, String> {
    let address = text
        .parse()
        .map_err(|_| format!("'{text}' is not an IP address; try 10.0.0.5 or 2001:db8::5"))?;
    check_source(address).map_err(|error| error.to_string())?;
    Ok(address)
}
