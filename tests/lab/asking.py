# Asks a receiver for replies, and prints each: its source, its port and its payload in hexadecimal.
#
# asking.py ADDRESS PORT REQUEST...
#
# A request is `SEQUENCE,LENGTH,KIND,FLAGS`. The program ends with the reply to the last
# request, which a receiver sends after all others.
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
