//! The commands of each system that show or change its network. Tips name them; mcast runs none.

use std::net::IpAddr;

/// The systems, or their bundles of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    /// iproute2.
    Linux,
    /// Apple's.
    Macos,
    /// The base system.
    FreeBsd,
    /// PowerShell and the command prompt.
    Windows,
}

impl Commands {
    /// Those of this system.
    pub const HERE: Self = if cfg!(windows) {
        Commands::Windows
    } else if cfg!(target_os = "linux") {
        Commands::Linux
    } else if cfg!(target_os = "macos") {
        Commands::Macos
    } else {
        Commands::FreeBsd
    };

    /// Lists all interfaces with their numbers.
    pub fn list_interfaces(self) -> &'static str {
        match self {
            Commands::Linux => "ip link",
            Commands::Macos | Commands::FreeBsd | Commands::Windows => "mcast ifaces",
        }
    }

    /// Shows the state and the MTU of an interface.
    pub fn show_interface(self, iface: &str) -> String {
        match self {
            Commands::Linux => format!("ip link show dev {iface}"),
            Commands::Macos | Commands::FreeBsd => format!("ifconfig {iface}"),
            Commands::Windows => self.list_interfaces().to_owned(),
        }
    }

    /// Shows the addresses of an interface.
    pub fn show_addresses(self, iface: &str) -> String {
        match self {
            Commands::Linux => format!("ip addr show dev {iface}"),
            Commands::Macos | Commands::FreeBsd => format!("ifconfig {iface}"),
            Commands::Windows => "ipconfig".to_owned(),
        }
    }

    /// Shows the route to a host.
    pub fn show_route(self, to: IpAddr) -> String {
        match self {
            Commands::Linux => format!("ip route get {to}"),
            Commands::Macos | Commands::FreeBsd if to.is_ipv6() => {
                format!("route -n get -inet6 {to}")
            }
            Commands::Macos | Commands::FreeBsd => format!("route -n get {to}"),
            Commands::Windows => "route print".to_owned(),
        }
    }

    /// Brings an interface up. Windows also calls one without a link down.
    pub fn bring_up(self, iface: &str) -> Option<String> {
        match self {
            Commands::Linux => Some(format!("ip link set {iface} up")),
            Commands::Macos | Commands::FreeBsd => Some(format!("ifconfig {iface} up")),
            Commands::Windows => None,
        }
    }

    /// Finds the program that has bound a UDP port.
    pub fn find_port_user(self, port: u16) -> String {
        match self {
            Commands::Linux => format!("ss -ulnp sport = :{port}"),
            Commands::Macos => format!("lsof -nP -iUDP:{port}"),
            Commands::FreeBsd => format!("sockstat -P udp -p {port}"),
            Commands::Windows => format!("Get-NetUDPEndpoint -LocalPort {port}"),
        }
    }
}
