#!/usr/bin/env python3
"""Compares iperf 2 and mcast on one lossy path, whose own counters are the truth.

    sudo python3 benches/lossy.py                       # everything, some eight minutes
    sudo python3 benches/lossy.py --only loss,late --repeat 1 --show

It prints Markdown: a table of the true losses and the report of each tool, and the test system. Progress goes to standard error,
and with --show also the output of the tools. benches/README.md explains the columns.

It needs root for the network namespaces. It never sends on the machine's own network: this program moves itself into a new
namespace, the path, whose only interfaces are wires to the sender and to the receiver. All namespaces are unnamed and end with
their programs.
"""

import argparse
import collections
import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
from lab import Host, Trouble, build, enter_own_namespace, eventually, head, ip, kernel, machine, row, say, silence_ipv6  # noqa: E402

GROUP, PORT = "239.2.3.4", 5000
COUNT, RATE, SIZE = 2000, 1000, 1316
SENDERS = ["10.99.0.1", "10.99.0.3"]
RECEIVER = "10.99.0.2"
# The receivers end after the two seconds of the sender, and as long again for late starts.
LIFETIME = 5
# The path delays reordered datagrams by at least this time.
HELD = 0.005
BUFFER_KIB = 64
PAUSE = 0.5


# ---------------------------------------------------------------------------------------------------------------------
# The path


class Holder:
    """Delays datagrams that arrive on one end of a spare wire by HELD seconds, or until another datagram has passed: a sender that
    pauses for this time would otherwise keep the order."""

    def __init__(self, takes, gives):
        self.ins, self.out = (socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003)) for _ in range(2))
        self.ins.bind((takes, 0))
        self.out.bind((gives, 0))
        self.gives, self.given, self.over = gives, 0, False
        self.held = collections.deque()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()
        self.ins.close()
        self.out.close()

    def run(self):
        while not self.over:
            if select.select([self.ins], [], [], 0.0005 if self.held else 0.1)[0]:
                frame = bytearray(self.ins.recv(65536))
                # The sender's kernel leaves the UDP checksum to a card that does not exist. 0 means none.
                frame[40:42] = b"\0\0"
                self.held.append((time.monotonic() + HELD, self.passed(), bytes(frame)))
            while self.held and self.held[0][0] <= time.monotonic() and self.held[0][1] < self.passed():
                self.out.send(self.held.popleft()[2])
                self.given += 1

    def passed(self):
        """The number of other datagrams on this path."""
        # Eight receive counters, then eight transmit counters: bytes, packets, ...
        fields = re.search(rf"{self.gives}:(.*)", Path("/proc/self/net/dev").read_text())[1].split()
        return int(fields[9]) - self.given


class LossyPath:
    """Two hosts and the path between them: nftables rules drop, duplicate and delay datagrams, and count them."""

    COUNTERS = "seen", "dropped", "doubled", "held", "ends", "ends_dropped"

    def __init__(self, stack):
        silence_ipv6([])
        self.sender, self.receiver = stack.enter_context(Host()), stack.enter_context(Host())
        ends = (self.sender, "p0", "s0", SENDERS), (self.receiver, "p1", "r0", [RECEIVER])
        for host, here, there, addresses in ends:
            ip([], f"link add {here} type veth peer name {there} netns {host.keeper.pid}", f"link set {here} up")
            given = [f"address add {address}/24 dev {there}" for address in addresses]
            ip(host.within, *given, f"link set {there} up", f"route add 224.0.0.0/4 dev {there}")
        ip([], "link add h0 type veth peer name h1", "link set h0 up", "link set h1 up")
        stack.enter_context(Holder("h1", "p1"))

    def lay(self, tool, rules):
        """Installs new rules, with all counters at 0. The end markers of a tool are not data."""
        counters = "\n".join(f"counter {name} {{}}" for name in self.COUNTERS)
        table = f"""
            add table netdev path
            delete table netdev path
            table netdev path {{
                {counters}
                chain there {{
                    type filter hook ingress device p0 priority 0; policy accept;
                    ip daddr {GROUP} udp dport {PORT} goto datagrams
                    fwd to p1
                }}
                chain back {{
                    type filter hook ingress device p1 priority 0; policy accept;
                    fwd to p0
                }}
                chain datagrams {{
                    {tool.is_end} goto ends
                    counter name seen
                    {rules.get("data", "")}
                    fwd to p1
                }}
                chain ends {{
                    counter name ends
                    {rules.get("ends", "")}
                    fwd to p1
                }}
            }}"""
        # A host that is not a member of a group drops its datagrams before this hook.
        at_the_receiver = f"""
            add table inet host
            delete table inet host
            table inet host {{
                counter reached {{}}
                chain in {{
                    type filter hook input priority 0; policy accept;
                    {tool.is_end} return
                    ip daddr {GROUP} udp dport {PORT} counter name reached
                }}
            }}"""
        for within, rules in ([], table), (self.receiver.within, at_the_receiver):
            subprocess.run([*within, "nft", "-f", "-"], input=rules, text=True, check=True, timeout=10)

    def counted(self):
        counters = {}
        for within in [], self.receiver.within:
            said = subprocess.run([*within, "nft", "-j", "list", "counters"], capture_output=True, text=True, check=True, timeout=10).stdout
            found = (item["counter"] for item in json.loads(said)["nftables"] if "counter" in item)
            counters |= {counter["name"]: counter["packets"] for counter in found}
        return counters

    def joined(self):
        """Whether the receiver is a member of more than 224.0.0.1."""
        table = Path(f"/proc/{self.receiver.keeper.pid}/net/igmp").read_text()
        return int(re.search(r"\tr0\s*:\s*(\d+)", table)[1]) > 1

    def overflowed(self):
        """The drops in the receiver's kernel for full receive buffers."""
        udp = [line.split() for line in Path(f"/proc/{self.receiver.keeper.pid}/net/snmp").read_text().splitlines() if line.startswith("Udp:")]
        return int(dict(zip(*udp))["RcvbufErrors"])


# ---------------------------------------------------------------------------------------------------------------------
# The tools


class Tool:
    def __init__(self, path):
        self.path = path


class Iperf(Tool):
    """iperf with -t at the server, as its manual advises for multicast: its only end marker may be lost."""

    name = "iperf"
    # The number of the last datagram is negative.
    is_end = "@th,64,1 1"

    def recv(self, small=False, source=None):
        options = ["-H", source] if source else []
        return [self.path, "-s", "-u", "-B", GROUP, "-p", str(PORT), "-i", "1", "-e", "-t", str(LIFETIME), *options, *(["-w", f"{BUFFER_KIB}K"] if small else [])]

    def send(self, source):
        return [self.path, "-c", GROUP, "-B", source, "-p", str(PORT), "-u", "-b", f"{RATE}pps", "-l", str(SIZE), "-n", str(COUNT * SIZE), "-e"]

    def read(self, output):
        """The last report over the whole time of each connection. Interval reports do not begin at 0, except the first."""
        streams = {}
        start = r"^\[ *(\d+)\] (0\.0000-\d+\.\d+) sec .*?"
        for found in re.finditer(start + r"(-?\d+)/ *(-?\d+) +\(.*?(\d+)/\d+\(\d+\) pkts", output, re.MULTILINE):
            streams[found[1]] = {"lost": int(found[3]), "of": int(found[4]), "received": int(found[5])}
        for found in re.finditer(start.replace("sec ", "sec") + r" (\d+) datagrams received out-of-order", output, re.MULTILINE):
            streams.setdefault(found[1], {})["out of order"] = int(found[3])
        return list(streams.values())


class Mcast(Tool):
    name = "mcast"
    # The kind of the datagram.
    is_end = "@th,104,8 1"

    def recv(self, small=False, source=None):
        options = ["--source", source] if source else []
        options += ["--rcvbuf", f"{BUFFER_KIB}KiB"] if small else []
        return [self.path, "recv", f"{GROUP}:{PORT}", "--once", "--timeout", f"{LIFETIME}s", "--stats", "1s", "--assert", "loss <= 1%", "-o", "json", *options]

    def send(self, source):
        return [self.path, "send", f"{GROUP}:{PORT}", "--iface", source, "--probe", "--rate", f"{RATE}pps", "--size", str(SIZE), "--count", str(COUNT), "-o", "json"]

    def read(self, output):
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        summary = next((line for line in reversed(lines) if line["event"] == "summary"), None)
        streams = []
        for stream in summary["streams"] if summary else []:
            said = {"lost": stream["lost"], "of": stream["expected"], "received": stream["received"]}
            said["runs"] = stream["loss_runs"]["count"]
            said["longest run"] = stream["loss_runs"]["longest"]
            said |= {name: stream[name] for name in ("duplicates", "reordered")}
            said["missed before"] = stream["missed_before"]
            said["no end"] = int(not stream["ended"])
            said["kernel drops"] = summary["kernel_drops"]
            streams.append(said)
        return streams


# ---------------------------------------------------------------------------------------------------------------------
# Situations

RUNS = "numgen inc mod 100 50-59 counter name dropped drop"
TAIL = f"numgen inc mod 65536 {COUNT - 200}-65535 counter name dropped drop"


class Situation:
    """The rules of the path and the events during the run."""

    def __init__(self, key, name, data="", ends="", **how):
        self.key, self.name, self.rules, self.how = key, name, {"data": data, "ends": ends}, how


SITUATIONS = [
    Situation("clean", "nothing"),
    Situation("loss", "10 % lost, in runs of 10", RUNS),
    Situation("tail", "the last 200 lost", TAIL),
    Situation("tail-end", "the last 200 lost, and the first end", TAIL, "numgen inc mod 65536 0 counter name ends_dropped drop"),
    Situation("tail-ends", "the last 200 lost, and every end", TAIL, "counter name ends_dropped drop"),
    Situation("all", "everything lost", "counter name dropped drop", "counter name ends_dropped drop"),
    Situation("late", "the receiver joins 1 s late", late=True),
    Situation("duplicates", "every tenth duplicated", "numgen inc mod 10 3 counter name doubled dup to p1"),
    Situation("both", "10 % lost in runs of 10, every tenth duplicated", f"{RUNS}\nnumgen inc mod 10 3 counter name doubled dup to p1"),
    Situation("reordered", f"every 20th held back {HELD * 1000:.0f} ms", "numgen inc mod 20 7 counter name held fwd to h0"),
    Situation("overflow", f"the receiver stopped for {PAUSE} s, its buffer {BUFFER_KIB} KiB", pause=True),
    Situation("two", "two senders, 10 % of the second lost", f"ip saddr {SENDERS[1]} {RUNS}", senders=2),
    Situation("two-servers", "the same, a receiver for each sender", f"ip saddr {SENDERS[1]} {RUNS}", senders=2, apart=True),
    Situation("killed", "the sender killed after 1.5 s", killed=True),
]


class Run:
    """The result of one tool in one situation, once."""

    def __init__(self, truth, streams, statuses, shown):
        self.truth, self.streams, self.statuses, self.shown = truth, streams, statuses, shown


def run(path, tool, situation):
    how = situation.how
    sources = SENDERS[: how.get("senders", 1)]
    path.lay(tool, situation.rules)
    overflowed = path.overflowed()
    with contextlib.ExitStack() as stack:

        def start(host, argv):
            files = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(2)]
            process = subprocess.Popen([*host.within, *argv], stdin=subprocess.DEVNULL, stdout=files[0], stderr=files[1])
            stack.callback(end, process)
            process.files, process.argv = files, argv
            return process

        def listen():
            hears = [source if how.get("apart") else None for source in (sources if how.get("apart") else [None])]
            receivers = [start(path.receiver, tool.recv(how.get("pause"), source)) for source in hears]
            if not eventually(path.joined, 5):
                raise Trouble("nothing was joined")
            # The join of the second receiver does not show.
            if not how.get("late"):
                time.sleep(0.3)
            return receivers

        receivers = [] if how.get("late") else listen()
        senders = []
        for source in sources:
            senders.append(start(path.sender, tool.send(source)))
            time.sleep(0.5)
        if how.get("late"):
            time.sleep(0.5)
            receivers = listen()
        if how.get("pause"):
            time.sleep(0.5)
            receivers[0].send_signal(signal.SIGSTOP)
            time.sleep(PAUSE)
            receivers[0].send_signal(signal.SIGCONT)
        if how.get("killed"):
            time.sleep(1.0)
            senders[0].kill()
        statuses = [("send", wait(process)) for process in senders]
        statuses += [("recv", wait(process)) for process in receivers]
        truth = path.counted()
        truth["overflowed"] = path.overflowed() - overflowed
        truth["before the join"] = truth["seen"] - truth["reached"] if how.get("late") else 0
        texts = ["".join(map(text_of, process.files)) for process in receivers]
        streams = [stream for text in texts for stream in tool.read(text)]
        shown = [(process.argv, process.returncode, "".join(map(text_of, process.files))) for process in senders + receivers]
        return Run(truth, streams, statuses, shown)


def wait(process):
    """The exit status, and whether the tool needed a signal."""
    try:
        return str(process.wait(LIFETIME + 4))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    try:
        return f"{process.wait(3)} (after SIGINT)"
    except subprocess.TimeoutExpired:
        process.kill()
        return f"{process.wait()} (after SIGINT, SIGKILL)"


def end(process):
    if process.poll() is None:
        process.kill()
        process.wait()


def text_of(file):
    file.seek(0)
    return file.read()


# ---------------------------------------------------------------------------------------------------------------------
# Reporting


def span(values):
    """One value of all runs: the value, or the lowest and the highest."""
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def figures(dicts, names, always=()):
    """The values that are not always 0, and those that are always shown."""
    parts = []
    for name in names:
        values = [figures.get(name, 0) for figures in dicts]
        if any(values) or name in always:
            parts.append(f"{name} {span(values)}")
    return ", ".join(parts)


def truth_of(runs):
    dicts = []
    for counted in (once.truth for once in runs):
        truth = {"sent": counted["seen"], "lost": counted["dropped"], "twice": counted["doubled"], "late": counted["held"]}
        truth["ends lost"] = counted["ends_dropped"]
        truth["dropped by the host"] = counted["overflowed"]
        truth["before the join"] = counted["before the join"]
        dicts.append(truth)
    return figures(dicts, dicts[0], ("sent", "lost"))


def said_of(runs):
    numbers = {len(run.streams) for run in runs}
    if numbers == {0}:
        return "no results"
    if len(numbers) > 1:
        return f"{span(sorted(numbers))} streams; " + said_of([run for run in runs if len(run.streams) == max(numbers)])
    texts = []
    for streams in zip(*(run.streams for run in runs)):
        lost = f"lost {span([stream.get('lost', 0) for stream in streams])} of {span([stream.get('of', 0) for stream in streams])}"
        names = [name for name in streams[0] | streams[-1] if name not in ("lost", "of")]
        rest = figures(streams, names)
        texts.append(", ".join(filter(None, [lost, rest])).replace(", no end 1", ", no end"))
    return "; ".join(texts)


def statuses_of(runs):
    every = [" ".join(status for name, status in run.statuses if name == "send") for run in runs]
    ours = [" ".join(status for name, status in run.statuses if name == "recv") for run in runs]
    return " or ".join(sorted(set(ours))), " or ".join(sorted(set(every)))


def results_table(results):
    head("path", "tool", "truth", "reported", "exit of receiver, sender")
    for situation, tools in results:
        for name, runs in tools.items():
            row(situation.name, name, truth_of(runs), said_of(runs), ", ".join(statuses_of(runs)))


def circumstances(tools, repeat):
    print(f"- {machine()}")
    nft = subprocess.run(["nft", "--version"], capture_output=True, text=True, timeout=10).stdout.split("(")[0].strip()
    print(f"- {kernel()}; {nft}")
    print(f"- {'; '.join(map(version, tools))}")
    print(f"- {COUNT:,} datagrams of {SIZE} bytes from each sender, {RATE:,} a second; {repeat} runs of each")


def version(tool):
    said = subprocess.run([tool.path, "-v" if tool.name == "iperf" else "--version"], capture_output=True, text=True, timeout=10)
    return (said.stdout or said.stderr).strip().splitlines()[0]


# ---------------------------------------------------------------------------------------------------------------------
# Main


def arguments():
    parser = argparse.ArgumentParser(description="Measures a lossy path with iperf 2 and with mcast. Needs root.")
    keys = [situation.key for situation in SITUATIONS]
    parser.add_argument("--only", default=",".join(keys), help="situations, separated by commas (default: all: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="how often each is run (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="what the tools wrote, to standard error")
    parser.add_argument("--mcast", metavar="PATH", help="the mcast to measure; without it, one is built")
    parser.add_argument("--iperf", metavar="PATH", default="iperf", help="the iperf (version 2) to measure")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    if not set(chosen.only) <= set(keys) or not 1 <= chosen.repeat <= 100:
        parser.error(f"--only takes {', '.join(keys)}; --repeat 1 to 100")
    return chosen


def main():
    chosen = arguments()
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: sudo python3 benches/lossy.py")
    for tool, package in (("ip", "iproute2"), ("nft", "nftables"), ("nsenter", "util-linux"), ("unshare", "util-linux"), (chosen.iperf, "iperf")):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not there: apt-get install {package}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    mcast = chosen.mcast or build()["mcast"]
    if not shutil.which(mcast):
        sys.exit(f"{mcast} is not there")
    tools = [Iperf(shutil.which(chosen.iperf)), Mcast(str(Path(shutil.which(mcast)).resolve()))]
    enter_own_namespace()
    results = [(situation, {tool.name: [] for tool in tools}) for situation in SITUATIONS if situation.key in chosen.only]
    with contextlib.ExitStack() as stack:
        path = LossyPath(stack)
        for number in range(chosen.repeat):
            for situation, runs in results:
                for tool in tools:
                    say(f"{situation.name}: {tool.name}, run {number + 1} of {chosen.repeat}")
                    once = run(path, tool, situation)
                    runs[tool.name].append(once)
                    for argv, status, text in once.shown if chosen.show else []:
                        say(f"$ {' '.join(argv)}\n{text}exit {status}\n")
    circumstances(tools, chosen.repeat)
    print()
    results_table(results)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
