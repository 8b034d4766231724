"""The two ends of the wire, and one sender and one receiver on it."""

import copy
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from lab import ENDING, Host, Process, Processes, Trouble, all_of, eventually, ip, last_words, members, up

from .family import HERE, THERE, Ipv4, addresses, quiet_ipv6

# The programs end after this number of seconds. No run takes that long.
LIFETIME = 60
# The timeouts for the first datagram, for the join and for the end of a program.
PATIENCE = 5.0
# Up to this number of datagrams may be a warm-up: sockperf sends two, and then pauses for 2 s.
WARM_UP = 8
# The polling interval for the end of a measurement, in s. Polling uses a core.
SELDOM = 0.01
# 3.5 MB, in KiB.
MEMORY_KIB = int(3.5e6 / 1024)


class Lab:
    """The two ends of the wire, their programs, and the duration of a measurement."""

    def __init__(self, stack, paths, limits, quick, ipv6=False):
        self.paths, self.quick, self.ipv6 = paths, quick, ipv6
        # The family of the current rows.
        self.family = Ipv4()
        self.tx, self.rx = limits["limit-tx"], limits["limit-rx"]
        # The core of the sender and of the receiver. On veth, the sender's core also does the kernel's part of receiving.
        cores = sorted(os.sched_getaffinity(0))
        self.cores = cores[0], cores[min(1, len(cores) - 1)]
        self.sender = stack.enter_context(Host())
        self.files = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.recorded = {}
        ip([], "link set lo up")
        ip(self.sender.within, "link set lo up")
        self.connect()

    def connect(self):
        ip([], f"link add {HERE} type veth peer name {THERE} netns {self.sender.keeper.pid}")
        for within, name, end in ([], HERE, 2), (self.sender.within, THERE, 1):
            if self.ipv6:
                subprocess.run([*within, "sh", "-c", quiet_ipv6(name)], check=True, timeout=10)
            ip(within, *up(name, f"10.99.0.{end}"), *(addresses(name, end) if self.ipv6 else ()))
        eventually(lambda: members(HERE) == 1, PATIENCE)

    def reconnect(self):
        """A new wire: the kernel keeps left groups for some seconds, and searches them at each join."""
        ip([], f"link delete {HERE}")
        self.connect()

    def with_mcast(self, path):
        """The same wire with another mcast."""
        other = copy.copy(self)
        other.paths = {**self.paths, "mcast": path}
        return other

    def has(self, *tools):
        """The installed tools."""
        return [tool for tool in tools if self.paths.get(tool)]

    def seconds(self, usual, quick):
        return quick if self.quick else usual

    def send(self, processes, argv):
        return self.start(processes, [*self.sender.within, *argv], self.cores[0])

    def receive(self, processes, argv, groups=1, timeout=None):
        """Starts a receiver and waits for its joins."""
        self.wait_for_leave()
        process = self.start(processes, argv, self.cores[1])
        joined = eventually(lambda: self.family.has_joined(groups) or process.ended(), timeout or patience(groups))
        if not joined or process.ended():
            raise Trouble(why(process))
        # A receiver that has joined may not read yet.
        time.sleep(0.1)
        return process

    def wait_for_leave(self):
        if not eventually(lambda: self.family.joined() == 0, PATIENCE, SELDOM):
            raise Trouble("a receiver before this one has not left")

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


def why(process):
    """The output of a program that failed."""
    return last_words(process.output, process.status) if process.ended() else f"nothing came of it within {PATIENCE:.0f} s"


def patience(groups):
    """The timeout for joining and leaving this number of groups. On a busy machine, ten thousand take seconds."""
    return PATIENCE + groups / 500


def finish(process, groups=1):
    """Ends a program, and notes its peak memory."""
    process.look_at_memory()
    process.signal(ENDING)
    if not eventually(process.ended, patience(groups)):
        process.signal(signal.SIGKILL)
        eventually(process.ended, patience(groups))


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
        self.read, self.dropped = lab.family.heard()
        self.left = lab.left()
        self.ran = [process.ran_for() if process else 0.0 for process in processes]


def flow(lab, sender, receiver, window=None, counts_itself=False, keep=False, groups=1):
    """Runs a sender and a receiver (None: no receiver) and reads the counters twice, in the steady state. With `counts_itself`, the
    receiver may take trains, which the kernel counts as one each: the value of the window is then scaled by the receiver's total.
    With `keep`, `said` is the last JSON object of the receiver. The receiver joins this number of groups."""
    window = window or lab.seconds(0.8, 0.3)
    heard = lab.family.heard
    with Processes() as processes:
        first_read, first_dropped = heard()
        listener = lab.receive(processes, receiver, groups) if receiver else None
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
            finish(listener, groups)
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


class Ear:
    """A socket of this program that is a member of the group, with kernel timestamps."""

    # SO_TIMESTAMPNS of socket(7), which Python lacks.
    TIMES = 35

    def __init__(self, family):
        self.family = family

    def __enter__(self):
        self.socket = self.family.member()
        self.socket.setsockopt(socket.SOL_SOCKET, self.TIMES, 1)
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
