//! The name of this host.

/// The name of this host, without characters that are no UTF-8; `None` if it has none.
pub fn host_name() -> Option<String> {
    let name = nix::unistd::gethostname().ok()?.to_string_lossy().into_owned();
    Some(name).filter(|name| !name.is_empty())
}
