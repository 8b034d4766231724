# A switch in a program, between its ports p0 and p1, without a bridge. With "tag" it puts the datagrams that leave on p1 into a
# VLAN; with "length" it writes a UDP length that is too large.
import select, socket, sys

PACKET, IGNORE_OUTGOING, TAG = 263, 23, b"\x81\x00\x00\x05"
ports = []
for name in ("p0", "p1"):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    port.setsockopt(PACKET, IGNORE_OUTGOING, 1)
    port.bind((name, 0))
    ports.append(port)
print("relays")
while True:
    for port in select.select(ports, [], [])[0]:
        frame = port.recv(65536)
        other = ports[1] if port is ports[0] else ports[0]
        # The offset in the IPv4 or IPv6 packet.
        protocol = {b"\x08\x00": 23, b"\x86\xdd": 20}.get(frame[12:14])
        multicast_udp = frame[0] & 1 and protocol and frame[protocol] == 17
        if "tag" in sys.argv and other is ports[1] and multicast_udp:
            frame = frame[:12] + TAG + frame[12:]
        if "length" in sys.argv and other is ports[1] and multicast_udp:
            length = {23: 38, 20: 58}[protocol]
            frame = frame[:length] + b"\x10\x00" + frame[length + 2 :]
        other.send(frame)
