#!/usr/bin/env python3
"""Prints the properties of this kernel that mcast depends on, one a line: name, tab, value.

    tests/vm/run SUITE unshare -n tests/vm/features.py

It sends multicast on `lo` alone. docs/kernels.md compares the values.
"""

import ctypes
import errno
import os
import socket
import struct
import subprocess
import time

GROUP = "239.255.77.77"
UDP_SEGMENT, UDP_GRO, SO_TIMESTAMPNS, SO_MEMINFO, SO_RXQ_OVFL = 103, 104, 35, 55, 40
IP_MULTICAST_ALL, IPV6_MULTICAST_ALL, IP_UNICAST_IF = 49, 29, 50
RTM_GETMULTICAST, RTM_GETMDB, NLM_F_REQUEST_DUMP, NLMSG_ERROR = 58, 86, 0x301, 2
EPOLL_PWAIT2, AF_BRIDGE = 441, 7
LO = socket.inet_aton("127.0.0.1")


def pair():
    """A sender and a receiver of GROUP on `lo`."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind((GROUP, 0))
    receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + LO)
    receiver.settimeout(2)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, LO)
    sender.connect((GROUP, receiver.getsockname()[1]))
    return sender, receiver


def attempt(action):
    """The result of an action, or the name of its error."""
    try:
        return action()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def largest_train():
    """The largest number of datagrams that one call sends with UDP_SEGMENT."""
    sender, _ = pair()
    sender.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 8)
    sent = 0
    for count in range(1, 1024):
        if isinstance(attempt(lambda: sender.send(bytes(8 * count))), str):
            break
        sent = count
    return sent


def read_of_train():
    """How many bytes one read returns of a train of 10 datagrams with 100 bytes, with UDP_GRO."""
    sender, receiver = pair()
    receiver.setsockopt(socket.SOL_UDP, UDP_GRO, 1)
    sender.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 100)
    sender.send(bytes(1000))
    return len(receiver.recv(65535))


def capacity(size):
    """How many datagrams the default receive buffer holds, and both drop counters after 1000."""
    sender, receiver = pair()
    receiver.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
    for _ in range(1000):
        sender.send(bytes(size))
    drops = struct.unpack("9I", receiver.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))[8]
    receiver.setblocking(False)
    held = 0
    while not isinstance(attempt(lambda: receiver.recv(65535)), str):
        held += 1
    sender.send(b"")
    ancillary = receiver.recvmsg(1, 256)[1]
    overflow = [struct.unpack("I", data)[0] for _, kind, data in ancillary if kind == SO_RXQ_OVFL]
    return f"{held}, SO_MEMINFO {drops}, SO_RXQ_OVFL {overflow[0] if overflow else None}"


def first_timestamp():
    """When the kernel stamps the first two datagrams with SO_TIMESTAMPNS, 100 ms apart."""
    sender, receiver = pair()
    receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    found = []
    for _ in range(2):
        sent = time.time_ns()
        sender.send(b"x")
        time.sleep(0.1)
        ancillary = receiver.recvmsg(1, 256)[1]
        stamps = [data for _, kind, data in ancillary if kind == SO_TIMESTAMPNS]
        stamps = [struct.unpack("qq", stamp) for stamp in stamps]
        after = stamps[0][0] * 1_000_000_000 + stamps[0][1] - sent if stamps else None
        late = after is not None and after > 50_000_000
        found.append("none" if after is None else "at the read" if late else "at receipt")
    return " / ".join(found)


def dump(message, family):
    """The answer to a netlink dump."""
    body = bytes([family]) + bytes(15 if message == RTM_GETMULTICAST else 7)
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    netlink.settimeout(2)
    netlink.send(struct.pack("=IHHII", 16 + len(body), message, NLM_F_REQUEST_DUMP, 1, 0) + body)
    answer = netlink.recv(65535)
    kind = struct.unpack_from("=H", answer, 4)[0]
    if kind == NLMSG_ERROR:
        return errno.errorcode.get(-struct.unpack_from("=i", answer, 16)[0], "error")
    return f"answers with type {kind}"


def joins_netlink_group(group):
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    netlink.bind((0, 0))
    netlink.setsockopt(270, 1, group)
    return "yes"


def option(family, level, name, value):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(level, name, value)
    return "yes"


def has_epoll_pwait2():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(EPOLL_PWAIT2, -1, None, 1, None, None, 8)
    return "no" if ctypes.get_errno() == errno.ENOSYS else "yes"


def sysctl(name):
    path = "/proc/sys/" + name.replace(".", "/")
    return open(path).read().strip() if os.path.exists(path) else "absent"


def columns(file, table):
    for line in open(f"/proc/net/{file}"):
        if line.startswith(f"{table}: "):
            return line.split()[1:]
    return []


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    inet, inet6 = socket.AF_INET, socket.AF_INET6
    rows = {
        "kernel": os.uname().release,
        "UDP_SEGMENT: most datagrams per call": attempt(largest_train),
        "UDP_GRO: bytes of a train of 1000 in one read": attempt(read_of_train),
        "default buffer, 64 bytes of 1000": attempt(lambda: capacity(64)),
        "default buffer, 1316 bytes of 1000": attempt(lambda: capacity(1316)),
        "SO_TIMESTAMPNS, first / second datagram": attempt(first_timestamp),
        "IP_MULTICAST_ALL": attempt(lambda: option(inet, 0, IP_MULTICAST_ALL, 0)),
        "IPV6_MULTICAST_ALL": attempt(lambda: option(inet6, 41, IPV6_MULTICAST_ALL, 0)),
        "IP_UNICAST_IF": attempt(lambda: option(inet, 0, IP_UNICAST_IF, struct.pack("!I", 1))),
        "epoll_pwait2": has_epoll_pwait2(),
        "RTM_GETMULTICAST dump, IPv4": attempt(lambda: dump(RTM_GETMULTICAST, inet)),
        "RTM_GETMULTICAST dump, IPv6": attempt(lambda: dump(RTM_GETMULTICAST, inet6)),
        "RTM_GETMDB dump": attempt(lambda: dump(RTM_GETMDB, AF_BRIDGE)),
        "RTNLGRP_IPV4_MCADDR": attempt(lambda: joins_netlink_group(37)),
        "columns of IpExt": " ".join(columns("netstat", "IpExt")),
        "columns of Udp": " ".join(columns("snmp", "Udp")),
        "columns of Ip": " ".join(columns("snmp", "Ip")),
    }
    for name in ["net.core.rmem_default", "net.core.rmem_max", "net.ipv4.igmp_max_memberships",
                 "net.ipv4.igmp_max_msf", "net.core.optmem_max"]:
        rows[name] = sysctl(name)
    for name, value in rows.items():
        print(f"{name}\t{value}")


if __name__ == "__main__":
    main()
