# Sends requests for replies with forged sources to port 5000 of 239.1.1.1 by e0, and watches the wire.
#
#     forging.py flood COUNT       from random sources
#     forging.py each SOURCE/PORT...
#
# Prints `sent` after the last request: for `each`, when it was answered. SIGINT ends the program, which
# prints how many replies it saw, how many at most within one second, and to whom.
GROUP = socket.inet_aton("239.1.1.1")


def packet(source, port, payload):
    """An IP packet. Its UDP checksum is 0: none."""
    udp = struct.pack("!HHHH", port, 5000, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 7, 0x4000, 1, 17, 0) + source + GROUP
    total = sum(struct.unpack("!10H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack("!H", ~total & 0xFFFF) + head[12:] + udp


def capture(wire, replies, stop):
    """Appends the destination of each reply, with the time when the kernel took it from the wire."""
    wire.settimeout(0.1)
    while True:
        try:
            frame, control, _, address = wire.recvmsg(2048, 256)
        except TimeoutError:
            if stop.is_set():
                return
            continue
        # IPv4, UDP, a probe of kind 2, received and not sent by this host.
        if address[2] == 4 or frame[12:14] != b"\x08\x00" or frame[23] != 17 or frame[42:48] != b"MCST\x01\x02":
            continue
        for level, kind, data in control:
            if level == socket.SOL_SOCKET and kind == 35:  # SO_TIMESTAMPNS
                seconds, nanos = struct.unpack("qq", data[:16])
                replies.append((seconds * 10**9 + nanos, socket.inet_ntoa(frame[30:34])))


signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
wire.setsockopt(socket.SOL_SOCKET, 35, 1)
wire.bind(("e0", 0))
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
link.bind(("e0", 0))
ethernet = bytes([1, 0, 0x5E, 1, 1, 1]) + link.getsockname()[4] + b"\x08\x00"
replies, stop = [], threading.Event()
reading = threading.Thread(target=capture, args=(wire, replies, stop))
reading.start()
if sys.argv[1] == "flood":
    payload = request(0)
    for number in range(int(sys.argv[2])):
        # Half are neighbours, and others send from anywhere: also from groups and reserved addresses.
        near = bytes([10, 0, 0, random.randrange(256)])
        source = near if number % 2 else random.randbytes(4)
        link.send(ethernet + packet(source, random.randrange(65536), payload))
else:
    for number, each in enumerate(sys.argv[2:]):
        source, port = each.split("/")
        link.send(ethernet + packet(socket.inet_aton(source), int(port), request(number)))
    while socket.inet_ntoa(socket.inet_aton(source)) not in [to for _, to in replies]:
        time.sleep(0.002)  # between two polls
print("sent", flush=True)
signal.sigwait([signal.SIGINT])
stop.set()
reading.join()
most, first = 0, 0
times = sorted(at for at, _ in replies)
for last, at in enumerate(times):
    while at - times[first] >= 10**9:
        first += 1
    most = max(most, last - first + 1)
print(json.dumps({"replies": len(replies), "most": most, "to": sorted(set(to for _, to in replies))}))
