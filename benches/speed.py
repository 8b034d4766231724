#!/usr/bin/env python3
"""Measures how fast mcast sends, paces, receives and starts, beside the kernel's limit (limits/), iperf, mgen, sockperf, socat and multicat.

    sudo python3 benches/speed.py                       # everything, some twenty-five minutes
    sudo python3 benches/speed.py --only flood,overload --repeat 3
    sudo python3 benches/speed.py --quick               # a test of the script; its numbers mean little

It prints Markdown: the test system, a table of ratios with their thresholds, and a table of the values of each row. Progress goes
to standard error. benches/README.md explains each measurement.

It needs root for the network namespaces. It never sends on the machine's own network: this program moves itself into a new
namespace, the receiver's, whose only interface is a wire to the sender's. Both are unnamed, and all programs end with this one.
"""

import argparse
import contextlib
import ctypes
import json
import mmap
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from lab import (  # noqa: E402
    ENDING, Host, Process, Processes, Trouble, all_of, build, enter_own_namespace, eventually, head, ip, kernel, last_words, machine, members, number, row,
    say, setting, up,
)

GROUP, PORT = "239.1.1.1", 5001
TO = f"{GROUP}:{PORT}"
# The interfaces at both ends of the wire, and their addresses.
HERE, HERE_ADDRESS = "r0", "10.99.0.2"
THERE, THERE_ADDRESS = "s0", "10.99.0.1"
# The number of groups in the row of that name.
GROUPS = 1000
# The programs end after this number of seconds. No run takes that long.
LIFETIME = 60
# The timeouts for the first datagram, for the join and for the end of a program.
PATIENCE = 5.0
# Up to this number of datagrams may be a warm-up: sockperf sends two, and then pauses for 2 s.
WARM_UP = 8
# The polling interval for the end of a measurement, in s. Polling uses a core.
SELDOM = 0.01
# The steps of the search for the highest rate without loss, in kpps.
LADDER = [40, 60, 80, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1600, 2000]
# The number of datagrams per call of the sender in this search.
TRAIN = 32
# 6 MB, in KiB.
MEMORY_KIB = 6e6 / 1024


# ---------------------------------------------------------------------------------------------------------------------
# The wire and its traffic


class Lab:
    """The two ends of the wire, their programs, and the duration of a measurement."""

    def __init__(self, stack, paths, limits, quick):
        self.paths, self.quick = paths, quick
        self.tx, self.rx = limits["limit-tx"], limits["limit-rx"]
        # The core of the sender and of the receiver. On veth, the sender's core also does the kernel's part of receiving.
        cores = sorted(os.sched_getaffinity(0))
        self.cores = cores[0], cores[min(1, len(cores) - 1)]
        self.sender = stack.enter_context(Host())
        self.files = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.recorded = {}
        ip([], f"link add {HERE} type veth peer name {THERE} netns {self.sender.keeper.pid}", "link set lo up", *up(HERE, HERE_ADDRESS))
        ip(self.sender.within, "link set lo up", *up(THERE, THERE_ADDRESS))
        eventually(lambda: members(HERE) == 1, PATIENCE)

    def has(self, *tools):
        """The installed tools."""
        return [tool for tool in tools if self.paths.get(tool)]

    def seconds(self, usual, quick):
        return quick if self.quick else usual

    def send(self, processes, argv):
        return self.start(processes, [*self.sender.within, *argv], self.cores[0])

    def receive(self, processes, argv):
        """Starts a receiver and waits for its join."""
        if not eventually(lambda: members(HERE) == 1, PATIENCE):
            raise Trouble("a receiver before this one has not left")
        process = self.start(processes, argv, self.cores[1])
        joined = eventually(lambda: members(HERE) > 1 or process.ended(), PATIENCE)
        if not joined or process.ended():
            raise Trouble(why(process))
        # A receiver that has joined may not read yet.
        time.sleep(0.1)
        return process

    def start(self, processes, argv, core):
        output = tempfile.TemporaryFile()
        # Each of these calls exec in the same process. Some tools never end: the timeout ends them if this program is killed.
        process = Process.spawn(["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", str(core), *argv], output.fileno())
        process.output = output
        processes.append(process)
        return process

    def offload(self, on):
        state = "on" if on else "off"
        command = [*self.sender.within, "ethtool", "-K", THERE, "tx-udp-segmentation", state]
        subprocess.run(command, check=True, timeout=10, stdout=subprocess.DEVNULL)

    def left(self):
        """Packets that left the sender's interface, by its counter. An unsplit train counts as one."""
        # Eight receive counters, then eight transmit counters: bytes, packets, ...
        table = Path(f"/proc/{self.sender.keeper.pid}/net/dev").read_text()
        return int(re.search(rf"{THERE}:(.*)", table)[1].split()[9])


def heard():
    """Datagrams that programs read from their sockets, and kernel drops for full buffers."""
    udp = [line.split() for line in Path("/proc/self/net/snmp").read_text().splitlines() if line.startswith("Udp:")]
    counters = dict(zip(*udp))
    return int(counters["InDatagrams"]), int(counters["RcvbufErrors"])


def why(process):
    """The output of a program that failed."""
    return last_words(process.output, process.status) if process.ended() else f"nothing came of it within {PATIENCE:.0f} s"


def finish(process, number=ENDING):
    """Ends a program, and notes its peak memory."""
    process.look_at_memory()
    process.signal(number)
    if not eventually(process.ended, PATIENCE):
        process.signal(signal.SIGKILL)
        eventually(process.ended, PATIENCE)


def told(process):
    """The last JSON object in the output of a program."""
    lines = [line for line in all_of(process.output).decode(errors="replace").splitlines() if line.startswith("{")]
    if not lines:
        raise Trouble(why(process))
    return json.loads(lines[-1])


class Look:
    """All counters at a moment."""

    def __init__(self, lab, *processes):
        self.time = time.monotonic()
        self.read, self.dropped = heard()
        self.left = lab.left()
        self.ran = [process.ran_for() if process else 0.0 for process in processes]


def flow(lab, sender, receiver, window=None, counts_itself=False, keep=False):
    """Runs a sender and a receiver (None: no receiver) and reads the counters twice, in the steady state. With `counts_itself`, the
    receiver may take trains, which the kernel counts as one each: the value of the window is then scaled by the receiver's total.
    With `keep`, `said` is the last JSON object of the receiver."""
    window = window or lab.seconds(0.8, 0.3)
    with Processes() as processes:
        first_read, first_dropped = heard()
        listener = lab.receive(processes, receiver) if receiver else None
        left = lab.left()
        speaker = lab.send(processes, sender)
        arrives = (lambda: sum(heard()) > first_read + first_dropped + WARM_UP) if receiver else (lambda: lab.left() > left + WARM_UP)
        if not eventually(lambda: arrives() or speaker.ended(), PATIENCE) or speaker.ended():
            raise Trouble(f"sender: {why(speaker)}")
        time.sleep(lab.seconds(0.4, 0.2))
        before = Look(lab, speaker, listener)
        time.sleep(window)
        after = Look(lab, speaker, listener)
        for process in filter(None, (speaker, listener)):
            if process.ended():
                raise Trouble(why(process))
        finish(speaker)
        time.sleep(0.05)
        factor = 1.0
        if listener:
            finish(listener)
            if counts_itself:
                read = heard()[0] - first_read
                factor = told(listener)["datagrams"] / max(read, 1)
    took = after.time - before.time
    read, dropped = after.read - before.read, after.dropped - before.dropped
    sent = read + dropped if receiver else after.left - before.left
    if sent == 0:
        raise Trouble("nothing arrived in the window")
    ran = [late - early for early, late in zip(before.ran, after.ran)]
    figures = {
        "sent": sent / took / 1e3,
        "sender_us": ran[0] / sent * 1e6,
        "sender_share": ran[0] / took * 100,
        "sender_kib": speaker.peak_kib,
        "delivered": read * factor / took / 1e3,
        "dropped": dropped / took / 1e3,
    }
    if listener:
        figures["receiver_us"] = ran[1] / max(read * factor, 1) * 1e6
        figures["receiver_share"] = ran[1] / took * 100
        figures["receiver_kib"] = listener.peak_kib
        if keep:
            figures["said"] = told(listener)
    return figures


# ---------------------------------------------------------------------------------------------------------------------
# The tools

ALL = ("iperf", "mgen", "sockperf", "socat", "multicat")


def limit_tx(lab, mode, *options):
    return [lab.tx, mode, "--to", TO, "--address", THERE_ADDRESS, "--duration", str(LIFETIME), *map(str, options)]


def limit_rx(lab, mode, *options):
    return [lab.rx, mode, "--from", TO, "--address", HERE_ADDRESS, "--duration", str(LIFETIME), *map(str, options)]


def mcast_send(lab, size, *options):
    command = [lab.paths["mcast"], "send", TO, "--iface", THERE, "--probe", "--size", str(size), "-q", "--duration", f"{LIFETIME}s"]
    return [*command, *map(str, options)]


def mcast_recv(lab, *options, target=TO):
    return [lab.paths["mcast"], "recv", target, "--iface", HERE, "-q", "-o", "json", "--duration", f"{LIFETIME}s", *options]


def sends(lab, tool, size, rate=None):
    """The command that sends datagrams of this size, at full speed or at a rate."""
    path = lab.paths[tool.partition(",")[0]]
    if tool == "mcast":
        return mcast_send(lab, size, *(["--rate", f"{rate}pps"] if rate else ["--flood"]))
    if tool == "iperf":
        speed = f"{rate}pps" if rate else "20g"
        return [path, "-c", GROUP, "-u", "-b", speed, "-l", str(size), "-T", "4", "-p", str(PORT), "-t", str(LIFETIME)]
    if tool.startswith("mgen"):
        event = f"0.0 ON 1 UDP DST {GROUP}/{PORT} PERIODIC [{rate or -1} {size}]"
        # "mgen, precise on" uses a whole core.
        precise = ["precise", "on"] if tool.endswith("precise on") else []
        return [path, *precise, "interface", THERE, "ttl", "4", "event", event]
    if tool == "sockperf":
        speed = str(rate or "max")
        return [path, "tp", "-i", GROUP, "-p", str(PORT), "-m", str(size), "--mps", speed, "--mc-tx-if", THERE_ADDRESS, "-t", str(LIFETIME)]
    if tool == "socat":
        return [path, "-u", "-b", str(size), "/dev/zero", f"UDP4-DATAGRAM:{TO},ip-multicast-if={THERE_ADDRESS}"]
    # A datagram carries whole packets of 188 bytes.
    return [path, "-f", "-u", "-U", "-m", str(size), "/dev/zero", TO]


def receives(lab, tool, large=False):
    """The command that receives and counts; with `large`, into a buffer of 4 MiB if the tool has an option."""
    path = lab.paths[tool]
    if tool == "mcast":
        return mcast_recv(lab)
    if tool == "iperf":
        return [path, "-s", "-u", "-B", f"{GROUP}%{HERE}", "-p", str(PORT), *(["-w", "4M"] if large else [])]
    if tool == "mgen":
        join = f"JOIN {GROUP} INTERFACE {HERE}"
        return [path, "interface", HERE, "event", join, "port", str(PORT), "nolog", *(["rxbuffer", "4194304"] if large else [])]
    if tool == "sockperf":
        return [path, "sr", "-i", GROUP, "-p", str(PORT), "--mc-rx-if", HERE_ADDRESS, *(["--buffer-size", "4194304"] if large else [])]
    if tool == "socat":
        options = f"{PORT},reuseaddr,ip-add-membership={GROUP}:{HERE_ADDRESS}{',rcvbuf=4194304' if large else ''}"
        return [path, "-u", "-b", "2048", f"UDP4-RECV:{options}", "OPEN:/dev/null,wronly"]
    return [path, "-u", "-U", f"@{TO}/ifaddr={HERE_ADDRESS}", "/dev/null"]


def payload_for(lab, tool):
    """The options for limit-tx to send datagrams that the tool accepts: a probe for mcast, or a recorded datagram of its own sender."""
    if tool == "mcast":
        return ["--probe"]
    if tool in ("socat", "multicat"):
        return []
    if tool not in lab.recorded:
        lab.recorded[tool] = record(lab, tool)
    return ["--file", str(lab.recorded[tool])]


def record(lab, tool):
    """One datagram of 64 bytes from the middle of a run of the tool's sender."""
    with Ear() as ear, Processes() as processes:
        speaker = lab.send(processes, sends(lab, tool, 64, 1000))
        begun = None
        while begun is None or time.monotonic() < begun + 0.4:
            try:
                payload, _ = ear.hear()
            except socket.timeout:
                raise Trouble(f"{tool} sends nothing: {why(speaker)}") from None
            begun = begun or time.monotonic()
        finish(speaker)
    file = lab.files / tool
    file.write_bytes(payload)
    return file


class Ear:
    """A socket of this program that is a member of the group, with kernel timestamps."""

    # SO_TIMESTAMPNS of socket(7), which Python lacks.
    TIMES = 35

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, self.TIMES, 1)
        self.socket.bind((GROUP, PORT))
        joins = socket.inet_aton(GROUP) + socket.inet_aton(HERE_ADDRESS)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joins)
        self.socket.settimeout(PATIENCE)
        return self

    def __exit__(self, *_):
        self.socket.close()

    def hear(self):
        """A datagram and its timestamp, in s since the Unix epoch."""
        payload, ancillary, _, _ = self.socket.recvmsg(65536, 256)
        when = next(data for level, kind, data in ancillary if (level, kind) == (socket.SOL_SOCKET, self.TIMES))
        seconds, nanoseconds = struct.unpack("=qq", when[:16])
        return payload, seconds + nanoseconds / 1e9


# ---------------------------------------------------------------------------------------------------------------------
# Alternating runs


class Runs:
    """All runs of one case. A field has a value per round, None for a failed round."""

    def __init__(self, name, measure):
        self.name, self.measure, self.rounds, self.troubles = name, measure, [], []

    def run(self):
        # A case that fails twice at once fails again.
        if len(self.troubles) > 1 and not any(self.rounds):
            return
        try:
            self.rounds.append(self.measure())
        except (Trouble, OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as trouble:
            self.rounds.append(None)
            self.troubles.append(f"{trouble}" if isinstance(trouble, Trouble) else f"{type(trouble).__name__}: {trouble}")
            say(f"  {self.name}: {self.troubles[-1]}")

    def all(self, field):
        return [figures[field] for figures in self.rounds if figures and field in figures]

    def median(self, field):
        values = self.all(field)
        return statistics.median(values) if values else None

    def ratio(self, other, field):
        """The median of the ratios of each round, which cancels changes between rounds."""
        pairs = [(ours[field], theirs[field]) for ours, theirs in zip(self.rounds, other.rounds) if ours and theirs]
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        return statistics.median(ratios) if ratios else None


def in_turn(what, repeat, cases):
    """Runs the cases A B A B: a busy minute of the machine then affects all."""
    runs = {name: Runs(name, measure) for name, measure in cases.items()}
    for turn in range(repeat):
        for name, case in runs.items():
            say(f"{what}: {name}, run {turn + 1} of {repeat}")
            case.run()
    return runs


class Claims(list):
    """The expected and the measured value."""

    def ratio(self, work, runs, theirs, field, at_least=None, at_most=None, ours="mcast"):
        """The value of mcast divided by that of another."""
        if theirs not in runs:
            return self.add(work, theirs, at_least, at_most, None, "not run")
        trouble = next((runs[name].troubles[0] for name in (ours, theirs) if runs[name].troubles), "no figure")
        self.add(work, theirs, at_least, at_most, runs[ours].ratio(runs[theirs], field), trouble)

    def best(self, work, runs, peers, field, at_least):
        """The value of mcast divided by the highest of its peers."""
        ran = [name for name in peers if name in runs and runs[name].median(field) is not None]
        if ran:
            best = max(ran, key=lambda name: runs[name].median(field))
            self.ratio(work, runs, best, field, at_least=at_least)
        else:
            self.add(work, "the best peer", at_least, None, None, "no peer ran")

    def value(self, work, runs, field, at_most, unit):
        """The value of mcast alone."""
        case = runs["mcast"]
        self.add(work, "–", None, at_most, case.median(field), (case.troubles or ["no figure"])[0], unit)

    def add(self, work, against, at_least, at_most, value, trouble, unit=""):
        expected = f"≥ {at_least:g}{unit}" if at_most is None else f"≤ {at_most:g}{unit}"
        if value is None:
            self.append((work, against, expected, f"**no figure**: {trouble}"))
            return
        # Compare the digits as shown: 1.004 is not more than 1.
        text = number(value)
        shown = float(text.replace(",", ""))
        holds = shown >= at_least if at_most is None else shown <= at_most
        self.append((work, against, expected, f"{text}{unit} ✓" if holds else f"**{text}{unit}**"))


def spread(values, factor=1.0):
    values = [value * factor for value in values]
    if not values:
        return "–"
    middle = number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))}–{number(max(values))})"


def figures_table(runs, columns, ratio=None):
    """The cases and their values: `columns` are titles and fields, `ratio` is the field for the comparison with mcast."""
    titles = list(columns)
    head("program", *titles, *([f"mcast / it: {ratio[0]}"] if ratio else []), "runs")
    ours = runs.get("mcast")
    for case in runs.values():
        values = [spread(case.all(field)) for field in columns.values()]
        if ratio:
            by = ours.ratio(case, ratio[1]) if ours and case is not ours else None
            values.append(number(by) if by is not None else "–")
        count = len([figures for figures in case.rounds if figures])
        row(case.name, *values, "; ".join([str(count), *dict.fromkeys(case.troubles)]))
    print()


# ---------------------------------------------------------------------------------------------------------------------
# The rows


def flood(lab, repeat, claims):
    """Full speed, with a member that takes each datagram separately."""
    member = limit_rx(lab, "recvmmsg")
    for size in 64, 1472:
        tools = lab.has("iperf", "mgen", "sockperf", "socat", *(["multicat"] if size > 188 else []))
        cases = {
            "mcast": lambda: flow(lab, sends(lab, "mcast", size), member),
            "limit, UDP_SEGMENT": lambda: flow(lab, limit_tx(lab, "segment", "--size", size), member),
            "limit, sendmmsg": lambda: flow(lab, limit_tx(lab, "sendmmsg", "--size", size), member),
            "limit, send": lambda: flow(lab, limit_tx(lab, "send", "--size", size), member),
        }
        cases |= {tool: lambda tool=tool: flow(lab, sends(lab, tool, size), member) for tool in tools}
        runs = in_turn(f"flood, {size} B", repeat, cases)
        print(f"### flood, {size} B, a member\n")
        columns = {"kpps": "sent", "CPU, µs a datagram": "sender_us", "dropped there, kpps": "dropped", "memory, KiB": "sender_kib"}
        figures_table(runs, columns, ("kpps", "sent"))
        work = f"flood, {size} B"
        claims.ratio(work, runs, "limit, UDP_SEGMENT", "sent", at_least=0.8)
        for peer in "sockperf", "iperf", "mgen":
            claims.ratio(work, runs, peer, "sent", at_least=3)
        claims.value(f"peak memory of `send`, {work}", runs, "sender_kib", MEMORY_KIB // 1, " KiB")


def software(lab, repeat, claims):
    """The same if the kernel must split trains, as for an interface without that offload."""
    if not shutil.which("ethtool"):
        raise Trouble("ethtool is not there: apt-get install ethtool")
    lab.offload(False)
    try:
        for size in 64, 1472:
            for listened, member in ("no member", None), ("a member", limit_rx(lab, "recvmmsg")):
                cases = {
                    "mcast": lambda: flow(lab, sends(lab, "mcast", size), member),
                    "limit, sendmmsg": lambda: flow(lab, limit_tx(lab, "sendmmsg", "--size", size), member),
                    "limit, UDP_SEGMENT": lambda: flow(lab, limit_tx(lab, "segment", "--size", size), member),
                }
                work = f"flood, segmented in software, {size} B, {listened}"
                runs = in_turn(work, repeat, cases)
                print(f"### {work}\n")
                figures_table(runs, {"kpps": "sent", "CPU, µs a datagram": "sender_us"}, ("kpps", "sent"))
                claims.ratio(work, runs, "limit, sendmmsg", "sent", at_least=2)
    finally:
        lab.offload(True)


def paced(lab, sender, rate, seconds):
    """The sender's pace in the kernel's receive timestamps, in the steady state."""
    with Processes() as processes:
        left = lab.left()
        speaker = lab.send(processes, sender)
        begins = eventually(lambda: lab.left() > left + (1 if rate < 10 else WARM_UP) or speaker.ended(), PATIENCE)
        if not begins or speaker.ended():
            raise Trouble(f"sender: {why(speaker)}")
        time.sleep(0.3)
        command = [lab.rx, "recvmmsg", "--gaps", str(rate), "--from", TO, "--address", HERE_ADDRESS, "--duration", str(seconds)]
        listener = lab.receive(processes, command)
        before = Look(lab, speaker)
        time.sleep(seconds * 0.8)
        after = Look(lab, speaker)
        if not eventually(listener.ended, seconds + PATIENCE, SELDOM) or speaker.ended():
            raise Trouble(why(speaker if speaker.ended() else listener))
        finish(speaker)
        said = told(listener)
    if "rate_pps" not in said:
        raise Trouble("fewer than two datagrams came")
    gap, error = said["gap_ns"], said["error_ns"]
    return {
        "share": (after.ran[0] - before.ran[0]) / (after.time - before.time) * 100,
        "pps": said["rate_pps"],
        "lost": float(said["dropped"]),
        "off": abs(said["rate_pps"] / rate - 1) * 100,
        **{f"gap_{name}": value / 1e3 for name, value in gap.items()},
        **{f"error_{name}": value / 1e3 for name, value in error.items()},
    }


PACE = {
    "gap, µs: p1": "gap_p1",
    "p50": "gap_p50",
    "p99": "gap_p99",
    "max": "gap_max",
    "off the ideal, µs: p99": "error_p99",
    "CPU, %": "share",
    "a second": "pps",
    "lost by the receiver": "lost",
}


def pace(lab, repeat, rate):
    tools = [*lab.has("sockperf", "iperf", "mgen"), *(["mgen, precise on"] if lab.has("mgen") else [])]
    seconds = lab.seconds(4 if rate <= 1000 else 2, 0.6)
    cases = {tool: lambda tool=tool: paced(lab, sends(lab, tool, 64, rate), rate, seconds) for tool in ["mcast", *tools]}
    for options in ["--spin"], *([["--spin-budget", "50%"]] if rate >= 10_000 else []):
        command = mcast_send(lab, 64, "--rate", f"{rate}pps", *options)
        cases[f"mcast, {' '.join(options)}"] = lambda command=command: paced(lab, command, rate, seconds)
    runs = in_turn(f"pace, {rate:,} pps", repeat, cases)
    print(f"### one at a time, {rate:,} a second, 64 B\n")
    figures_table(runs, PACE, ("p99", "gap_p99"))
    return runs


def pace_at(rate):
    """Senders that sleep, and senders that spin."""

    def measure(lab, repeat, claims):
        runs = pace(lab, repeat, rate)
        work = f"{rate // 1000} kpps: p99 of the gap's error"
        # At high rates, mgen spins even without "precise on".
        sleeping = [tool for tool in ("iperf", "mgen") if tool in runs and (runs[tool].median("share") or 100) < 90]
        best = min(sleeping, key=lambda tool: runs[tool].median("error_p99"), default="iperf")
        claims.ratio(work, runs, best, "error_p99", at_most=0.25)
        claims.value(f"{rate // 1000} kpps: CPU of the sender", runs, "share", 50, " %")
        for peer in "sockperf", "mgen, precise on":
            claims.ratio(f"{work}, `--spin`", runs, peer, "error_p99", at_most=1, ours="mcast, --spin")

    return measure


def rate(lab, repeat, claims):
    """Whether the sender keeps the requested rate."""
    seconds = lab.seconds(10.05, 1.05)
    rates = [100, 10_000, 200_000] if lab.quick else [1, 100, 1000, 10_000, 100_000, 200_000]
    cases = {f"{rate:,} pps": lambda rate=rate: paced(lab, sends(lab, "mcast", 64, rate), rate, seconds) for rate in rates}
    runs = in_turn(f"mean rate over {seconds:.0f} s", repeat, cases)
    print(f"### mean rate of mcast over {seconds:.0f} s\n")
    head("asked", "a second", "off, %", "CPU, %", "lost by the receiver", "runs")
    for name, case in runs.items():
        count = len([figures for figures in case.rounds if figures])
        row(name, *(spread(case.all(field)) for field in ("pps", "off", "share", "lost")), "; ".join([str(count), *dict.fromkeys(case.troubles)]))
        claims.value(f"mean rate, {name}", {"mcast": case}, "off", 0.01, " %")
    print()


def overload(lab, repeat, claims):
    """More than a receiver can take, each datagram separately, from one sender."""
    sender = limit_tx(lab, "segment", "--probe")
    cases = {
        # The receive buffer of the limit loops: a larger one leaves the CPU caches.
        "mcast": lambda: flow(lab, sender, mcast_recv(lab, "--no-offload", "--rcvbuf", "4MiB")),
        "limit, recvmmsg, all ancillary": lambda: flow(lab, sender, limit_rx(lab, "recvmmsg", "--ancillary")),
        "limit, recvmmsg": lambda: flow(lab, sender, limit_rx(lab, "recvmmsg")),
        "limit, recv": lambda: flow(lab, sender, limit_rx(lab, "recv")),
    }
    runs = in_turn("overload", repeat, cases)
    print("### overload of 64 B probes, taken one by one (`--no-offload --rcvbuf 4MiB`)\n")
    figures_table(runs, RECEIVED, ("kpps", "delivered"))
    claims.ratio("overload of probes, `--no-offload`", runs, "limit, recvmmsg, all ancillary", "delivered", at_least=0.8)


RECEIVED = {"delivered, kpps": "delivered", "dropped, kpps": "dropped", "CPU, µs a datagram": "receiver_us", "memory, KiB": "receiver_kib"}


def gro(lab, repeat, claims):
    """The same with default options: trains stay together if the receiver can take them."""
    tools = lab.has("iperf", "mgen", "sockperf", "socat", "multicat")
    cases = {
        "mcast": lambda: flow(lab, limit_tx(lab, "segment", "--probe"), mcast_recv(lab), counts_itself=True),
        "limit, UDP_GRO": lambda: flow(lab, limit_tx(lab, "segment", "--probe"), limit_rx(lab, "gro", "--ancillary"), counts_itself=True),
    }

    def peer(tool):
        return flow(lab, limit_tx(lab, "segment", *payload_for(lab, tool)), receives(lab, tool, large=True))

    cases |= {tool: lambda tool=tool: peer(tool) for tool in tools}
    runs = in_turn("overload by trains", repeat, cases)
    print("### overload of 64 B datagrams by a sender with UDP_SEGMENT\n")
    figures_table(runs, RECEIVED, ("kpps", "delivered"))
    claims.best("overload by a sender with UDP_SEGMENT", runs, tools, "delivered", at_least=2.5)
    claims.value("peak memory of `recv` there", runs, "receiver_kib", MEMORY_KIB // 1, " KiB")


def climb(lab, tool):
    """The highest rate without loss, twice in sequence. The sender is the same for all; only the payload differs."""
    reached, why_not = 0, "the end of the ladder"
    for step in LADDER[::3] if lab.quick else LADDER:
        losses = []
        for _ in range(1 if lab.quick else 2):
            sent, received, share = lossless(lab, tool, step * 1000)
            if share < 0.98:
                why_not = "the sender"
                losses.append(None)
            else:
                losses.append(sent - received)
            if losses[-1] != 0:
                break
        if any(loss != 0 for loss in losses):
            why_not = why_not if None in losses else "loss"
            break
        reached = step
    # A tool that loses at the first step gets that step.
    return {"loss_free": max(reached, LADDER[0]), "sender_bound": float(why_not != "loss")}


def lossless(lab, tool, rate):
    """The sent and received datagrams per second, and the share of the requested rate."""
    seconds = lab.seconds(1.0, 0.3)
    options = ["--batch", TRAIN, "--rate", rate, *payload_for(lab, tool)]
    sender = [lab.tx, "segment", "--to", TO, "--address", THERE_ADDRESS, "--duration", str(seconds), *map(str, options)]
    with Processes() as processes:
        before = heard()[0]
        listener = lab.receive(processes, receives(lab, tool))
        speaker = lab.send(processes, sender)
        if not eventually(speaker.ended, seconds + PATIENCE, SELDOM):
            raise Trouble("the sender did not end")
        said = told(speaker)
        # The receiver reads the rest of its buffer.
        counted, end = -1, time.monotonic() + 1
        while counted != heard()[0] and time.monotonic() < end:
            counted = heard()[0]
            time.sleep(0.05)
        if listener.ended():
            raise Trouble(why(listener))
        finish(listener)
        received = told(listener)["datagrams"] if tool == "mcast" else heard()[0] - before
    return said["datagrams"], received, said["datagrams"] / (rate * seconds)


def lossfree(lab, repeat, claims):
    """The highest rate without loss, with the default options of each tool."""
    tools = lab.has(*ALL)
    runs = in_turn("loss-free", repeat, {tool: lambda tool=tool: climb(lab, tool) for tool in ["mcast", *tools]})
    print(f"### highest rate without loss, default options, 64 B in trains of {TRAIN}\n")
    figures_table(runs, {"kpps": "loss_free", "1: ended by the sender or the highest rate, not by loss": "sender_bound"}, ("kpps", "loss_free"))
    work = "highest rate without loss"
    claims.best(work, runs, tools, "loss_free", at_least=1)
    for peer in "iperf", "mgen", "sockperf":
        claims.ratio(work, runs, peer, "loss_free", at_least=8)


def groups(lab, repeat, claims):
    """A thousand groups, round robin."""
    few = ["prlimit", "--nofile=256:256"]

    def case(count, *before):
        return flow(lab, limit_tx(lab, "sendto", "--groups", count), [*before, *mcast_recv(lab, target=f"{GROUP}+{count}:{PORT}")])

    def limit(count):
        return flow(lab, limit_tx(lab, "sendto", "--groups", count), limit_rx(lab, "epoll", "--ancillary", "--groups", count))

    runs = in_turn(
        "groups",
        repeat,
        {
            f"mcast, {GROUPS:,} groups": lambda: case(GROUPS),
            "mcast, 1 group": lambda: case(1),
            f"mcast, {GROUPS:,} groups, 256 open files": lambda: case(GROUPS, *few),
            f"limit, {GROUPS:,} groups, epoll": lambda: limit(GROUPS),
            "limit, 1 group, epoll": lambda: limit(1),
        },
    )
    print(f"### {GROUPS:,} groups\n")
    columns = {"delivered, kpps": "delivered", "dropped, kpps": "dropped", "CPU, µs: receiver": "receiver_us", "sender and kernel": "sender_us"}
    figures_table(runs, columns)
    many = f"mcast, {GROUPS:,} groups"
    claims.ratio(f"{GROUPS:,} groups received", runs, "mcast, 1 group", "delivered", at_least=0.8, ours=many)


def launch(lab, argv, core, space, processes):
    """Starts a program in a namespace. Returns the process and the time of its exec: in s since the Unix epoch, and by our clock."""
    output = tempfile.TemporaryFile()
    times = mmap.mmap(-1, 16)
    libc = ctypes.CDLL(None)
    new_network, set_death_signal = 0x40000000, 1
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            signal.signal(ENDING, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            null = os.open(os.devnull, os.O_RDONLY)
            for ours, theirs in (null, 0), (output.fileno(), 1), (output.fileno(), 2):
                os.dup2(ours, theirs)
            os.sched_setaffinity(0, {core})
            if space and libc.setns(os.open(space, os.O_RDONLY), new_network) != 0:
                os._exit(126)
            # The keeper's namespace lasts until the last process closes this end of the pipe.
            os.closerange(3, 64)
            libc.prctl(set_death_signal, signal.SIGKILL)
            times[:] = struct.pack("=dd", time.time(), time.monotonic())
            os.execv(argv[0], argv)
        finally:
            os._exit(127)
    process = Process(pid)
    process.output = output
    processes.append(process)
    return process, lambda: struct.unpack("=dd", times[:])


def first_datagram(lab, argv):
    """The time from exec to the arrival of the first datagram, in ms, by the kernel's timestamp."""
    with Ear() as ear, Processes() as processes:
        process, begun = launch(lab, argv, lab.cores[0], lab.sender.space, processes)
        try:
            _, arrived = ear.hear()
        except socket.timeout:
            raise Trouble(why(process)) from None
        time.sleep(0.05)
        finish(process)
        return {"ms": (arrived - begun()[0]) * 1e3, "kib": process.peak_kib}


def joined(lab, argv):
    """The time from exec until the system lists the membership, in ms."""
    if not eventually(lambda: members(HERE) == 1, PATIENCE):
        raise Trouble("a receiver before this one has not left")
    with Processes() as processes:
        process, begun = launch(lab, argv, lab.cores[1], None, processes)
        if not eventually(lambda: members(HERE) > 1, PATIENCE):
            process.ended()
            raise Trouble(why(process))
        seen = time.monotonic()
        time.sleep(0.1)
        finish(process)
        return {"ms": (seen - begun()[1]) * 1e3, "kib": process.peak_kib}


def start(lab, repeat, claims):
    """Start time and memory."""
    repeat = repeat if lab.quick else repeat * 3
    mcjoin = lab.paths.get("mcjoin")
    tools = lab.has("mgen", "iperf", "socat", "multicat", "sockperf")
    slow = {tool: sends(lab, tool, 1316 if tool == "multicat" else 64, 10) for tool in tools}
    commands = {"mcast": [lab.paths["mcast"], "send", TO, "--iface", THERE, "--duration", f"{LIFETIME}s"], "mcast, --probe": mcast_send(lab, 64)}
    commands |= slow
    if mcjoin:
        commands["mcjoin"] = [mcjoin, "-s", "-o", "-i", THERE, "-p", str(PORT), GROUP]
    runs = in_turn("first datagram", repeat, {name: lambda argv=argv: first_datagram(lab, argv) for name, argv in commands.items()})
    print("### from exec to the first datagram\n")
    figures_table(runs, {"ms": "ms", "peak memory, KiB": "kib"}, ("ms", "ms"))
    peers = ("mgen", "iperf", *(["mcjoin"] if mcjoin else []))
    for peer in peers:
        claims.ratio("exec to first datagram", runs, peer, "ms", at_most=1)
    claims.value("peak memory of `send`", runs, "kib", MEMORY_KIB // 1, " KiB")

    commands = {tool: receives(lab, tool) for tool in ["mcast", *tools]}
    if mcjoin:
        commands["mcjoin"] = [mcjoin, "-o", "-i", HERE, "-p", str(PORT), GROUP]
    runs = in_turn("joined", repeat, {name: lambda argv=argv: joined(lab, argv) for name, argv in commands.items()})
    print("### from exec to the membership\n")
    figures_table(runs, {"ms": "ms", "peak memory, KiB": "kib"}, ("ms", "ms"))
    for peer in peers:
        claims.ratio("exec to the membership", runs, peer, "ms", at_most=1)
    claims.value("peak memory of `recv`", runs, "kib", MEMORY_KIB // 1, " KiB")


def cpu(lab, repeat, claims):
    """The cost of a datagram for a receiver that keeps up, one at a time."""
    window = lab.seconds(2.0, 0.4)
    tools = lab.has("iperf", "mgen", "sockperf")
    for pps in 1000, 10_000, 100_000:

        def case(tool):
            return flow(lab, limit_tx(lab, "send", "--rate", pps, *payload_for(lab, tool)), receives(lab, tool), window)

        def limit():
            return flow(lab, limit_tx(lab, "send", "--rate", pps, "--probe"), limit_rx(lab, "recvmmsg", "--ancillary"), window)

        cases = {tool: lambda tool=tool: case(tool) for tool in ["mcast", *tools]}
        cases["limit, recvmmsg, all ancillary"] = limit
        runs = in_turn(f"CPU, {pps:,} pps", repeat, cases)
        print(f"### CPU of a receiver, {pps:,} datagrams of 64 B a second\n")
        columns = {"CPU, µs a datagram": "receiver_us", "CPU, %": "receiver_share", "delivered, kpps": "delivered", "dropped, kpps": "dropped"}
        figures_table(runs, columns, ("CPU", "receiver_us"))
        for peer in "iperf", "mgen":
            claims.ratio(f"CPU per received datagram, {pps // 1000} kpps", runs, peer, "receiver_us", at_most=1)


def spin(lab, repeat, claims):
    """The kernel-to-application latency, sleeping and spinning."""
    sender = limit_tx(lab, "send", "--rate", 1000, "--probe")

    def case(*options):
        figures = flow(lab, sender, mcast_recv(lab, *options), lab.seconds(2.0, 0.4), keep=True)
        stream = figures.pop("said")["streams"][0]
        return {**figures, **{f"wakeup_{name}": stream["wakeup_ns"][name] / 1e3 for name in ("p50", "p99", "max")}}

    runs = in_turn("spin", repeat, {"mcast": case, "mcast, --spin": lambda: case("--spin")})
    print("### from the kernel to the program, 1,000 probes of 64 B a second\n")
    figures_table(runs, {"µs: p50": "wakeup_p50", "p99": "wakeup_p99", "max": "wakeup_max", "CPU, %": "receiver_share"})


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
        return subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10).stdout.strip()
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
        lab = Lab(stack, paths, limits, chosen.quick)
        circumstances(lab, load, chosen)
        print()
        for name in chosen.only:
            print(f"## {name}\n", flush=True)
            try:
                ROWS[name](lab, chosen.repeat, claims)
            except (Trouble, OSError, subprocess.SubprocessError) as trouble:
                print(f"no results: {trouble}\n")
                claims.append((name, "–", "–", f"**no figure**: {trouble}"))
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
