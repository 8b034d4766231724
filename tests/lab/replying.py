# Receives a group and answers requests for replies: an implementation apart from mcast's own.
# Arguments: group, port, own address.
import select, socket, struct, sys, time, random

group, port, own = sys.argv[1], int(sys.argv[2]), sys.argv[3]
groups = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
groups.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
groups.bind((group, port))
membership = socket.inet_aton(group) + socket.inet_aton(own)
groups.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
replies = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
replies.bind((own, 0))
start, run, senders = time.time_ns(), random.getrandbits(64), {}
print("listening to", flush=True)
while True:
    for ready in select.select([groups, replies], [], [])[0]:
        request, source = ready.recvfrom(65535)
        arrived = time.time_ns()
        if request[:4] != b"MCST" or request[5] > 1 or not request[7] & 1 or len(request) < 112:
            continue
        stream, sequence = struct.unpack(">QQ", request[8:24])
        counts = senders.setdefault(
            stream, {"first": sequence, "seen": set(), "again": 0, "sent": 0, "withheld": 0})
        share = struct.unpack(">I", request[52:56])[0]
        answers = random.getrandbits(32) <= share
        if request[5] == 0:
            if sequence in counts["seen"]:
                counts["again"] += 1
                continue
            counts["seen"].add(sequence)
            counts["sent" if answers else "withheld"] += 1
        if not answers:
            continue
        body = struct.pack(
            ">QQQQQIIIIBBHI", arrived, time.time_ns(), run, counts["first"], arrived - start,
            len(counts["seen"]), counts["again"], counts["sent"], counts["withheld"], 1, 64, 0, 0)
        header = bytearray(request[:48])
        header[5] = 2
        header[34:40] = struct.pack(">HI", 112, 0)
        header[36:40] = struct.pack(">I", crc32c(bytes(header) + body))
        replies.sendto(bytes(header) + body, source)
