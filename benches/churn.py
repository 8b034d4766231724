#!/usr/bin/env python3
"""Deletes and recreates the interface under a receiver and a sender 1,000 times, and checks that both follow and nothing leaks.

    sudo python3 benches/churn.py --mcast target/dist/mcast
    unshare --map-root-user python3 benches/churn.py --mcast target/dist/mcast     # without root
    sudo python3 benches/churn.py --cycles 100

`mcast recv` and `mcast send --probe` run in two network namespaces, connected by a veth. Deleting one end deletes both. Each cycle
waits until both programs have reported the loss, creates the veth again, brings it up, and waits until both have reported each
change and a datagram has arrived in each group. One group has any source, the other a single source. A row of Markdown per tenth
of the run shows the resources of both programs, from /proc. At the end these must hold, or the exit status is 1:

- each program reports `interface-gone`, `interface-back` and `interface-up` once per cycle, and no other change;
- each group is joined once;
- sent = received + lost in each group, with a single stream each: datagrams sent before the receiver has rejoined are lost;
- anonymous memory grows by at most --growth KiB after the first tenth of the run;
- files and threads are the same in each row, and the programs exit with 0, or the sender with 1 if the system refused datagrams.

It waits for events, so that a slow machine only takes longer. It never sends on the machine's own network.
"""

import argparse
import collections
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from lab import ENDING, ROOT, Host, Process, Processes, Trouble, enter_own_namespace, eventually, head, ip  # noqa: E402
from lab import kernel, last_words, machine, members, row, up  # noqa: E402
from soak import Sample, summary  # noqa: E402

PORT, SENDER, SINGLE = 5000, "10.0.0.1", "232.1.1.1"
GROUPS = ("239.1.1.1", SINGLE)
PATIENCE = 120
# The changes of each cycle. Without an interface the sender has errors, and warns about the first ones.
CHANGES, NOT_SENT = ("interface-gone", "interface-back", "interface-up"), ("not-sent",)


class Follower:
    """One of the two programs, and the events that it has printed until now."""

    def __init__(self, argv, path):
        self.output = path.open("w+b")
        self.process = Process.spawn(argv, self.output.fileno())
        self.reader, self.rest = path.open("rb"), b""
        self.warnings, self.datagrams = collections.Counter(), collections.Counter()
        self.ready = False

    def read(self):
        """Reads the lines that are new."""
        *lines, self.rest = (self.rest + self.reader.read()).split(b"\n")
        for line in lines:
            event = json.loads(line) if line.startswith(b"{") else {"event": "text"}
            if event["event"] == "warning":
                self.warnings[event["id"]] += 1
            elif event["event"] == "datagram":
                self.datagrams[event["group"]] += 1
            self.ready |= event["event"] == "ready"

    def wait(self, what, condition):
        def holds():
            self.read()
            return condition() or self.process.ended()

        if not eventually(holds, PATIENCE, every=0.0005):
            raise Trouble(f"{what}: not within {PATIENCE} s; warnings {dict(self.warnings)}")
        if self.process.ended():
            raise Trouble(f"{what}: {last_words(self.output, self.process.status)}")


def connect(host):
    ip([], f"link add e1 type veth peer name e0 netns {host.keeper.pid}")


def bring_up(host):
    ip([], *up("e1", "10.0.0.2"))
    ip(host.within, *up("e0", SENDER))


def memberships():
    """How many times each group is joined on e1 (/proc/net/igmp). It has the bytes of an address in the order of the machine."""
    block = Path("/proc/net/igmp").read_text().partition("\te1 ")[2].splitlines()[1:]
    groups = {}
    for line in block:
        if not line.startswith("\t\t"):
            break
        address, users = line.split()[:2]
        groups[".".join(str(byte) for byte in int(address, 16).to_bytes(4, sys.byteorder))] = int(users)
    groups.pop("224.0.0.1", None)
    return groups


class Churn:
    def __init__(self, chosen, host, folder):
        program = str(chosen.mcast.resolve())
        targets = [f"{GROUPS[0]}:{PORT}", f"{SENDER}@{SINGLE}:{PORT}"]
        recv = [program, "recv", "--iface", "e1", *targets, "--once", "-o", "json"]
        sending = [f"{group}:{PORT}" for group in GROUPS]
        # Without datagrams in its output.
        send = [program, "send", "--iface", "e0", *sending, "--probe", "-i", chosen.interval, "--stats", "1h", "-o", "json"]
        self.cycles, self.growth, self.host, self.samples = chosen.cycles, chosen.growth, host, []
        self.running = Processes()
        self.recv = self.start(recv, folder / "recv")
        self.send = self.start([*host.within, *send], folder / "send")

    def start(self, argv, path):
        follower = Follower(argv, path)
        self.running.append(follower.process)
        follower.wait("ready", lambda: follower.ready)
        return follower

    def both(self, id, cycle):
        for name, follower in (("recv", self.recv), ("send", self.send)):
            follower.wait(f"cycle {cycle}: {id} of {name}", lambda: follower.warnings[id] >= cycle)  # noqa: B023

    def cycle(self, cycle):
        ip([], "link del e1")
        self.both("interface-gone", cycle)
        connect(self.host)
        # The interface returns while it is down. If it came up at once, the programs could see the two changes as one.
        self.both("interface-back", cycle)
        bring_up(self.host)
        self.both("interface-up", cycle)
        self.recv.wait(f"cycle {cycle}: memberships", lambda: members("e1") == len(GROUPS) + 1)
        # Those that arrived before.
        before = self.recv.datagrams.copy()
        self.recv.wait(f"cycle {cycle}: datagrams", lambda: all(self.recv.datagrams[group] > before[group] for group in GROUPS))

    def sample(self):
        """The resources of both programs."""
        pair = [Sample.of(process) for process in self.running]
        if not all(pair):
            raise Trouble("a program ended")
        self.samples.append(pair)
        return pair

    def run(self):
        head("cycles", "time", "recv: RSS", "anonymous", "files", "threads", "CPU", "send: RSS", "anonymous", "files", "CPU")
        started = time.monotonic()
        for cycle in range(1, self.cycles + 1):
            self.cycle(cycle)
            if cycle % max(self.cycles // 10, 1) == 0:
                recv, send = pair = self.sample()
                row(
                    f"{cycle:,}", f"{time.monotonic() - started:.0f} s",
                    f"{recv.resident_kib:,} KiB", f"{recv.anonymous_kib:,} KiB", str(recv.files), str(recv.threads), f"{recv.cpu_s:.1f} s",
                    f"{send.resident_kib:,} KiB", f"{send.anonymous_kib:,} KiB", str(send.files), f"{send.cpu_s:.1f} s",
                )  # fmt: skip
                sys.stdout.flush()
        self.memberships = memberships()
        # The sender announces the end of its streams, which ends the receiver.
        self.send.process.signal(ENDING)
        if not eventually(self.running.ended, PATIENCE):
            raise Trouble(f"the programs did not end within {PATIENCE} s after {signal.Signals(ENDING).name}")
        for follower in self.recv, self.send:
            follower.read()

    def checks(self):
        """(whether it holds, text) of each check."""
        received, sent = (summary(follower.output, follower.process) for follower in (self.recv, self.send))
        statuses, errors = [process.status for process in self.running], sent["errors"]
        yield statuses == [0, 1 if errors else 0], f"exit statuses {statuses[0]} and {statuses[1]}; {errors:,} datagrams could not be sent"
        for name, follower in (("recv", self.recv), ("send", self.send)):
            counted = {id: count for id, count in follower.warnings.items() if id not in (NOT_SENT if name == "send" else ())}
            text = ", ".join(f"{count:,} {id}" for id, count in sorted(follower.warnings.items()))
            yield counted == dict.fromkeys(CHANGES, self.cycles), f"{name}: {text}"
        yield self.memberships == dict.fromkeys(GROUPS, 1), "memberships: " + ", ".join(f"{group} {users}" for group, users in self.memberships.items())
        for target in sent["targets"]:
            streams = [stream for stream in received["streams"] if stream["group"] == target["group"]]
            counts = [sum(stream[name] for stream in streams) for name in ("received", "lost", "duplicates")]
            text = f"{target['group']}: sent {target['datagrams']:,} = received {counts[0]:,} + lost {counts[1]:,}; {counts[2]} duplicates"
            yield len(streams) == 1 and target["datagrams"] == sum(counts[:2]) and counts[2] == 0, f"{text}; {target['errors']:,} send errors"
        for index, name in enumerate(("recv", "send")):
            sizes = [pair[index].anonymous_kib for pair in self.samples]
            growth = max(sizes) - sizes[0]
            yield growth <= self.growth, f"{name}: anonymous memory {sizes[0]:,} KiB after a tenth, then at most {growth:+,} KiB"
            files, threads = ({getattr(pair[index], of) for pair in self.samples} for of in ("files", "threads"))
            yield len(files) == len(threads) == 1, f"{name}: files {sorted(files)}, threads {sorted(threads)}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mcast", type=Path, default=ROOT / "target/dist/mcast", help="the program to test")
    options.add_argument("--cycles", type=int, default=1000)
    options.add_argument("--interval", default="20ms", help="the time between two datagrams of a group")
    options.add_argument("--growth", type=int, default=512, help="the limit of the growth in KiB")
    chosen = options.parse_args()
    print(f"{machine()}; {kernel()}\n")
    enter_own_namespace()
    with Host() as host, tempfile.TemporaryDirectory() as folder:
        connect(host)
        bring_up(host)
        churn = Churn(chosen, host, Path(folder))
        with churn.running:
            try:
                churn.run()
            except Trouble as trouble:
                sys.exit(f"the run has no result: {trouble}")
            results = list(churn.checks())
    print()
    for holds, text in results:
        print(f"{'PASS' if holds else 'FAIL'} {text}")
    sys.exit(0 if all(holds for holds, _ in results) else 1)


if __name__ == "__main__":
    main()
