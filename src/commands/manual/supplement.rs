//! The texts of manual pages that are not in the help.

/// The parts of a page that are not in the help.
pub struct Supplement {
    /// The command; empty for the program.
    pub command: &'static str,
    pub description: &'static [&'static str],
    /// The files that the command reads or writes.
    pub files: &'static [(&'static str, &'static str)],
    /// Pages of other programs.
    pub see_also: &'static [&'static str],
}

/// The supplement of each page, in the order of the pages.
pub const SUPPLEMENTS: &[Supplement] = &[
    Supplement {
        command: "",
        description: &[
            "mcast sends and receives UDP datagrams over IP multicast, for IPv4 and IPv6. It \
             measures loss, reordering and delay.",
            "If a group does not arrive on this host, mcast check examines this host and its \
             network, and prints the commands that fix the faults that it finds.",
            "Most commands need no root privileges. A separate page describes each command.",
        ],
        files: &[],
        see_also: &["ip(8)", "ss(8)", "tcpdump(8)", "iperf(1)", "nft(8)", "socket(7)", "ip(7)"],
    },
    Supplement {
        command: "send",
        description: &[
            "Each datagram carries a text by default. With --probe, it carries a sequence number, \
             a timestamp and a checksum, and mcast-recv(1) measures the stream.",
            "Without --iface, the kernel's route selects the interface. Datagrams to a group \
             have a TTL of 1 by default: routers do not forward them.",
        ],
        files: &[
            ("/proc/net/if_inet6", "IPv6 addresses that are still being checked for duplicates"),
            ("/sys/class/net/*/speed", "link speed; an endless run at this speed requires --force"),
        ],
        see_also: &["ip(8)", "tc(8)", "tcpdump(8)", "iperf(1)", "ip(7)", "udp(7)"],
    },
    Supplement {
        command: "recv",
        description: &[
            "mcast joins each group, prints the datagrams that arrive, and leaves the groups at \
             the end. If an interface disappears, mcast rejoins its groups when it returns.",
            "For streams of mcast send --probe, the summary shows loss, reordering, duplicates, \
             corruption, delay and jitter. It counts drops by this host's kernel separately.",
        ],
        files: &[
            ("/proc/net/igmp, /proc/net/igmp6", "memberships of this host, and the IGMP versions"),
            ("/proc/net/snmp, /proc/net/snmp6", "datagrams that the kernel dropped"),
            ("/proc/net/udp, /proc/net/udp6", "datagrams that the kernel dropped for each socket"),
            ("/proc/sys/net/core/rmem_max", "limit of --rcvbuf without root"),
            ("/proc/sys/net/ipv4/igmp_max_memberships", "groups that one socket may join"),
            (
                "/proc/sys/net/ipv4/igmp_max_msf, /proc/sys/net/ipv6/mld_max_msf",
                "sources that one socket may filter for a group",
            ),
        ],
        see_also: &["ip-maddress(8)", "ss(8)", "tcpdump(8)", "iperf(1)", "ip(7)", "udp(7)"],
    },
    Supplement {
        command: "scan",
        description: &[
            "mcast joins a few groups, listens to them for a moment, leaves them and joins the next \
             ones. Each source that sends to a group is a row of the table: with its rate, its \
             format, its loss and the name of the service.",
            "With CAP_NET_RAW, mcast captures frames to find groups and ports. It reads no more of \
             them than their headers.",
        ],
        files: &[
            ("/proc/net/snmp, /proc/net/snmp6", "datagrams that the kernel dropped"),
            ("/proc/sys/net/ipv4/igmp_max_memberships", "groups that one socket may join"),
        ],
        see_also: &["ip-maddress(8)", "tcpdump(8)", "ip(7)", "udp(7)", "packet(7)"],
    },
    Supplement {
        command: "ping",
        description: &[
            "mcast sends requests to a group. Each receiver that runs mcast recv --reply answers by \
             unicast. Its reply states how many requests it received and how many replies it sent. \
             Therefore mcast counts losses towards the receiver and losses on the way back apart.",
            "The round-trip time excludes the time in the receiver. The clocks of the two hosts need \
             not agree.",
        ],
        files: &[("FILE of --expect", "addresses of receivers that must answer, one on each line")],
        see_also: &["ping(8)", "ip(8)", "tcpdump(8)", "ip(7)", "udp(7)"],
    },
    Supplement {
        command: "check",
        description: &[
            "Each finding has a level: pass, note, warning or fault. A fault shows the \
             commands that fix it, if there are any.",
            "With root privileges, it also examines firewall rules (CAP_NET_ADMIN), and frames and \
             queriers on the wire (CAP_NET_RAW).",
        ],
        files: &[
            ("FILE of --record", "all observations, as JSON"),
            ("/proc/net/igmp, /proc/net/igmp6", "memberships of this host, and the IGMP versions"),
            ("/proc/net/snmp, /proc/net/snmp6, /proc/net/netstat", "counters of IP, IGMP and UDP"),
            ("/proc/net/dev", "counters of each interface"),
            ("/proc/net/udp, /proc/net/udp6", "programs that have the port open"),
            ("/proc/sys/net/ipv4/conf/*/rp_filter", "reverse path filter (RFC 3704)"),
            (
                "/proc/sys/net/ipv4/conf/*/force_igmp_version, \
                 /proc/sys/net/ipv6/conf/*/force_mld_version",
                "versions of IGMP and MLD that an administrator forces",
            ),
            ("/proc/sys/net/ipv6/conf/*/disable_ipv6", "whether IPv6 is disabled"),
            (
                "/proc/sys/net/bridge/bridge-nf-call-*",
                "whether bridged frames pass through the firewall",
            ),
        ],
        see_also: &[
            "ip(8)",
            "ip-maddress(8)",
            "bridge(8)",
            "ss(8)",
            "nft(8)",
            "iptables(8)",
            "sysctl(8)",
            "tcpdump(8)",
        ],
    },
    Supplement {
        command: "bench",
        description: &[
            "The methods are those of RFC 3918 and RFC 2432, between hosts instead of the ports of a \
             test appliance. The results include the senders and receivers: their CPUs, their \
             network cards and their kernels.",
            "Run benchmarks only in networks that may be disturbed. mcast limits rates and times \
             unless --force is given.",
        ],
        files: &[],
        see_also: &["ip-maddress(8)", "bridge(8)", "tcpdump(8)", "iperf(1)"],
    },
    Supplement {
        command: "bench-throughput",
        description: &[
            "A trial passes if all receivers lose no more than --loss. mcast distinguishes losses \
             in the network, drops by the kernel of a receiver, and a sender that does not reach \
             the rate.",
        ],
        files: &[],
        see_also: &["tc(8)", "nft(8)", "ip(7)", "udp(7)"],
    },
    Supplement {
        command: "bench-join",
        description: &[
            "With CAP_NET_RAW, the join latency is the time from the membership report on the wire \
             to the first datagram, and the leave latency is the time from the leave to the last \
             frame of the group. Without it, mcast measures the join latency from the call of the \
             program, and no leave latency: after a leave, the kernel discards the frames.",
        ],
        files: &[("/proc/net/igmp, /proc/net/igmp6", "memberships of this host")],
        see_also: &["ip-maddress(8)", "bridge(8)", "tcpdump(8)", "packet(7)"],
    },
    Supplement {
        command: "bench-groups",
        description: &[
            "mcast doubles the number of groups until one of them does not arrive at a receiver. \
             Then it halves the range between the last two numbers.",
        ],
        files: &[("/proc/sys/net/ipv4/igmp_max_memberships", "groups that one socket may join")],
        see_also: &["ip-maddress(8)", "bridge(8)", "nft(8)"],
    },
    Supplement {
        command: "ifaces",
        description: &[
            "Each row is an interface: its state, addresses, MTU, and the groups that programs on \
             this host have joined. mcast joins nothing and sends nothing.",
        ],
        files: &[
            ("/proc/net/igmp, /proc/net/igmp6", "memberships of this host, and the IGMP versions"),
            (
                "/proc/sys/net/ipv6/conf/*/force_mld_version",
                "version of MLD that an administrator forces",
            ),
        ],
        see_also: &["ip-address(8)", "ip-link(8)", "ip-maddress(8)", "netstat(8)"],
    },
    Supplement {
        command: "completions",
        description: &[
            "The script completes commands, options and their values. In bash, zsh and fish it \
             also completes the names of interfaces, and the COMMAND of mcast recv.",
            "The script reads the names of interfaces from the system and does not run mcast.",
        ],
        files: &[("/sys/class/net", "names of the interfaces; elsewhere, ifconfig -l prints them")],
        see_also: &["bash(1)", "zshcompsys(1)", "fish(1)"],
    },
    Supplement {
        command: "man",
        description: &[
            "The pages describe the options of this version of mcast. They do not depend on the \
             time or the host.",
        ],
        files: &[],
        see_also: &["man(1)", "manpath(1)"],
    },
];

/// The supplement of a command. A test requires one for each.
pub fn supplement(command: &str) -> &'static Supplement {
    let own = SUPPLEMENTS.iter().find(|supplement| supplement.command == command);
    own.unwrap_or(&SUPPLEMENTS[0])
}
