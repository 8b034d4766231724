#!/usr/bin/env python3
"""Measures the round-trip time of mcast ping beside sockperf ping-pong, both spinning at both ends.

    sudo python3 benches/ping.py --mcast target/dist/mcast
    sudo python3 benches/ping.py --mcast target/dist/mcast --repeat 10 --seconds 60

It prints Markdown: p50 and p99 of each program in microseconds, and the ratio in the same round. Requests go to a group and
answers to the sender's address, 112 bytes each, 16 a second: `recv --reply` sends at most 20 a second to one address. The
programs alternate, and a round with a missing reply does not count. sockperf measures from the call of send to the return of
receive. mcast subtracts the time that the receiver held the request, and takes arrivals from the kernel's timestamps.

It needs root, two cores and sockperf. It never sends on the machine's own network.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from lab import ROOT, Host, enter_own_namespace, eventually, ip, up  # noqa: E402

GROUP, PORT, SIZE, RATE = "239.1.1.1", 5000, 112, 16


def served(within, server, client, cpus):
    """The output of the client, while the server runs. Both ends are ended by id."""
    far, near = (["taskset", "-c", str(cpu)] for cpu in cpus)
    running = subprocess.Popen([*within, *far, *server], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    member = [*within, "grep", "-q", "010101EF", "/proc/net/igmp"]
    try:
        if not eventually(lambda: subprocess.run(member).returncode == 0, 30, every=0.01):
            raise SystemExit(f"{server[0]} did not join {GROUP}")
        done = subprocess.run([*near, *client], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise SystemExit(f"{client[0]}: {done.stdout}{done.stderr}")
        return done.stdout
    finally:
        running.terminate()
        running.wait(10)


def mcast(program, within, seconds, cpus):
    server = [program, "recv", "--iface", "e1", f"{GROUP}:{PORT}", "--reply", "--spin", "-q"]
    count, interval = str(seconds * RATE), f"{1000 / RATE}ms"
    client = [program, "ping", "--iface", "e0", f"{GROUP}:{PORT}", "--spin", "-q", "-c", count, "-i", interval]
    out = served(within, server, [*client, "--size", str(SIZE), "-o", "json"], cpus)
    summary = json.loads(out.splitlines()[-1])
    if summary["replies"] != seconds * RATE:
        print(f"mcast: {summary['replies']} of {seconds * RATE} replies: the round does not count", file=sys.stderr)
        return None
    return summary["rtt_ns"]["p50"] / 1e3, summary["rtt_ns"]["p99"] / 1e3


def sockperf(within, seconds, cpus):
    common = ["-i", GROUP, "-p", str(PORT), "--nonblocked"]
    server = ["sockperf", "server", *common, "--mc-rx-if", "10.0.0.2", "--force-unicast-reply"]
    client = ["sockperf", "ping-pong", *common, "--mc-tx-if", "10.0.0.1", "-t", str(seconds), "-m", str(SIZE)]
    out = served(within, server, [*client, "--mps", str(RATE), "--full-rtt"], cpus)
    if int(re.search(r"# dropped messages = (\d+)", out)[1]) > 0:
        print("sockperf: a reply is missing: the round does not count", file=sys.stderr)
        return None
    value = lambda name: float(re.search(rf"percentile {name}\S*\s*=\s*([\d.]+)", out)[1])  # noqa: E731
    return value("50.0"), value("99.0")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--mcast", type=Path, default=ROOT / "target/dist/mcast")
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--seconds", type=int, default=10)
    chosen = options.parse_args()
    program = str(chosen.mcast.resolve())
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if len(cpus) < 2:
        raise SystemExit("ping.py needs two cores")
    load = os.getloadavg()[0]
    enter_own_namespace()
    with Host() as host:
        ip([], f"link add e0 type veth peer name e1 netns {host.keeper.pid}", *up("e0", "10.0.0.1"))
        ip(host.within, *up("e1", "10.0.0.2"))
        rounds = []
        for turn in range(chosen.repeat):
            runs = [lambda: mcast(program, host.within, chosen.seconds, cpus), lambda: sockperf(host.within, chosen.seconds, cpus)]
            order = (0, 1) if turn % 2 == 0 else (1, 0)
            results = dict((side, runs[side]()) for side in order)
            if all(results.values()):
                rounds.append((results[0], results[1]))
    if not rounds:
        raise SystemExit("no round counts")
    print(f"{len(rounds)} rounds of {chosen.seconds} s; load average {load:.2f} before\n")
    print("| | mcast | sockperf | ratio in one round: median (lowest to highest) |\n| --- | --- | --- | --- |")
    for index, name in enumerate(["p50", "p99"]):
        ours, theirs = ([pair[side][index] for pair in rounds] for side in (0, 1))
        ratios = sorted(one / other for one, other in zip(ours, theirs))
        spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        print(f"| {name} | {statistics.median(ours):.1f} us | {statistics.median(theirs):.1f} us | {spread} |")


if __name__ == "__main__":
    main()
