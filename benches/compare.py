#!/usr/bin/env python3
"""Measures two versions of mcast side by side, and prints the ratios of the second to the first.

    sudo python3 benches/compare.py target/dist/mcast-before target/dist/mcast
    sudo python3 benches/compare.py main HEAD           # git revisions: builds them first
    sudo python3 benches/compare.py main HEAD --only flood,cpu --repeat 15 --fail 5

It prints Markdown, after about five minutes: a table with the values of both versions, and the median of the ratios of each round
with the lowest and the highest. The versions alternate: A B B A. The rows are a short form of speed.py.

It needs root for the network namespaces. It never sends on the machine's own network, as speed.py does not.
"""

import argparse
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from lab import ROOT, as_user, build, enter_own_namespace, head, kernel, machine, row, say  # noqa: E402
from measure.family import FAMILIES, THERE  # noqa: E402
from measure.runs import in_turn, spread  # noqa: E402
from measure.sending import paced  # noqa: E402
from measure.starting import first_datagram, joined  # noqa: E402
from measure.tools import limit_rx, limit_tx, mcast_recv, sends  # noqa: E402
from measure.wire import LIFETIME, Lab, flow  # noqa: E402


class Row:
    """A measurement, and its values: title, field, and whether more is better."""

    def __init__(self, name, measure, *values, more_often=1):
        self.name, self.measure, self.values, self.more_often = name, measure, values, more_often


LESS, MORE = False, True
SENT = "kpps", "sent", MORE
DELIVERED = "kpps", "delivered", MORE
CPU = "CPU, µs a datagram", "receiver_us", LESS


def flooded(size):
    return lambda lab: flow(lab, sends(lab, "mcast", size), limit_rx(lab, "recvmmsg"))


def received(pps):
    return lambda lab: flow(lab, limit_tx(lab, "send", "--rate", pps, "--probe"), mcast_recv(lab), 1.5)


def first(lab):
    return first_datagram(lab, [lab.paths["mcast"], "send", lab.family.target(), "--iface", THERE, "--duration", f"{LIFETIME}s"])


def overloaded(lab):
    return flow(lab, limit_tx(lab, "segment", "--probe"), mcast_recv(lab, "--no-offload", "--rcvbuf", "4MiB"))


def trains(lab):
    return flow(lab, limit_tx(lab, "segment", "--probe"), mcast_recv(lab), counts_itself=True)


def rows(family):
    frame = family.frame_payload
    return [
        Row("flood, 64 B", flooded(64), SENT, ("memory, KiB", "sender_kib", LESS)),
        Row(f"flood, {frame} B", flooded(frame), SENT),
        Row("pace, 10 kpps", lambda lab: paced(lab, sends(lab, "mcast", 64, 10_000), 10_000, 1.0), ("gap error p99, µs", "error_p99", LESS)),
        Row("overload", overloaded, DELIVERED, CPU, ("memory, KiB", "receiver_kib", LESS)),
        Row("gro", trains, DELIVERED, CPU, ("memory, KiB", "receiver_kib", LESS)),
        *(Row(f"cpu, {pps // 1000} kpps", received(pps), CPU) for pps in (1000, 10_000, 100_000)),
        Row("start, send", first, ("ms", "ms", LESS), ("memory, KiB", "kib", LESS), more_often=3),
        Row("start, recv", lambda lab: joined(lab, mcast_recv(lab)), ("ms", "ms", LESS), ("memory, KiB", "kib", LESS), more_often=3),
    ]


def ratios(before, after, field):
    """The ratio of each round."""
    pairs = [(old[field], new[field]) for old, new in zip(before.rounds, after.rounds) if old and new]
    return [new / old for old, new in pairs if old]


def is_worse(values, more, percent):
    """Whether the median is worse by more than this, and every round is worse."""
    losses = [1 / value if more else value for value in values]
    return min(losses) > 1 and statistics.median(losses) > 1 + percent / 100


def with_copy(lab, work, path):
    """Measures with a new copy of the program. Two copies of one program differed by a third in each of five rounds: a file has
    properties that repeating does not average, for example its place in memory."""
    copy = lab.files / "mcast"
    copy.unlink(missing_ok=True)
    shutil.copy(path, copy)
    return work.measure(lab.with_mcast(str(copy)))


def measure(lab, versions, chosen):
    """Prints the rows. Returns those that failed or are worse than the threshold."""
    worse = []
    head("work", "value", *versions, "after / before", "rounds")
    for work in rows(lab.family):
        if not work.name.startswith(tuple(chosen.only)):
            continue
        cases = {side: lambda path=path: with_copy(lab, work, path) for side, path in versions.items()}
        before, after = in_turn(work.name, chosen.repeat * work.more_often, cases, reverse=True).values()
        for title, field, more in work.values:
            values = ratios(before, after, field)
            name = f"{work.name}{lab.family.suffix}"
            if not values:
                row(name, title, "–", "–", "–", "; ".join(dict.fromkeys(before.troubles + after.troubles)))
                worse.append(name)
                continue
            text = spread(values)
            if chosen.fail is not None and is_worse(values, more, chosen.fail):
                worse.append(f"{name}: {title}")
                text = f"**{text}**"
            row(name, title, spread(before.all(field)), spread(after.all(field)), text, str(len(values)))
        sys.stdout.flush()
    return worse


def program(name, side, folder):
    """A copy of the mcast that the name means: a path with a slash to a program, or a git revision, which is built."""
    copy = folder / f"mcast-{side}"
    if "/" in name and shutil.which(name):
        return str(shutil.copy(shutil.which(name), copy))
    git = [*as_user(), "git", "-C", str(ROOT)]
    found = subprocess.run([*git, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], capture_output=True, text=True, timeout=30)
    if found.returncode != 0:
        sys.exit(f"{name} is neither a program nor a git revision")
    tree = folder / f"tree-{side}"
    subprocess.run([*git, "worktree", "add", "--quiet", "--detach", str(tree), found.stdout.strip()], check=True, timeout=120)
    try:
        # The dependencies are built once for both.
        built = build(str(tree), profile="dist", target=ROOT / "target" / "compare")["mcast"]
        return str(shutil.copy(built, copy))
    finally:
        subprocess.run([*git, "worktree", "remove", "--force", str(tree)], check=True, timeout=120)


def arguments():
    parser = argparse.ArgumentParser(description="Compares the speed of two versions of mcast. Needs root.")
    parser.add_argument("before", metavar="BEFORE", help="a path to a program, with a slash, or a git revision")
    parser.add_argument("after", metavar="AFTER", help="the same")
    parser.add_argument("--only", default="", help="rows whose names begin with these words, separated by commas (default: all)")
    parser.add_argument("--family", choices=("4", "6"), default="4", help="IPv4 or IPv6 (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=9, help="how often each is run (default: %(default)s)")
    parser.add_argument("--fail", type=float, metavar="PERCENT", help="exit with 1 if a median is worse by more than this, and every round is worse")
    chosen = parser.parse_args()
    if not 1 <= chosen.repeat <= 100:
        parser.error("--repeat takes 1 to 100")
    chosen.only = chosen.only.split(",")
    return chosen


def main():
    chosen = arguments()
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: sudo python3 benches/compare.py")
    # On exit, every `with` ends its processes.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o777)
        versions = {side: program(getattr(chosen, side), side, folder) for side in ("before", "after")}
        limits = build("benches/limits")
        enter_own_namespace()
        with contextlib.suppress(PermissionError):
            # Raise the priority to read the counters in time while both cores are busy. Its children get the default.
            os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
        lab = Lab(stack, {}, limits, quick=False, ipv6=chosen.family == "6")
        (lab.family,) = FAMILIES[chosen.family]
        print(f"- {machine()}; {kernel()}")
        print(f"- before: {chosen.before}; after: {chosen.after}; medians, in brackets the lowest and the highest\n")
        worse = measure(lab, versions, chosen)
    if worse:
        say(f"worse or without values: {'; '.join(worse)}")
    if worse and chosen.fail is not None:
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
