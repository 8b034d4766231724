"""Sends what other programs send, from 10.0.0.100: PROGRAM GROUP PORT and its arguments.

The bytes follow the published layouts; no datagram is longer than a frame.
"""
import socket, struct, sys, time


def open_socket(source_port=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.100"))
    s.bind(("10.0.0.100", source_port))
    return s


def paced(payloads, group, port):
    s = open_socket()
    for payload in payloads:
        s.sendto(payload, (group, port))
        time.sleep(0.001)  # the pace of the sender


def old_iperf(count):
    """iperf before 2.0.10: 32-bit numbers from 0, then the negative count."""
    for number in [*range(int(count)), -int(count)]:
        now = time.time()
        head = struct.pack(">iIIIII", number, int(now), int(now % 1 * 1e6), 0, 1, 5001)
        yield head + bytes(200)


def mcjoin(count):
    for number in range(int(count)):
        text = "Sender PID 4711, MC group 239.1.1.1 ... count: %d, freq: 1" % number
        yield text.encode().ljust(100, b"\0")


def msend(count):
    yield b"echo sender equiv cmd: msend -b1 -m20 -n100 -p1 -q -s1 -S65536 239.1.1.1 5000\0"
    for number in range(int(count)):
        yield (b"Message %x" % number).ljust(20, b"\0")
    yield b"stat %d" % int(count)


def layer(length):
    return struct.pack(">H", 0x7000 | length)


def sacn_datagram(cid, universe, number, options=0, priority=100):
    slots = bytes(512)
    dmp = layer(523) + bytes([2, 0xA1]) + struct.pack(">HHHB", 0, 1, 513, 0) + slots
    framing = struct.pack(">I64sBHBBH", 2, b"desk " + cid[:1], priority, 0, number % 256, options, universe)
    root = struct.pack(">I", 4) + cid
    inner = layer(2 + len(framing) + len(dmp)) + framing + dmp
    outer = root + inner
    return struct.pack(">HH", 16, 0) + b"ASC-E1.17\0\0\0" + layer(2 + len(outer)) + outer


def sacn(count, letter="a", universe="1"):
    """Levels, then the three datagrams of an end."""
    cid = letter.encode() * 16
    for number in range(int(count)):
        yield sacn_datagram(cid, int(universe), number)
    for number in range(int(count), int(count) + 3):
        yield sacn_datagram(cid, int(universe), number, 0x40)


def sacn_pair(count):
    """Two sources on one universe, in turns."""
    for number in range(int(count)):
        yield sacn_datagram(b"a" * 16, 1, number)
        yield sacn_datagram(b"b" * 16, 1, number)


def artnet(count):
    """Numbers from 1 to 255, then 1 again."""
    for number in range(int(count)):
        head = struct.pack("<HBBBBHBB", 0x5000, 0, 14, number % 255 + 1, 0, 3, 0, 2)
        yield b"Art-Net\0" + head + b"\xff\xff"


def ptp_message(kind, letter, number, log_interval, body):
    clock = letter.encode() * 8
    return struct.pack(
        ">BBHBBHqI8sHHBb", kind, 2, 34 + len(body), 0, 0, 0x0200 if kind == 0 else 0, 0, 0,
        clock, 1, number % 65536, 0, log_interval,
    ) + body


def announce(letter, number):
    clock = letter.encode() * 8
    body = bytes(10) + struct.pack(">HBBBBHB8sHB", 37, 0, 128, 6, 0x21, 0x4E5D, 128, clock, 0, 0x20)
    # A longer interval than the real one: a busy host must not look like a clock that stopped.
    return ptp_message(0xB, letter, number, -2, body)


def clocks(group, count, letters):
    """Sync, Follow_Up and Announce of each clock; the Follow_Up of each tenth Sync is missing.

    After a slash in the letters, other clocks take over.
    """
    for place, together in enumerate(letters.split("/")):
        # The earlier clocks are silent for three of the intervals that an Announce states, and
        # more: only then are they gone.
        time.sleep(place)
        run_clocks(group, count, together)


def run_clocks(group, count, letters):
    event, general = open_socket(319), open_socket(320)
    for number in range(int(count)):
        for letter in letters:
            event.sendto(ptp_message(0, letter, number, -4, bytes(10)), (group, 319))
            if number % 10 != 3:
                general.sendto(ptp_message(8, letter, number, -4, bytes(10)), (group, 320))
            general.sendto(announce(letter, number), (group, 320))
        time.sleep(0.0625)  # the interval that a Sync states


program, group, port, *arguments = sys.argv[1:]
if program == "clocks":
    clocks(group, *arguments)
else:
    paced(globals()[program](*arguments), group, int(port))
