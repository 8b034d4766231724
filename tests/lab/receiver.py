# Somebody else's receiver of 239.1.1.1:5000 on e0: bound to an address, with a receive buffer, and a pause after each time it has read all there is.
import socket, struct, sys, time

address, buffer, pause, share = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, share)
if buffer:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
s.bind((address, 5000))
membership = socket.inet_aton("239.1.1.1") + struct.pack("4si", bytes(4), socket.if_nametoindex("e0"))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
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
