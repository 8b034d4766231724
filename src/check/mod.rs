//! What `mcast check` reasons with. Nothing here asks the system: what it told comes as text or plain data.

pub mod firewall;
