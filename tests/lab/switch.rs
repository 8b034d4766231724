//! A snooping switch with or without a querier: a Linux bridge in a separate host.

use super::{Host, Lab, eventually};

/// A switch. Each host on it has its `e0` there.
pub struct Switch {
    host: Host,
    ports: usize,
    has_bridge: bool,
}

impl Lab {
    /// A switch that forwards a group only to ports with members, and queries for members.
    pub fn switch(&self) -> Switch {
        // Set the intervals (unit: 10 ms) before the querier. Otherwise it floods for one default
        // response interval.
        let switch = self.switch_with(
            "mcast_snooping 1 mcast_query_response_interval 50 mcast_query_interval 200 \
             mcast_membership_interval 500 mcast_startup_query_interval 50 mcast_igmp_version 3 \
             mcast_mld_version 2",
        );
        switch.host.shell("ip link set br0 type bridge mcast_querier 1");
        switch
    }

    /// A switch whose bridge `br0` has these options of `ip link`.
    pub fn switch_with(&self, options: &str) -> Switch {
        let host = self.host();
        host.shell(&format!("ip link add br0 type bridge {options}; ip link set br0 up"));
        Switch { host, ports: 0, has_bridge: true }
    }

    /// A switch without a bridge: a program forwards between its ports.
    pub fn switch_without_bridge(&self) -> Switch {
        Switch { host: self.host(), ports: 0, has_bridge: false }
    }

    /// A host on the switch, with this address on its `e0`.
    pub fn host_on(&self, switch: &mut Switch, address: &str) -> Host {
        let host = self.host();
        self.plug(switch, &host, "e0", address);
        host
    }

    /// A second wire from a host to the switch, with this address on its `e1`.
    pub fn second_port(&self, switch: &mut Switch, host: &Host, address: &str) {
        self.plug(switch, host, "e1", address);
    }

    /// A new wire that replaces the deleted one from `e0` of a host.
    pub fn replug(&self, switch: &mut Switch, host: &Host, address: &str) {
        self.plug(switch, host, "e0", address);
    }

    fn plug(&self, switch: &mut Switch, host: &Host, iface: &str, address: &str) {
        let port = format!("p{}", switch.ports);
        switch.ports += 1;
        self.link(host, iface, &switch.host, &port);
        let master = if switch.has_bridge { "master br0" } else { "" };
        switch.host.shell(&format!("ip link set {port} {master} up"));
        host.shell(&format!("ip link set {iface} up"));
        host.address(iface, address);
    }
}

impl Switch {
    /// Waits until the switch prunes, because a new querier floods for a while. `from` sends to a
    /// group without members until it no longer reaches `bystander`.
    pub fn wait_for_pruning(&self, from: &Host, bystander: &Host) {
        eventually("the switch prunes a group without members", || {
            let before = bystander.frames_received("e0");
            from.mcast("send 239.99.99.99:9 --iface e0 --count 20 --interval 50us -q --no-offload")
                .ends(0);
            bystander.frames_received("e0") - before < 10
        });
    }

    /// Drops the first of each `every` UDP datagrams that leave by `port`, counted from 0.
    pub fn drop_one_in(&self, every: u32, port: usize) {
        self.host.firewall(&format!(
            "table bridge lossy {{ chain forward {{ type filter hook forward priority 0; oifname \
             p{port} meta l4proto udp numgen inc mod {every} 0 drop; }}; }}"
        ));
    }

    /// The host of the switch, to run `bridge mdb` on or to capture from.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Whether the switch has a member of `group` on `port`, counted from 0 in the order of the
    /// hosts.
    pub fn has_member(&self, port: usize, group: &str) -> bool {
        let table = self.host.shell("bridge mdb show dev br0");
        table.lines().any(|line| {
            line.contains(&format!("port p{port} ")) && line.contains(&format!("grp {group} "))
        })
    }
}
