"""IPv4 and IPv6 on the wire: addresses, the counters of the kernel, memberships and sockets."""

import ipaddress
import re
import socket
import struct
from pathlib import Path

from lab import members

PORT = 5001
# The interfaces at both ends of the wire: the receiver's and the sender's.
HERE, THERE = "r0", "s0"
# A static address needs none of the traffic that would find one. A host without a generated link-local address gets a static one.
QUIET = {"disable_ipv6": 0, "accept_ra": 0, "accept_dad": 0, "dad_transmits": 0, "router_solicitations": 0, "addr_gen_mode": 1}


class Ipv4:
    version = 4
    # What the titles of the rows end with.
    suffix = ""
    group = "239.1.1.1"
    here, there = "10.99.0.2", "10.99.0.1"
    # The largest payload in an Ethernet frame.
    frame_payload = 1472

    def target(self, count=1):
        """The groups and the port, as mcast has them."""
        return f"{self.group}+{count}:{PORT}" if count > 1 else f"{self.group}:{PORT}"

    def heard(self):
        """Datagrams that programs read from their sockets, and kernel drops for full buffers."""
        udp = [line.split() for line in Path("/proc/self/net/snmp").read_text().splitlines() if line.startswith("Udp:")]
        counters = dict(zip(*udp))
        return int(counters["InDatagrams"]), int(counters["RcvbufErrors"])

    def joined(self):
        """The number of groups that programs joined on the receiver's interface. 224.0.0.1 is the kernel's own."""
        return max(members(HERE) - 1, 0)

    def has_joined(self, groups):
        """Whether programs joined at least this number of groups. Polling this costs the same for one group and for ten thousand."""
        return self.joined() >= groups

    def member(self):
        """A socket that is bound to the group, and joined."""
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind((self.group, PORT))
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(self.group) + socket.inet_aton(self.here))
        return ear


class Ipv6(Ipv4):
    version = 6
    suffix = ", IPv6"
    group = "ff15::1"
    here, there = "fd00:99::2", "fd00:99::1"
    frame_payload = 1452

    def target(self, count=1):
        return f"[{self.group}]+{count}:{PORT}" if count > 1 else f"[{self.group}]:{PORT}"

    def heard(self):
        counters = dict(line.split() for line in Path("/proc/self/net/snmp6").read_text().splitlines())
        return int(counters["Udp6InDatagrams"]), int(counters["Udp6RcvbufErrors"])

    def joined(self):
        """Every group has a line. Those of the kernel itself begin with ff01 and ff02."""
        with open("/proc/net/igmp6", "rb", buffering=0) as table:
            lines = table.readall()
        return len(re.findall(rb"^\d+\s+%s\s+(?!ff0)\S" % HERE.encode(), lines, re.MULTILINE))

    def has_joined(self, groups):
        """The newest group of an interface stands first, and programs join in order: the rest of the table is read when the last
        group is there. The kernel takes milliseconds for ten thousand lines."""
        last = int(ipaddress.IPv6Address(self.group)) + groups - 1
        with open("/proc/net/igmp6", "rb", buffering=0) as table:
            return b"%032x" % last in table.read(4096) and self.joined() >= groups

    def member(self):
        ear = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        ear.bind((self.group, PORT))
        joins = socket.inet_pton(socket.AF_INET6, self.group) + struct.pack("=i", socket.if_nametoindex(HERE))
        ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, joins)
        return ear


FAMILIES = {"4": [Ipv4()], "6": [Ipv6()], "both": [Ipv4(), Ipv6()]}


def quiet_ipv6(name):
    """A shell command that enables IPv6 on an interface, without address configuration. Nothing if the kernel has no IPv6."""
    folder = f"/proc/sys/net/ipv6/conf/{name}"
    settings = "; ".join(f"echo {value} > {folder}/{key}" for key, value in QUIET.items())
    return f"[ ! -e {folder} ] || {{ {settings}; }}"


def addresses(name, end):
    """The commands that give an interface its static IPv6 addresses. The kernel then adds the route to all groups."""
    return f"address add fd00:99::{end}/64 dev {name} nodad", f"address add fe80::{end}/64 dev {name} scope link nodad"
