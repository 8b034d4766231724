#!/usr/bin/env python3
"""Measures how fast mcast sends, paces, receives and starts, beside the kernel's limit (limits/), iperf, mgen, sockperf, socat and multicat.

    sudo python3 benches/speed.py                       # everything, some fifty minutes
    sudo python3 benches/speed.py --only flood,overload --family 4 --repeat 3
    sudo python3 benches/speed.py --quick               # a test of the script; its numbers mean little

It prints Markdown: the test system, a table of the values of each row, and a table of ratios with their goals. Progress goes
to standard error. benches/README.md explains each measurement. The parts are in measure/.

It needs root for the network namespaces. It never sends on the machine's own network: this program moves itself into a new
namespace, the receiver's, whose only interface is a wire to the sender's. Both are unnamed, and all programs end with this one.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from lab import Trouble, build, enter_own_namespace, head, kernel, machine, row, say, setting  # noqa: E402
from measure.family import FAMILIES  # noqa: E402
from measure.receiving import cpu, gro, groups, lossfree, overload, spin  # noqa: E402
from measure.runs import Claims  # noqa: E402
from measure.sending import flood, pace_at, rate, software  # noqa: E402
from measure.starting import join, start  # noqa: E402
from measure.tools import ALL  # noqa: E402
from measure.wire import Lab  # noqa: E402


ROWS = {
    "flood": flood,
    "software": software,
    "pace-1k": pace_at(1000),
    "pace-10k": pace_at(10_000),
    "pace-100k": pace_at(100_000),
    "rate": rate,
    "overload": overload,
    "gro": gro,
    "lossfree": lossfree,
    "groups": groups,
    "join": join,
    "start": start,
    "cpu": cpu,
    "spin": spin,
}


# ---------------------------------------------------------------------------------------------------------------------
# Reporting


def circumstances(lab, load, chosen):
    print(f"- {machine()}; at the start {load:.1f}")
    print(f"- {kernel()}; net.core.rmem_max = {setting('net.core.rmem_max')}, net.core.rmem_default = {setting('net.core.rmem_default')}")
    print(f"- {'; '.join(version(tool, path) for tool, path in lab.paths.items() if path)}")
    how = "medians of one run (--quick): they mean little" if chosen.quick else f"medians of {chosen.repeat}, in brackets the lowest and the highest"
    print(f"- veth, MTU 1500, sender on core {lab.cores[0]}, receiver on core {lab.cores[1]}; {how}")


def version(tool, path):
    if tool == "mcast":
        return subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10).stdout.partition("\n")[0]
    # Some tools print no version, and each has another form.
    found = shutil.which("dpkg-query") and subprocess.run(["dpkg-query", "-W", "-f", "${Version}", tool], capture_output=True, text=True, timeout=10)
    known = found and found.returncode == 0 and str(path) == f"/usr/bin/{tool}"
    return f"{tool} {found.stdout.strip()}" if known else f"{tool} ({path})"


# ---------------------------------------------------------------------------------------------------------------------
# Main


def install(tools):
    say(f"apt-get install {' '.join(tools)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *tools]
    try:
        done = subprocess.run(command, env=environment, stdout=sys.stderr, timeout=600)
    except FileNotFoundError:
        sys.exit("--install needs apt-get")
    if done.returncode != 0:
        say("not all of them could be installed")


def find_tools(chosen):
    """The installed peers, by name."""
    missing = [tool for tool in (*ALL, "ethtool") if not shutil.which(tool)]
    if missing and chosen.install:
        install(missing)
        missing = [tool for tool in missing if not shutil.which(tool)]
    if missing:
        say(f"going on without {', '.join(missing)}: apt-get install {' '.join(missing)}, or --install")
    paths = {tool: shutil.which(tool) for tool in ALL}
    if chosen.mcjoin:
        paths["mcjoin"] = shutil.which(chosen.mcjoin)
        if not paths["mcjoin"]:
            sys.exit(f"{chosen.mcjoin} is not there")
    return paths


def arguments():
    parser = argparse.ArgumentParser(description="Measures the speed of mcast beside the kernel's limit and other tools. Needs root.")
    parser.add_argument("--only", default=",".join(ROWS), help="rows, separated by commas (default: all: %(default)s)")
    parser.add_argument("--family", choices=FAMILIES, default="both", help="IPv4, IPv6 or both (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="how often each is run (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one short run of each: whether it works")
    parser.add_argument("--install", action="store_true", help="install what is missing of the other tools, by apt-get")
    parser.add_argument("--mcast", metavar="PATH", help="the mcast to measure; without it, one is built")
    parser.add_argument("--mcjoin", metavar="PATH", help="an mcjoin to measure in the row start; Debian 12 has none")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    if not set(chosen.only) <= set(ROWS) or not 1 <= chosen.repeat <= 100:
        parser.error(f"--only takes {', '.join(ROWS)}; --repeat 1 to 100")
    if chosen.quick:
        chosen.repeat = 1
    return chosen


def main():
    chosen = arguments()
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: sudo python3 benches/speed.py")
    needed = {"ip": "iproute2", **dict.fromkeys(("nsenter", "unshare", "prlimit", "setpriv", "taskset"), "util-linux")}
    for tool, package in needed.items():
        if not shutil.which(tool):
            sys.exit(f"{tool} is not there: apt-get install {package}")
    # On exit, every `with` ends its processes.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    paths = find_tools(chosen)
    mcast = chosen.mcast or build()["mcast"]
    if not shutil.which(mcast):
        sys.exit(f"{mcast} is not there")
    # Resolve it before entering the namespace, for relative paths and for a cargo that downloads.
    paths = {"mcast": str(Path(shutil.which(mcast)).resolve()), **paths}
    limits = build("benches/limits")
    load = os.getloadavg()[0]
    enter_own_namespace()
    with contextlib.suppress(PermissionError):
        # Raise the priority to read the counters in time while both cores are busy. Its children get the default.
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    claims = Claims()
    with contextlib.ExitStack() as stack:
        families = FAMILIES[chosen.family]
        lab = Lab(stack, paths, limits, chosen.quick, ipv6=chosen.family != "4")
        circumstances(lab, load, chosen)
        print()
        for name in chosen.only:
            print(f"## {name}\n", flush=True)
            for lab.family in families:
                claims.suffix = lab.family.suffix
                try:
                    ROWS[name](lab, chosen.repeat, claims)
                except (Trouble, OSError, subprocess.SubprocessError) as trouble:
                    print(f"no results: {trouble}\n")
                    claims.append((f"{name}{claims.suffix}", "–", "–", f"**no figure**: {trouble}"))
                sys.stdout.flush()
        print("## Together\n")
        head("work", "peer", "goal", "measured")
        for claim in claims:
            row(*claim)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
