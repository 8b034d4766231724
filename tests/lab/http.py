"""An HTTP client: http.py get PORT PATH [FIELD: VALUE...], http.py raw PORT EXPRESSION (the bytes
of a Python expression), http.py flood PORT CONNECTIONS."""

import socket
import sys
import time


def connect(port):
    """Connects to the server on this host, which may still start."""
    for _ in range(1200):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=120)
        except ConnectionRefusedError:
            time.sleep(0.05)  # between two attempts
    sys.exit("no server listens")


def rest(connection):
    """Everything that the server sends until it closes."""
    received = b""
    while True:
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            return received
        if not more:
            return received
        received += more


def exchange(port, request):
    """The response to a request, after which the server closes."""
    with connect(port) as connection:
        connection.sendall(request)
        return rest(connection)


def get(port, path, *fields, method="GET"):
    """The response to a request for a page."""
    lines = [f"{method} {path} HTTP/1.1", "Host: test", "Connection: close", *fields, "", ""]
    return exchange(port, "\r\n".join(lines).encode())


def flood(port, number):
    """Opens many connections that send a part of a request, or nothing. Scrapes in between."""
    kept, scraped = [], 0
    for turn in range(number):
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=120)
            if turn % 2:
                connection.send(b"GET /metrics HTTP/1.1\r\nHost: slow\r\nX: ")
            kept.append(connection)
        except OSError:
            pass
        if len(kept) > 500:
            kept.pop(0).close()
        if turn % (number // 10) == 0:
            scraped += b" 200 OK" in get(port, "/metrics")[:15]
    print(scraped)


if __name__ == "__main__":
    mode, port = sys.argv[1], int(sys.argv[2])
    if mode == "get":
        sys.stdout.buffer.write(get(port, *sys.argv[3:]))
    elif mode == "head":
        sys.stdout.buffer.write(get(port, *sys.argv[3:], method="HEAD"))
    elif mode == "raw":
        sys.stdout.buffer.write(exchange(port, eval(sys.argv[3])))
    elif mode == "flood":
        flood(port, int(sys.argv[3]))
