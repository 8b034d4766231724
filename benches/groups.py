#!/usr/bin/env python3
"""Measures the time and memory that joining many groups takes: mcast beside mcjoin, iperf and a bare loop in Python.

    sudo python3 benches/groups.py                      # everything, some minutes
    sudo python3 benches/groups.py --groups 1,20 --repeat 3

It prints Markdown: a table of the measurements, one of the cost per group, and the test system. Progress goes to standard
error. benches/README.md explains the columns.

It needs root for the network namespaces. It never sends on the machine's own network: this program moves itself into a new
namespace, whose only interface is a wire to a second one. Both namespaces are unnamed and end with their programs. Each
program ends within two minutes, even if this one is killed.
"""

import argparse
import ipaddress
import os
import re
import resource
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

FIRST_GROUP = ipaddress.IPv4Address("239.2.0.0")
PORT = 5000
# The interfaces at both ends of the wire, and their addresses.
HERE, HERE_ADDRESS = "r0", "10.99.0.2"
THERE, THERE_ADDRESS = "s0", "10.99.0.1"

JOIN_TIMEOUT = 60.0
LEAVE_TIMEOUT = 30.0
# The tools end after this number of seconds, even if this program has been killed.
LIFETIME = 120
# A case slower than this is repeated less often.
SLOW = 20.0
SLOW_REPEAT = 2
# The size of a burst. The kernel's queue between the ends of the wire holds this number (net.core.netdev_max_backlog).
SLICE = 1000


# ---------------------------------------------------------------------------------------------------------------------
# The wire


class Sender(Host):
    """The other end."""

    def send(self, mcast, count):
        """Sends one datagram to each of the first `count` groups, with a text that mcjoin accepts as its own."""
        for start in range(0, count, SLICE):
            target = f"{FIRST_GROUP + start}+{min(SLICE, count - start)}:{PORT}"
            command = [mcast, "send", target, "--iface", THERE, "--count", "1", "--message", "count: 0"]
            subprocess.run([*self.within, *command], check=True, timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.02)


class Wire:
    """A pair of interfaces, new for each run: the kernel keeps left groups for some seconds, and searches them at each join."""

    def __init__(self, sender):
        self.sender = sender

    def __enter__(self):
        ip([], f"link add {HERE} type veth peer name {THERE} netns {self.sender.keeper.pid}", *up(HERE, HERE_ADDRESS))
        ip(self.sender.within, *up(THERE, THERE_ADDRESS))
        eventually(lambda: members(HERE) == 1, 5)
        return self

    def __exit__(self, *_):
        ip([], f"link delete {HERE}")


def joined_groups():
    """Reads all groups of an interface."""
    groups, ours = set(), False
    for line in Path("/proc/net/igmp").read_text().splitlines():
        if not line.startswith("\t"):
            ours = line.split()[1:2] == [HERE]
        elif ours:
            # The kernel prints the four bytes of the address as a number in host byte order.
            groups.add(ipaddress.IPv4Address(struct.pack("=I", int(line.split()[0], 16))))
    return groups


# ---------------------------------------------------------------------------------------------------------------------
# The tools


class Tool:
    name = ""
    # Its summary has the number of received datagrams.
    summary = None
    # Whether it has separate resident memory.
    has_memory = True

    def takes(self, count):
        """None if it runs with this number of groups; else the reason, or "" if the reason is obvious."""
        return None

    def start(self, count, output, processes):
        processes.append(Process.spawn(self.command(count), output))

    def command(self, count):
        raise NotImplementedError


class Mcast(Tool):
    name = "mcast"
    summary = rb"received ([\d,]+) datagram"

    def __init__(self, path):
        self.path = path

    def command(self, count):
        return [self.path, "recv", f"{FIRST_GROUP}+{count}:{PORT}", "--iface", HERE, "--duration", f"{LIFETIME}s"]


class McastFewFiles(Mcast):
    name = "mcast, 1,024 open files"

    def takes(self, count):
        return None if count > 1000 else ""

    def command(self, count):
        return ["prlimit", "--nofile=1024:1024", *super().command(count)]


class Mcjoin(Tool):
    name = "mcjoin"
    summary = rb"Total: (\d+) packets"

    def __init__(self, path):
        self.path = path

    def command(self, count):
        # The group without its port: of 239.2.0.0:5000+N, iperf gives the port to the first group only.
        return [self.path, "-o", "-i", HERE, "-p", str(PORT), "-W", str(LIFETIME), f"{FIRST_GROUP}+{count}"]


class Iperf(Tool):
    name = "iperf"

    def __init__(self, path):
        self.path = path

    def takes(self, count):
        return None if count <= 1000 else f"not run: a server joins one group, {count:,} would need as many processes"

    def start(self, count, output, processes):
        for i in range(count):
            group = f"{FIRST_GROUP + i}%{HERE}"
            command = [self.path, "--server", "--udp", "--bind", group, "--port", str(PORT), "--time", str(LIFETIME)]
            processes.append(Process.spawn(command, output))


class PythonLoop(Tool):
    """The cost without a program: a loop of socket, bind and join in a copy of this process. It starts and prints nothing."""

    has_memory = False

    def __init__(self, most):
        self.most = most
        self.name = "Python loop, a socket a group" if most == 1 else f"Python loop, {most} groups a socket"

    def start(self, count, output, processes):
        groups = [str(FIRST_GROUP + i) for i in range(count)]
        index = socket.if_nametoindex(HERE)
        joins = [struct.pack("=4s4si", socket.inet_aton(group), bytes(4), index) for group in groups]
        pid = os.fork()
        if pid == 0:
            self.loop(groups, joins)
        processes.append(Process(pid))

    def loop(self, groups, joins):
        try:
            os.setpgid(0, 0)
            signal.pthread_sigmask(signal.SIG_BLOCK, [ENDING])
            signal.alarm(LIFETIME)
            # The sender's namespace lasts until the last process closes this end of the pipe.
            os.closerange(3, 64)
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            sockets = []
            for i, (group, join) in enumerate(zip(groups, joins)):
                if i % self.most == 0:
                    sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    sockets[-1].bind((group if self.most == 1 else "", PORT))
                sockets[-1].setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
            signal.sigwait([ENDING])
            # The newest first: the kernel searches from that end. A process that ends closes its sockets from the other end.
            while sockets:
                sockets.pop().close()
            os._exit(0)
        finally:
            os._exit(1)


# ---------------------------------------------------------------------------------------------------------------------
# Measuring


class Result:
    """One run."""

    def __init__(self):
        self.joined = self.left = self.peak_kib = self.fair_kib = self.kernel_kib = self.cpu = self.received = None


def measure(tool, count, sender, mcast):
    with Wire(sender), tempfile.TemporaryFile() as output, Processes() as processes:
        result = Result()
        kernel_before = kernel_memory_kib()

        start = time.perf_counter()
        tool.start(count, output.fileno(), processes)
        # A process that has ended joins no more groups. Checking costs a system call, and is therefore rare.
        joined = eventually(lambda: members(HERE) > count or (processes[-1].ended() and members(HERE) <= count), JOIN_TIMEOUT)
        result.joined = time.perf_counter() - start
        if not joined or processes[-1].ended():
            raise Trouble(f"{its_words(output, processes)}; {members(HERE) - 1:,} groups joined")

        # A tool that aborts after its joins has failed.
        time.sleep(0.2)
        result.kernel_kib = kernel_memory_kib() - kernel_before
        expected = {FIRST_GROUP + i for i in range(count)}
        if any(process.ended() for process in processes):
            raise Trouble(f"joined all, then ended: {its_words(output, processes)}")
        if not expected <= joined_groups():
            raise Trouble("joined other groups than it was told")

        if tool.summary:
            sender.send(mcast, count)
            # Wait until everything is read. mcjoin takes some 35 us per datagram.
            time.sleep(0.3 + count * 50e-6)
        for process in processes:
            process.look_at_memory()
        result.peak_kib = sum(process.peak_kib for process in processes)
        result.fair_kib = sum(process.shared_fairly_kib() for process in processes)

        start = time.perf_counter()
        for process in processes:
            process.signal(ENDING)
        if not eventually(processes.wait_for_end, LEAVE_TIMEOUT):
            raise Trouble(f"did not end within {LEAVE_TIMEOUT:.0f} s")
        result.left = time.perf_counter() - start
        if expected & joined_groups():
            raise Trouble("ended, and its groups are still joined")

        if len(processes) == 1:
            result.peak_kib = processes[0].peak_kib
            result.fair_kib = max(result.fair_kib, result.peak_kib)
        result.cpu = sum(process.usage.ru_utime + process.usage.ru_stime for process in processes)
        if tool.summary:
            said = re.search(tool.summary, all_of(output))
            result.received = int(said[1].replace(b",", b"")) if said else None
        return result


def kernel_memory_kib():
    """The kernel memory of sockets, memberships and processes. It is that of the whole machine: ignore differences of a few MiB."""
    found = re.findall(r"^(?:Slab|KernelStack|PageTables):\s+(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return sum(map(int, found))


def its_words(output, processes):
    """The reason for a failed run."""
    status = next((process.status for process in processes if process.ended()), None)
    return f"not joined within {JOIN_TIMEOUT:.0f} s" if status is None else last_words(output, status)


class Case:
    """A tool with a number of groups, all of its runs."""

    def __init__(self, tool, count):
        self.tool, self.count = tool, count
        self.results, self.troubles, self.took = [], [], 0.0
        not_run = tool.takes(count)
        if not_run:
            self.troubles.append(not_run)

    def run(self, sender, mcast):
        start = time.monotonic()
        try:
            self.results.append(measure(self.tool, self.count, sender, mcast))
        except Trouble as trouble:
            self.troubles.append(str(trouble))
        self.took = time.monotonic() - start

    def wants(self, repeat):
        most = min(repeat, SLOW_REPEAT) if self.took > SLOW else repeat
        # A run that fails at once fails again.
        hopeless = self.troubles and not self.results
        return not hopeless and len(self.results) + len(self.troubles) < most

    def all(self, field):
        return [value for value in (getattr(result, field) for result in self.results) if value is not None]

    def median(self, field):
        values = self.all(field)
        return statistics.median(values) if values else None


def measure_all(tools, counts, repeat, mcast):
    cases = [Case(tool, count) for count in counts for tool in tools if tool.takes(count) != ""]
    with Sender() as sender:
        for count in counts:
            turn = [case for case in cases if case.count == count]
            # Alternate the tools: a busy minute of the machine then affects all.
            for number in range(repeat):
                for case in turn:
                    if case.wants(repeat):
                        say(f"{count:,} groups, {case.tool.name}, run {number + 1} of {repeat}")
                        case.run(sender, mcast)
    return cases


# ---------------------------------------------------------------------------------------------------------------------
# Reporting


def spread(case, field, factor):
    values = [value * factor for value in case.all(field)]
    return f"{number(statistics.median(values))} ({number(min(values))}–{number(max(values))})" if values else "–"


def results_table(cases):
    head("groups", "tool", "joined, ms", "left, ms", "memory, MiB", "kernel, MiB", "CPU, ms", "received", "runs", "mcast / it: joined, left, memory")
    for case in cases:
        count, name = f"{case.count:,}", case.tool.name
        if not case.results:
            row(count, name, case.troubles[0], *["–"] * 7)
            continue
        memory = number(case.median("peak_kib") / 1024) if case.tool.has_memory else "–"
        if case.median("fair_kib") < 0.9 * case.median("peak_kib"):
            memory += f" (shared pages once: {number(case.median('fair_kib') / 1024)})"
        kernel = case.median("kernel_kib") / 1024
        kernel = "–" if case.count < 1000 else number(kernel) if kernel >= 1 else "< 1"
        received = sorted(set(case.all("received")))
        received = ", ".join(f"{value:,}" for value in received) or "–"
        runs = "; ".join([str(len(case.results)), *(f"one more: {trouble}" for trouble in case.troubles)])
        times = spread(case, "joined", 1e3), spread(case, "left", 1e3)
        row(count, name, *times, memory, kernel, number(case.median("cpu") * 1e3), received, runs, ratios(cases, case))


def ratios(cases, case):
    """The cost of mcast divided by that of the other tool: mcast is better below 1."""
    ours = next((other for other in cases if other.count == case.count and type(other.tool) is Mcast), None)
    if ours is None or ours is case or not ours.results:
        return "–"
    fields = ["joined", "left", "fair_kib"] if case.tool.has_memory else ["joined", "left"]
    return ", ".join(number(ours.median(field) / case.median(field)) for field in fields)


def per_group_table(cases):
    """The cost of one group, and the ratio of ten thousand to one thousand groups (linear: 10)."""
    head("tool", "groups", "joined, µs a group", "left, µs a group", "memory, KiB a group", "CPU, µs a group")
    for name in dict.fromkeys(case.tool.name for case in cases):
        ran = {case.count: case for case in cases if case.tool.name == name and case.results}
        fields = ["joined", "left", "fair_kib", "cpu"]
        for count, case in ran.items():
            values = [case.median(field) * (1 if field == "fair_kib" else 1e6) / count for field in fields]
            row(name, f"{count:,}", *hide_memory(case, map(number, values)))
        if 1000 in ran and 10000 in ran:
            values = [f"× {number(ran[10000].median(field) / ran[1000].median(field))}" for field in fields]
            row(name, "10,000 : 1,000", *hide_memory(ran[1000], values))


def hide_memory(case, cells):
    joined, left, memory, cpu = cells
    return joined, left, memory if case.tool.has_memory else "–", cpu


def circumstances(tools):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    print(f"- {machine()}")
    print(f"- {kernel()}")
    print(f"- {'; '.join(version(tool) for tool in tools if hasattr(tool, 'path') and type(tool) is not McastFewFiles)}")
    limits = ("net.ipv4.igmp_max_memberships", "net.core.rmem_max", "net.core.optmem_max")
    print(f"- open files: {hard:,} (hard); {'; '.join(f'{name} = {setting(name)}' for name in limits)}")


def version(tool):
    flag = "-v" if isinstance(tool, (Mcjoin, Iperf)) else "--version"
    said = subprocess.run([tool.path, flag], capture_output=True, text=True, timeout=10)
    line = (said.stdout or said.stderr).strip().splitlines()[0]
    return line if line.startswith(tool.name) else f"{tool.name} {line}"


# ---------------------------------------------------------------------------------------------------------------------
# Main


def find_tools(arguments, mcast):
    tools = [Mcast(mcast), McastFewFiles(mcast)]
    for kind, path in ((Mcjoin, arguments.mcjoin), (Iperf, arguments.iperf)):
        found = shutil.which(path)
        if found:
            tools.append(kind(found))
        else:
            say(f"going on without {kind.name}: {path} is not there. apt-get install {kind.name}, where Debian has it;")
            say(f"where it has not, build it and name it: --{kind.name} PATH")
    return [*tools, PythonLoop(1), PythonLoop(int(setting("net.ipv4.igmp_max_memberships")))]


def arguments():
    parser = argparse.ArgumentParser(description="Joins many groups with mcast and other tools, and measures it. Needs root.")
    parser.add_argument("--groups", default="1,20,1000,10000", help="how many groups, separated by commas (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="how often each is run (default: %(default)s); the slow ones less often")
    parser.add_argument("--mcast", metavar="PATH", help="the mcast to measure; without it, one is built")
    parser.add_argument("--mcjoin", metavar="PATH", default="mcjoin", help="the mcjoin to measure")
    parser.add_argument("--iperf", metavar="PATH", default="iperf", help="the iperf (version 2) to measure")
    chosen = parser.parse_args()
    try:
        chosen.counts = sorted({int(count) for count in chosen.groups.split(",")})
    except ValueError:
        parser.error("--groups takes numbers, separated by commas")
    if not chosen.counts or chosen.counts[0] < 1 or chosen.counts[-1] > 65536 or not 1 <= chosen.repeat <= 100:
        parser.error("1 to 65,536 groups, 1 to 100 repetitions")
    return chosen


def main():
    chosen = arguments()
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: sudo python3 benches/groups.py")
    for tool, package in (("ip", "iproute2"), ("nsenter", "util-linux"), ("unshare", "util-linux"), ("prlimit", "util-linux")):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not there: apt-get install {package}")
    # On exit, every `with` ends its processes.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    mcast = chosen.mcast or build()["mcast"]
    if not shutil.which(mcast):
        sys.exit(f"{mcast} is not there")
    # Resolve it before entering the namespace, for relative paths and for a cargo that downloads.
    mcast = str(Path(shutil.which(mcast)).resolve())
    enter_own_namespace()
    tools = find_tools(chosen, mcast)
    cases = measure_all(tools, chosen.counts, chosen.repeat, mcast)
    circumstances(tools)
    print()
    results_table(cases)
    print()
    per_group_table(cases)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
