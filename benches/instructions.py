#!/usr/bin/env python3
"""Counts the instructions that a datagram costs in mcast, and compares them with the kept ones (instructions.txt).

    sudo python3 benches/instructions.py                # builds mcast and the benchmark micro, then takes two minutes
    sudo python3 benches/instructions.py --write        # keeps the new counts

It prints Markdown: the kept count, the count now and the change. It exits with 1 if a case changed by more than 1 %, or 3 % for a
whole program.

Times vary on a busy machine, counts do not. Valgrind's callgrind counts the instructions of the program, not those of the kernel.
A count is the difference between a run of 2N datagrams and a run of N, divided by N: the start and the end cancel. The counts
depend on the compiler, which instructions.txt names. It needs root for the network namespaces of the whole sender and receiver.
"""

import argparse
import contextlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
from lab import ROOT, Processes, Trouble, all_of, as_user, build, enter_own_namespace, eventually, head, row, say  # noqa: E402
from measure.family import HERE, THERE  # noqa: E402
from measure.wire import Lab, why  # noqa: E402

KEPT = ROOT / "benches" / "instructions.txt"
# The change that a commit must explain, in percent. The work of a whole program depends a little on the time.
TOLERANCE = 1.0
TOLERANCE_WHOLE = 3.0
WHOLE = ("send, ", "recv, ")
# The datagrams of a run. The receive buffer holds twice the number of a whole program.
CALLS = 10_000
DATAGRAMS = 20_000
COUNTER = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
TIMEOUT = 120


def counted(words):
    """The number of instructions in valgrind's words."""
    found = re.search(r"Collected : (\d+)", words)
    if not found:
        raise Trouble(f"valgrind did not count: {words.strip()[-200:]!r}")
    return int(found[1])


def per_datagram(count, datagrams, runs=1):
    """Counts twice, or takes the lowest of more runs: work that depends on the time only adds."""
    once, twice = (min(count(number) for _ in range(runs)) for number in (datagrams, 2 * datagrams))
    return (twice - once) / datagrams


def tolerance(name):
    return TOLERANCE_WHOLE if name.startswith(WHOLE) else TOLERANCE


def piece(micro, name, calls):
    """The instructions of a case of the benchmark micro."""
    done = subprocess.run([*COUNTER, micro, f"--calls={calls}", name], capture_output=True, text=True, timeout=TIMEOUT)
    return counted(done.stderr)


def sent(lab, options, count):
    """The instructions of a whole sender."""
    with Processes() as processes:
        command = [lab.paths["mcast"], "send", lab.family.target(), "--iface", THERE, "--probe", "--flood", "-q", "--count", str(count)]
        return ended(lab.send(processes, [*COUNTER, *command, *options]))


def received(lab, options, batch, count):
    """The instructions of a whole receiver. It is stopped until all datagrams wait in its buffer: the calls are then always the same.
    The cost of the histograms depends on the range of the delays. Both counts therefore get the same datagrams, sent at once and
    received half a second later: all delays are in one power of two."""
    target = lab.family.target()
    with Processes() as processes:
        limit = ["env", f"MCAST_BATCH={batch}"]
        command = [lab.paths["mcast"], "recv", target, "--iface", HERE, "-q", "--count", str(count), *options]
        receiver = lab.receive(processes, [*limit, *COUNTER, *command], timeout=TIMEOUT)
        time.sleep(1)
        receiver.signal(signal.SIGSTOP)
        send = [lab.paths["mcast"], "send", target, "--iface", THERE, "--probe", "--no-offload", "-q", "--flood", "--count", str(2 * DATAGRAMS)]
        subprocess.run([*lab.sender.within, *send], check=True, timeout=TIMEOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.55)
        receiver.signal(signal.SIGCONT)
        return ended(receiver)


def ended(process):
    if not eventually(process.ended, TIMEOUT, 0.01) or process.status != 0:
        raise Trouble(why(process))
    return counted(all_of(process.output).decode(errors="replace"))


def cases(micro, lab):
    """The names of the cases, and their counting."""
    listed = subprocess.run([micro, "--list"], capture_output=True, text=True, check=True, timeout=TIMEOUT).stdout.splitlines()
    pieces = {name: lambda name=name: per_datagram(lambda calls: piece(micro, name, calls), CALLS) for name in listed}
    whole = {
        "send, a flood of probes, trains": lambda count: sent(lab, [], count),
        "send, a flood of probes, `--no-offload`": lambda count: sent(lab, ["--no-offload"], count),
        "recv, probes, up to 64 a call": lambda count: received(lab, [], 64, count),
        "recv, probes, one a call": lambda count: received(lab, [], 1, count),
    }
    return {**pieces, **{name: lambda count=count: per_datagram(count, DATAGRAMS, runs=3) for name, count in whole.items()}}


def compiler():
    """The versions of rustc in this folder and of the C library, as a line of instructions.txt."""
    said = subprocess.run([*as_user(), "sh", "-c", f"cd '{ROOT}' && rustc --version"], capture_output=True, text=True, timeout=60)
    return f"{said.stdout.strip() or 'rustc unknown'}, {' '.join(platform.libc_ver())}, {platform.machine()}"


def kept():
    """The compiler and the counts of instructions.txt."""
    if not KEPT.exists():
        return None, {}
    lines = [line for line in KEPT.read_text().splitlines() if line and not line.startswith("#")]
    return lines[0], {name: float(count) for name, count in (line.rsplit(": ", 1) for line in lines[1:])}


def write(rustc, counts):
    lines = ["# Instructions per datagram, by benches/instructions.py. A commit explains a change of more than 1 %.", rustc]
    KEPT.write_text("\n".join([*lines, *(f"{name}: {count:.1f}" for name, count in counts.items())]) + "\n")


def compare(counts, before):
    """Prints the table. Returns the names of the cases that changed too much."""
    changed = []
    head("case", "kept", "now", "change")
    for name in {**before, **counts}:
        old, new = before.get(name), counts.get(name)
        text = "–"
        if old is None or new is None:
            changed.append(name)
            text = "**new**" if old is None else "**gone**"
        elif old:
            percent = (new / old - 1) * 100
            text = f"{percent:+.2f} %"
            if abs(percent) > tolerance(name):
                changed.append(name)
                text = f"**{text}**"
        row(name, *("–" if value is None else f"{value:,.1f}" for value in (old, new)), text)
    return changed


def arguments():
    parser = argparse.ArgumentParser(description="Counts the instructions of the hot loops. Needs root and valgrind.")
    parser.add_argument("--write", action="store_true", help="write the new counts to instructions.txt")
    parser.add_argument("--mcast", metavar="PATH", help="the mcast to measure; without it, one is built")
    return parser.parse_args()


def main():
    chosen = arguments()
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: sudo python3 benches/instructions.py")
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not there: apt-get install valgrind")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # cargo builds the program beside its benchmarks, with the settings of `dist`.
    built = build(profile="bench", command=("bench", "--bench", "micro", "--no-run"))
    mcast = str(Path(chosen.mcast).resolve()) if chosen.mcast else built["mcast"]
    rustc, (kept_rustc, before) = compiler(), kept()
    enter_own_namespace()
    counts = {}
    with contextlib.ExitStack() as stack:
        lab = Lab(stack, {"mcast": mcast}, {"limit-tx": None, "limit-rx": None}, quick=False)
        for name, count in cases(built["micro"], lab).items():
            say(name)
            counts[name] = count()
    print(f"Compiler: {rustc}. Kept: {kept_rustc or 'nothing'}.\n")
    changed = compare(counts, before)
    if kept_rustc and kept_rustc != rustc:
        print("\n**The compilers or the C libraries differ**: a change can come from them.")
    if chosen.write:
        write(rustc, counts)
    elif changed:
        say(f"changed by more than {TOLERANCE:g} % ({TOLERANCE_WHOLE:g} % for a whole program): {'; '.join(changed)}")
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except Trouble as trouble:
        sys.exit(f"no counts: {trouble}")
