"""Writes measured datagrams by the table in the documentation, without code of the program that reads them.

The first argument is the process id of the receiver. Each send waits until that process has read its queue: nothing overflows.
"""
import socket, struct, sys, time

DATA, END, REPLY = 0, 1, 2
ANOTHER_HOST = 0x0123456789ABCDEF


def probe(stream, sequence, kind=DATA, size=64, length=None, version=1, flags=0, sent=None, ttl=1, traffic_class=0, host=ANOTHER_HOST):
    """A datagram with a right checksum and any other content."""
    sent = time.time_ns() if sent is None else sent
    length = size if length is None else length
    head = struct.pack(">4sBBHQQQBBH", b"MCST", version, kind, flags, stream, sequence, sent, ttl, traffic_class, length)
    tail = struct.pack(">Q", host) + bytes(offset & 0xFF for offset in range(48, size))
    return head + struct.pack(">I", crc32c(head + bytes(4) + tail)) + tail


def queued(pid):
    """The bytes that wait in the UDP sockets of a process's network namespace."""
    with open(f"/proc/{pid}/net/udp") as table:
        return sum(int(line.split()[4].split(":")[1], 16) for line in table.readlines()[1:])


class Sender:
    """A socket and its stream."""

    sent = 0

    def __init__(self, stream, target=("239.1.1.1", 5000), source=("10.0.0.100", 0), ttl=1, tos=0):
        self.stream, self.target = stream, target
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source[0]))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        self.socket.bind(source)

    def raw(self, payload):
        self.socket.sendto(payload, self.target)
        Sender.sent += 1
        while Sender.sent % 50 == 0 and queued(sys.argv[1]) > 0:
            time.sleep(0.0005)  # between two polls

    def data(self, *numbers, **fields):
        for number in numbers:
            self.raw(probe(self.stream, number, **fields))

    def end(self, many, **fields):
        for _ in range(5):
            self.raw(probe(self.stream, many, kind=END, size=48, **fields))
