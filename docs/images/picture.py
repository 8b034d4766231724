#!/usr/bin/env python3
"""Makes the pictures of the README from real runs of mcast.

    sudo python3 docs/images/picture.py
    sudo python3 docs/images/picture.py --mcast target/release/mcast

Writes recv-light.svg, recv-dark.svg, check-light.svg and check-dark.svg next to this file. Needs
Linux, root, Python 3.9 or newer, and Debian's iproute2, nftables and util-linux.

The sender, the receiver and the switch between them are nameless network namespaces. They disappear
with this program, and no datagram leaves them. The switch drops one datagram in sixty at random.
The firewall of the receiver drops the group that `check` examines. mcast runs on a pseudo-terminal,
and its output becomes text in the picture.
"""

import argparse
import contextlib
import fcntl
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent.parent / "benches"))
from lab import Host, build, enter_own_namespace, ip  # noqa: E402

COLUMNS, LINES = 100, 60
GROUP = "239.1.1.1:5000"
RECV = f"mcast recv 239.1.1.1+3:5000 --once -q --assert 'loss <= 1%' --assert 'delay.p99 < 5ms'"
SEND = "mcast send 239.1.1.1+3:5000 --probe --rate 3kpps --count 1000 -q"
CHECK = f"mcast check {GROUP}"

LOSS = """
table netdev switch {
    chain lossy {
        type filter hook ingress device port1 priority 0; policy accept;
        udp dport 5000 numgen random mod 60 0 drop
    }
}"""
FIREWALL = """
table inet filter {
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        iifname "lo" accept
        meta l4proto { icmp, igmp, ipv6-icmp } accept
        tcp dport 22 accept
    }
}"""


# --------------------------------------------------------------------------------------------------
# The runs


class Network:
    """A sender and a receiver on a switch with a querier, in the namespace of this process."""

    def __init__(self, stack):
        self.sender, self.receiver = stack.enter_context(Host()), stack.enter_context(Host())
        querier = "mcast_snooping 1 mcast_querier 1 mcast_query_use_ifaddr 1 mcast_igmp_version 3"
        ip([], f"link add switch type bridge {querier}")
        ip([], "address add 10.0.0.1/24 dev switch", "link set switch up")
        self.connect("port1", self.sender, "10.0.0.100")
        self.connect("port2", self.receiver, "10.0.0.101")

    def connect(self, port, host, address):
        ip([], f"link add {port} type veth peer name eth0 netns {host.keeper.pid}")
        ip([], f"link set {port} master switch", f"link set {port} up")
        ip(host.within, f"address add {address}/24 dev eth0", "link set eth0 up")
        ip(host.within, "link set lo up", "route add default via 10.0.0.1")

    def load(self, host, rules):
        within = host.within if host else []
        subprocess.run([*within, "nft", "-f", "-"], input=rules, text=True, check=True, timeout=10)


def environment():
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def start(host, command, mcast, stream):
    """Starts a command line, with this stream as input and output."""
    argv = [*host.within, mcast, *shlex.split(command)[1:]]
    streams = {"stdin": stream, "stdout": stream, "stderr": stream}
    return subprocess.Popen(argv, env=environment(), start_new_session=True, **streams)


@contextlib.contextmanager
def background(host, command, mcast):
    process = start(host, command, mcast, subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Terminal:
    """mcast on a pseudo-terminal."""

    def __init__(self, host, command, mcast):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.process = start(host, command, mcast, slave)
        os.close(slave)

    def wait(self, status):
        """Reads until mcast ends, and checks its exit status."""
        output = b""
        with contextlib.suppress(OSError):  # Linux ends a pseudo-terminal with EIO.
            while piece := os.read(self.master, 65536):
                output += piece
        os.close(self.master)
        ended = self.process.wait(30)
        if ended != status:
            sys.exit(f"exit status {ended} instead of {status}:\n{output.decode(errors='replace')}")
        return output.decode()


def run_recv(network, mcast):
    terminal = Terminal(network.receiver, RECV, mcast)
    time.sleep(0.5)
    with background(network.sender, SEND, mcast):
        # A loss before the first received datagram would not count.
        time.sleep(0.1)
        network.load(None, LOSS)
        output = terminal.wait(1)
    network.load(None, "delete table netdev switch")
    return output


def run_check(network, mcast):
    network.load(network.receiver, FIREWALL)
    with background(network.sender, f"mcast send {GROUP} --interval 20ms -qq", mcast):
        return Terminal(network.receiver, CHECK, mcast).wait(1)


# --------------------------------------------------------------------------------------------------
# The screen


PLAIN = (None, False, False)  # colour, bold, faint


def after(style, codes):
    """The style after a sequence of Select Graphic Rendition."""
    colour, bold, faint = style
    for code in [int(code or 0) for code in codes.split(";")]:
        if code == 0:
            colour, bold, faint = PLAIN
        elif code == 1:
            bold = True
        elif code == 2:
            faint = True
        elif code == 22:
            bold, faint = False, False
        elif 30 <= code <= 37 or 90 <= code <= 97:
            colour = code % 10
        elif code == 39:
            colour = None
    return colour, bold, faint


def screen_of(output):
    """The lines that the terminal shows in the end: lists of (character, style). It interprets the
    sequences that a progress line uses."""
    lines, row, column, style = [[]], 0, 0, PLAIN
    for sequence, final, letter in re.findall(r"\x1b\[([0-9;?]*)([A-Za-z])|(.)", output, re.DOTALL):
        line = lines[row]
        if final == "m":
            style = after(style, sequence)
        elif final == "K":
            kept = {"": line[:column], "1": [(" ", PLAIN)] * column + line[column:], "2": []}
            lines[row] = kept.get(sequence, line)
        elif final == "J" and sequence in ("", "0"):
            lines[row:] = [line[:column]]
        elif final == "A":
            row = max(0, row - int(sequence or 1))
        elif letter == "\r":
            column = 0
        elif letter == "\n":
            row += 1
            lines += [[] for _ in range(row + 1 - len(lines))]
        elif letter >= " ":
            line += [(" ", PLAIN)] * (column - len(line))
            line[column:column + 1] = [(letter, style)]
            column += 1
    while lines and not "".join(letter for letter, _ in lines[-1]).strip():
        lines.pop()
    return lines


def prompt(command):
    faint, bold = (None, False, True), (None, True, False)
    return [("$", faint), (" ", PLAIN), *((letter, bold) for letter in command)]


# --------------------------------------------------------------------------------------------------
# The picture

# The colours of GitHub's pages. The numbers are those of ANSI: 1 red, 2 green, 3 yellow, 6 cyan.
THEMES = {
    "light": {"paper": "#ffffff", "edge": "#d1d9e0", "text": "#1f2328", "faint": "#59636e",
              1: "#cf222e", 2: "#1a7f37", 3: "#9a6700", 4: "#0969da", 5: "#8250df", 6: "#1b7c83"},
    "dark": {"paper": "#0d1117", "edge": "#3d444d", "text": "#f0f6fc", "faint": "#9198a1",
             1: "#ff7b72", 2: "#3fb950", 3: "#d29922", 4: "#4493f8", 5: "#ab7df8", 6: "#39c5cf"},
}
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
SIZE, ADVANCE, LEADING, MARGIN = 13, 7.8, 18, 16


def runs_of(line):
    """The pieces of a line of one style without wide gaps: (column, text, style). Each piece has a
    position: a font of another width does not shift the columns of a table."""
    column = 0
    while column < len(line):
        end = column
        while end < len(line) and line[end][1] == line[column][1]:
            end += 1
        text = "".join(letter for letter, _ in line[column:end])
        for found in re.finditer(r"\S+(?: \S+)*", text):
            yield column + found.start(), found.group(), line[column][1]
        column = end


def picture(lines, theme, title):
    colours = THEMES[theme]
    width = round(2 * MARGIN + ADVANCE * max(map(len, lines)))
    height = 2 * MARGIN + LEADING * len(lines)
    paper, edge = colours["paper"], colours["edge"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title, quote=False)}</title>",
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6" '
        f'fill="{paper}" stroke="{edge}"/>',
        f'<g font-family="{FONT}" font-size="{SIZE}" fill="{colours["text"]}">',
    ]
    for number, line in enumerate(lines):
        y = MARGIN + LEADING * number + SIZE
        for column, text, (colour, bold, faint) in runs_of(line):
            fill = colours.get(colour) or (colours["faint"] if faint else None)
            style = f' fill="{fill}"' if fill else ""
            style += ' font-weight="bold"' if bold else ""
            x, length = MARGIN + column * ADVANCE, len(text) * ADVANCE
            place = f'x="{x:.1f}" y="{y}" textLength="{length:.1f}"'
            parts.append(f"<text {place}{style}>{escape(text, quote=False)}</text>")
    return "\n".join([*parts, "</g>", "</svg>", ""])


def arguments():
    parser = argparse.ArgumentParser(description="Makes the pictures of the README. Needs root.")
    parser.add_argument("--mcast", metavar="PATH", help="the mcast to run [default: build one]")
    return parser.parse_args()


def main():
    chosen = arguments()
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: sudo python3 docs/images/picture.py")
    for tool, package in ("ip", "iproute2"), ("nft", "nftables"), ("unshare", "util-linux"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing: apt-get install {package}")
    mcast = str(Path(chosen.mcast or build()["mcast"]).resolve())
    signal.alarm(120)  # `recv --once` waits for a stream without limit.
    enter_own_namespace()
    with contextlib.ExitStack() as stack:
        network = Network(stack)
        pictures = {
            "recv": (RECV, run_recv(network, mcast)),
            "check": (f"sudo {CHECK}", run_check(network, mcast)),
        }
    for name, (command, output) in pictures.items():
        lines = [prompt(command), *screen_of(output)]
        for theme in THEMES:
            path = HERE / f"{name}-{theme}.svg"
            path.write_text(picture(lines, theme, command), encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main()
