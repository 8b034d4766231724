"""The rows of the start: the first datagram, the first membership, ten thousand memberships, and the memory until then."""

import contextlib
import ctypes
import mmap
import os
import signal
import socket
import struct
import tempfile
import time

from lab import ENDING, Process, Processes, Trouble, eventually

from .family import HERE, PORT, THERE
from .runs import figures_table, heading, in_turn
from .tools import limit_rx, limit_tx, mcast_recv, mcast_send, receives, sends
from .wire import LIFETIME, MEMORY_KIB, Ear, finish, flow, patience, why

# The number of groups in the row `join`.
MANY = 10_000


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
    with Ear(lab.family) as ear, Processes() as processes:
        process, begun = launch(lab, argv, lab.cores[0], lab.sender.space, processes)
        try:
            _, arrived = ear.hear()
        except socket.timeout:
            raise Trouble(why(process)) from None
        time.sleep(0.05)
        finish(process)
        return {"ms": (arrived - begun()[0]) * 1e3, "kib": process.peak_kib}


@contextlib.contextmanager
def on_core(core):
    """Moves this program to a core for a while."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def joined(lab, argv, groups=1):
    """The time from exec until the system lists all memberships, in ms."""
    lab.wait_for_leave()
    with Processes() as processes:
        process, begun = launch(lab, argv, lab.cores[1], None, processes)
        # This program has a real-time priority: on the core of the receiver, it would delay the join that it polls.
        with on_core(lab.cores[0]):
            has_joined = eventually(lambda: lab.family.has_joined(groups), patience(groups))
        if not has_joined:
            process.ended()
            raise Trouble(why(process))
        seen = time.monotonic()
        time.sleep(0.1)
        finish(process, groups)
        return {"ms": (seen - begun()[1]) * 1e3, "kib": process.peak_kib}


def start(lab, repeat, claims):
    """Start time and memory."""
    repeat = repeat if lab.quick else repeat * 3
    mcjoin = lab.paths.get("mcjoin") if lab.family.version == 4 else None
    tools = lab.has("mgen", "iperf", "socat", "multicat", "sockperf")
    commands = {"mcast": lambda: [lab.paths["mcast"], "send", lab.family.target(), "--iface", THERE, "--duration", f"{LIFETIME}s"]}
    commands["mcast, --probe"] = lambda: mcast_send(lab, 64)
    commands |= {tool: lambda tool=tool: sends(lab, tool, 1316 if tool == "multicat" else 64, 10) for tool in tools}
    if mcjoin:
        commands["mcjoin"] = lambda: [mcjoin, "-s", "-o", "-i", THERE, "-p", str(PORT), lab.family.group]
    cases = {name: lambda command=command: first_datagram(lab, command()) for name, command in commands.items()}
    runs = in_turn(f"first datagram{lab.family.suffix}", repeat, cases)
    heading(lab, "from exec to the first datagram")
    figures_table(runs, {"ms": "ms", "peak memory, KiB": "kib"}, ("ms", "ms"))
    peers = {"mgen": 0.7, "iperf": 0.7, **({"mcjoin": 1} if mcjoin else {})}
    for peer, goal in peers.items():
        claims.ratio("exec to first datagram", runs, peer, "ms", at_most=goal)
    claims.value("peak memory of `send`", runs, "kib", MEMORY_KIB, " KiB")

    commands = {tool: lambda tool=tool: receives(lab, tool) for tool in ["mcast", *tools]}
    if mcjoin:
        commands["mcjoin"] = lambda: [mcjoin, "-o", "-i", HERE, "-p", str(PORT), lab.family.group]
    cases = {name: lambda command=command: joined(lab, command()) for name, command in commands.items()}
    runs = in_turn(f"joined{lab.family.suffix}", repeat, cases)
    heading(lab, "from exec to the membership")
    figures_table(runs, {"ms": "ms", "peak memory, KiB": "kib"}, ("ms", "ms"))
    for peer, goal in peers.items():
        claims.ratio("exec to the membership", runs, peer, "ms", at_most=goal)
    claims.value("peak memory of `recv`", runs, "kib", MEMORY_KIB, " KiB")


def join(lab, repeat, claims):
    """Ten thousand groups: the time to join them all, and the rate from all of them."""

    def on_new_wire(measure):
        lab.reconnect()
        return measure()

    if lab.family.version == 6:
        # The kernel takes seconds to leave them.
        repeat = min(repeat, 3)
    groups = str(MANY)
    cases = {
        "mcast": lambda: joined(lab, mcast_recv(lab, groups=MANY), MANY),
        "limit, a socket a group": lambda: joined(lab, limit_rx(lab, "join", "--groups", groups), MANY),
    }
    runs = in_turn(f"{MANY:,} joins{lab.family.suffix}", repeat, {name: lambda case=case: on_new_wire(case) for name, case in cases.items()})
    heading(lab, f"from exec to {MANY:,} memberships")
    figures_table(runs, {"ms": "ms", "peak memory, KiB": "kib"}, ("ms", "ms"))
    claims.ratio(f"{MANY:,} groups joined", runs, "limit, a socket a group", "ms", at_most=1.2)

    sender = limit_tx(lab, "sendto", "--groups", groups)
    cases = {
        "mcast": lambda: flow(lab, sender, mcast_recv(lab, groups=MANY), groups=MANY),
        "limit, epoll": lambda: flow(lab, sender, limit_rx(lab, "epoll", "--ancillary", "--groups", groups), groups=MANY),
    }
    runs = in_turn(f"{MANY:,} groups received{lab.family.suffix}", repeat, {name: lambda case=case: on_new_wire(case) for name, case in cases.items()})
    heading(lab, f"{MANY:,} groups, one datagram to each after the other")
    columns = {"delivered, kpps": "delivered", "dropped, kpps": "dropped", "CPU, µs: receiver": "receiver_us", "sender and kernel": "sender_us"}
    figures_table(runs, columns, ("kpps", "delivered"))
    claims.ratio(f"{MANY:,} groups received", runs, "limit, epoll", "delivered", at_least=1)
