"""Writes frames by hand on e0: UDP datagrams to 239.1.1.1:5000 or [ff15::1234]:5000, including those that no kernel sends."""
import socket, struct, sys, time

V4 = ("10.0.0.100", "239.1.1.1")
V6 = ("fd00::100", "ff15::1234")


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(payload, v6=False, right=True, port=5000):
    """An IP packet with a right or wrong UDP checksum."""
    source, group = (socket.inet_pton(socket.AF_INET6 if v6 else socket.AF_INET, address) for address in (V6 if v6 else V4))
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", 4000, port, length, 0) + payload
    pseudo = source + group + (struct.pack("!II", length, 17) if v6 else struct.pack("!BBH", 0, 17, length))
    found = (checksum(pseudo + udp) or 0xFFFF) ^ (0 if right else 0x0550)
    udp = udp[:6] + struct.pack("!H", found) + udp[8:]
    if v6:
        return struct.pack("!IHBB", 6 << 28, length, 17, 1) + source + group + udp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 7, 0x4000, 1, 17, 0) + source + group
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp


def multicast_mac(v6=False):
    group = socket.inet_pton(socket.AF_INET6 if v6 else socket.AF_INET, (V6 if v6 else V4)[1])
    return b"\x33\x33" + group[12:] if v6 else bytes([1, 0, 0x5E, group[1] & 0x7F, group[2], group[3]])


class Wire:
    """Puts frames on e0."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind(("e0", 0))

    def send(self, packet, mac=None, tags=b""):
        v6 = packet[0] >> 4 == 6
        self.socket.send((mac or multicast_mac(v6)) + self.socket.getsockname()[4] + tags + (b"\x86\xdd" if v6 else b"\x08\x00") + packet)
