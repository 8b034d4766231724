# A receiver of a group on e0, port 5000, as another program would be: it binds an address, sets a receive buffer, and pauses
# after each complete read.
import socket, struct, sys, time

group, address, buffer, pause, share = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
v6, e0 = ":" in group, socket.if_nametoindex("e0")
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, share)
if buffer:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
s.bind((address, 5000))
if v6:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + struct.pack("i", e0))
else:
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + struct.pack("4si", bytes(4), e0))
print("joined")
heard = 0
while True:
    s.recv(65536)
    heard += 1
    try:
        while True:
            s.recv(65536, socket.MSG_DONTWAIT)
            heard += 1
    except BlockingIOError:
        print("heard", heard)
    time.sleep(pause)
