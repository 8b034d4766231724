//! The name of this host.

/// The name of this host; `None` if the system does not state it.
pub fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok().filter(|name| !name.is_empty())
}
