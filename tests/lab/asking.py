"""Asks a receiver for replies, and prints each as its source, its port and its payload in hexadecimal.

    asking.py ADDRESS PORT REQUEST...

A request is `SEQUENCE,LENGTH,KIND,FLAGS`. The program ends with the reply to the last request, which a
receiver sends after all others.
"""
import socket, struct, sys

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def request(sequence, length=112, kind=0, flags=1, stream=0x1234):
    """A request for a reply at once, of all receivers, with a right checksum."""
    head = struct.pack(">4sBBHQQQBBH", b"MCST", 1, kind, flags, stream, sequence, 42, 1, 0, length)
    tail = (struct.pack(">QIIII", 99, 0, 0xFFFFFFFF, 0, 0) + bytes(length))[: length - 40]
    return head + struct.pack(">I", crc32c(head + bytes(4) + tail)) + tail


if __name__ == "__main__":
    target = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), type=socket.SOCK_DGRAM)[0]
    s = socket.socket(target[0], socket.SOCK_DGRAM)
    if target[0] == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
    for each in sys.argv[3:]:
        sequence, length, kind, flags = (int(number) for number in each.split(","))
        s.sendto(request(sequence, length, kind, flags), target[4])
    while True:
        reply, source = s.recvfrom(65535)
        print(source[0].split("%")[0], source[1], reply.hex(), flush=True)
        if struct.unpack(">Q", reply[16:24])[0] == sequence:
            break
