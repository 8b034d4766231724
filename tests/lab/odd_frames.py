"""Sends frames that no ordinary program sends, by e0, every 10 ms until it is killed.

    odd_frames.py KIND GROUP SOURCE

KIND is `plain` (a UDP datagram to port 5000 of GROUP), the same with `checksum`, `version`, `length`
or `route` wrong or unusual in its IP header, or what others on a network send: `broadcast`, `lldp`,
`sctp` (to GROUP) and `report` (of IGMP or MLD, old and new versions).
"""

import socket
import struct
import sys
import time

kind, group, source = sys.argv[1:4]
family = socket.AF_INET6 if ":" in group else socket.AF_INET
pack = lambda address: socket.inet_pton(family, address)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo(destination, protocol, payload):
    return pack(source) + pack(destination) + struct.pack("!II", len(payload), protocol)


def udp(destination, port):
    header = struct.pack("!HHHH", 4000, port, 12, 0) + b"tick"
    if family == socket.AF_INET6:
        total = checksum(pseudo(destination, 17, header) + header) or 0xFFFF
        header = header[:6] + struct.pack("!H", total) + header[8:]
    return header


def ip(destination, protocol, payload, wrong="", options=b""):
    if family == socket.AF_INET6:
        if wrong == "route":  # type 0, no segments left
            payload = struct.pack("!BBBBI", protocol, 0, 0, 0, 0) + payload
            protocol = 43
        version = 7 if wrong == "version" else 6
        length = len(payload) + (40 if wrong == "length" else 0)
        header = struct.pack("!IHBB", version << 28, length, protocol, 1)
        return header + pack(source) + pack(destination) + payload
    if wrong == "route":  # a loose source route with one address
        options = b"\x83\x07\x04" + pack("10.9.9.9") + b"\x00"
    version = 5 if wrong == "version" else 4
    words = 5 + len(options) // 4
    length = 4 * words + len(payload) + (40 if wrong == "length" else 0)
    header = struct.pack("!BBHHHBBH", version << 4 | words, 0, length, 7, 0x4000, 1, protocol, 0)
    header += pack(source) + pack(destination) + options
    total = checksum(header) ^ (0x55 if wrong == "checksum" else 0)
    return header[:10] + struct.pack("!H", total) + header[12:] + payload


def mac(destination):
    address = pack(destination)
    if family == socket.AF_INET6:
        return b"\x33\x33" + address[12:]
    if address[0] >= 0xE0 and address[0] < 0xF0:
        return bytes([1, 0, 0x5E, address[1] & 0x7F, address[2], address[3]])
    return b"\xff" * 6


def frame(destination, protocol, payload, wrong="", options=b""):
    ethertype = b"\x86\xdd" if family == socket.AF_INET6 else b"\x08\x00"
    return mac(destination) + own + ethertype + ip(destination, protocol, payload, wrong, options)


def reports():
    if family == socket.AF_INET:
        old = struct.pack("!BBH4s", 0x16, 0, 0, pack(group))
        new = struct.pack("!BBHHHBBH4s", 0x22, 0, 0, 0, 1, 4, 0, 0, pack(group))
        alert = b"\x94\x04\x00\x00"
        for destination, message in [(group, old), ("224.0.0.22", new)]:
            message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
            yield frame(destination, 2, message, options=alert)
        return
    old = struct.pack("!BBHHH16s", 131, 0, 0, 0, 0, pack(group))
    new = struct.pack("!BBHHHBBH16s", 143, 0, 0, 0, 1, 4, 0, 0, pack(group))
    for destination, message in [(group, old), ("ff02::16", new)]:
        total = checksum(pseudo(destination, 58, message) + message)
        message = message[:2] + struct.pack("!H", total) + message[4:]
        alert = struct.pack("!BBHHH", 58, 0, 0x0502, 0, 0x0100)
        yield frame(destination, 0, alert + message)


link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("e0", 0))
own = link.getsockname()[4]
if kind == "broadcast":
    frames = [frame(to, 17, udp(to, port)) for to in ["255.255.255.255", "10.0.0.255"] for port in [5000, 9999]]
elif kind == "lldp":
    frames = [b"\x01\x80\xc2\x00\x00\x0e" + own + b"\x88\xcc" + bytes(46)]
elif kind == "sctp":
    frames = [frame(group, 132, bytes(16))]
elif kind == "report":
    frames = list(reports())
else:
    frames = [frame(group, 17, udp(group, 5000), "" if kind == "plain" else kind)]
while True:
    for each in frames:
        link.send(each)
    time.sleep(0.01)
