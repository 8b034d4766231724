#!/usr/bin/env python3
"""Receives a measured load for an hour, and checks that nothing leaks and that every datagram is accounted for.

    sudo python3 benches/soak.py --mcast target/dist/mcast
    unshare --map-root-user python3 benches/soak.py --mcast target/dist/mcast     # without root
    sudo python3 benches/soak.py --minutes 5 --rate 10kpps --metrics --csv --report

`mcast recv` and `mcast send --probe` run in two network namespaces, connected by a veth. A row of Markdown per interval shows the
memory, files, threads and CPU time of both, from /proc, and the counters of recv. At the end these must hold, or the exit status
is 1:

- sent = received + lost in each group, no datagram is received twice, and the intervals add up to the summary;
- lost = dropped by the receive buffer + dropped at the input queue of the CPU (see below), if no dropped train makes the first a
  minimum;
- `kernel_drops` of mcast = `RcvbufErrors` of the namespace, the kernel's own count;
- anonymous memory grows by at most --growth KiB after the first quarter of the run;
- files and threads are the same in each row, and both programs exit with 0.

Losses do not fail the run: on a busy machine the receive buffer fills. The kernel counts drops at the input queue of a CPU for all
namespaces together (/proc/net/softnet_stat): with other traffic on the machine this number is only an upper limit.

It never sends on the machine's own network. The load is limited in time, and both programs end with this one.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from lab import ENDING, ROOT, Host, Process, Processes, Trouble, all_of, enter_own_namespace, eventually, head, ip  # noqa: E402
from lab import kernel, last_words, machine, members, row, up  # noqa: E402

GROUP, PORT = "239.1.1.1", 5000


# ---------------------------------------------------------------------------------------------------------------------
# Samples


class Sample:
    """The resources of a process at one time."""

    def __init__(self, process):
        proc = Path(f"/proc/{process.pid}")
        status = (proc / "status").read_text()
        value = lambda name: int(re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[1])  # noqa: E731
        self.resident_kib, self.anonymous_kib, self.threads = value("VmRSS"), value("RssAnon"), value("Threads")
        # Without those that are open for a moment: a socket to read an interface, or the new file of --metrics.
        self.files = min(self.count_files(proc / "fd") for _ in range(20))
        # The fields after the name, which may contain spaces: utime and stime include threads that have ended.
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        self.cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def count_files(folder):
        time.sleep(0.01)
        return len(os.listdir(folder))

    @classmethod
    def of(cls, process):
        """None if the process has ended."""
        try:
            return cls(process)
        except (FileNotFoundError, ProcessLookupError, TypeError):
            return None


def events(output, kind):
    """The events of this kind. The last line may be incomplete."""
    found = []
    for line in all_of(output).decode(errors="replace").splitlines():
        if line.startswith(f'{{"event":"{kind}"') and line.endswith("}"):
            found.append(json.loads(line))
    return found


def summary(output, process):
    found = events(output, "summary")
    if not found:
        raise Trouble(last_words(output, process.status))
    return found[-1]


def buffer_errors():
    """Datagrams that the kernel dropped at full receive buffers of UDP sockets in this namespace."""
    names, values = (line.split() for line in Path("/proc/self/net/snmp").read_text().splitlines() if line.startswith("Udp: "))
    return int(dict(zip(names, values))["RcvbufErrors"])


def queue_drops():
    """Packets that all CPUs of the machine dropped at their input queues."""
    return sum(int(line.split()[1], 16) for line in Path("/proc/net/softnet_stat").read_text().splitlines())


# ---------------------------------------------------------------------------------------------------------------------
# The run


class Soak:
    def __init__(self, chosen, folder):
        self.chosen, self.samples = chosen, []
        self.outputs = [(folder / name).open("w+b") for name in ("recv", "send")]
        self.receiving = ["--once", "--timeout", f"{chosen.minutes + 1}m", "--stats", f"{chosen.every}s", "-o", "json"]
        self.receiving += ["--rcvbuf", chosen.rcvbuf] if chosen.rcvbuf else []
        for option, name in (("metrics", "soak.prom"), ("csv", "soak.csv"), ("report", "soak.html")):
            self.receiving += [f"--{option}", str(folder / name)] if getattr(chosen, option) else []
        self.sending = ["--probe", "--rate", chosen.rate, "--duration", f"{chosen.minutes}m", "--size", str(chosen.size), "-q"]

    def run(self, host):
        """Runs both programs to their ends, and notes their summaries and the kernel's counters."""
        program, target = str(self.chosen.mcast.resolve()), f"{GROUP}+{self.chosen.groups}:{PORT}"
        queued, full = queue_drops(), buffer_errors()
        with Processes() as running:
            # The receiver runs in the namespace of this program: its files in /proc/self/net are the receiver's.
            running.append(Process.spawn([program, "recv", "--iface", "e1", target, *self.receiving], self.outputs[0].fileno()))
            if not eventually(lambda: members("e1") > self.chosen.groups or running[0].ended(), 30, every=0.01) or running[0].ended():
                raise Trouble(last_words(self.outputs[0], running[0].status or 0))
            sender = [*host.within, program, "send", "--iface", "e0", target, *self.sending, "-o", "json"]
            running.append(Process.spawn(sender, self.outputs[1].fileno()))
            self.watch(running)
            self.statuses = [process.status for process in running]
            self.received, self.sent = (summary(output, process) for output, process in zip(self.outputs, running))
        self.queue_drops, self.buffer_errors = queue_drops() - queued, buffer_errors() - full
        self.intervals = events(self.outputs[0], "interval")

    def watch(self, running):
        """Samples both programs until they end."""
        started, limit = time.monotonic(), self.chosen.minutes * 60 + 120
        head("time", "recv: RSS", "anonymous", "files", "threads", "CPU", "received", "drops", "send: RSS", "anonymous", "files", "CPU")
        while not eventually(running.ended, self.chosen.every, every=0.05):
            elapsed, pair = time.monotonic() - started, [Sample.of(process) for process in running]
            if all(pair):
                self.samples.append((elapsed, *pair))
                self.print_last()
            if elapsed > limit:
                for process in running:
                    process.signal(ENDING)
                eventually(running.ended, 10)
                raise Trouble(f"the programs did not end within {limit} s")

    def print_last(self):
        elapsed, recv, send = self.samples[-1]
        before = self.samples[-2] if len(self.samples) > 1 else None
        share = lambda now, then: f"{100 * (now.cpu_s - (then.cpu_s if then else 0)) / (elapsed - (before[0] if before else 0)):.0f} %"  # noqa: E731
        last = (events(self.outputs[0], "interval") or [{"datagrams": 0, "kernel_drops": 0}])[-1]
        row(
            f"{elapsed / 60:.1f} min",
            f"{recv.resident_kib:,} KiB", f"{recv.anonymous_kib:,} KiB", str(recv.files), str(recv.threads), share(recv, before and before[1]),
            f"{last['datagrams']:,}", f"{last['kernel_drops']:,}",
            f"{send.resident_kib:,} KiB", f"{send.anonymous_kib:,} KiB", str(send.files), share(send, before and before[2]),
        )  # fmt: skip
        sys.stdout.flush()

    def checks(self):
        """(whether it holds, text) of each check."""
        whole, measured = self.received, self.received["measured"]
        yield self.statuses == [0, 0], f"exit statuses {self.statuses[0]} and {self.statuses[1]}"
        sent = {target["group"]: target["datagrams"] for target in self.sent["targets"]}
        arrived = {stream["group"]: stream for stream in whole["streams"]}
        yield arrived.keys() == sent.keys() and len(whole["streams"]) == len(sent), f"{len(whole['streams'])} streams in {len(sent)} groups"
        equal = [group for group in sent if group in arrived and sent[group] == arrived[group]["received"] + arrived[group]["lost"]]
        total = f"sent {self.sent['datagrams']:,} = received {measured['received']:,} + lost {measured['lost']:,}"
        yield len(equal) == len(sent), f"{total}, in {len(equal)} of {len(sent)} groups"
        none = ("duplicates", "reordered", "corrupt", "missed_before", "restarts", "truncated")
        yield not any(measured[name] for name in none), ", ".join(f"{measured[name]} {name}" for name in none)
        added = sum(interval["datagrams"] for interval in self.intervals)
        yield added == whole["datagrams"], f"the {len(self.intervals)} intervals add up to {added:,} of {whole['datagrams']:,} datagrams"
        drops = whole["kernel_drops"]
        yield drops == self.buffer_errors, f"kernel_drops {drops:,} = RcvbufErrors {self.buffer_errors:,}"
        rest, exact = measured["lost"] - drops, whole["kernel_drops_exact"]
        explained = rest <= self.queue_drops if exact else rest >= 0
        text = f"lost otherwise {rest:,}; dropped at input queues of the machine {self.queue_drops:,}"
        yield rest >= 0 and explained, text if exact else f"{text}; each dropped train counts as one of {drops:,} drops"
        late = [pair for pair in self.samples if pair[0] >= self.chosen.minutes * 15]
        for index, name in ((1, "recv"), (2, "send")):
            sizes = [sample[index].anonymous_kib for sample in late] or [0]
            growth = max(sizes) - sizes[0]
            yield late and growth <= self.chosen.growth, f"{name}: anonymous memory {sizes[0]:,} KiB after a quarter, then at most {growth:+,} KiB"
            files, threads = ({getattr(sample[index], of) for sample in self.samples} for of in ("files", "threads"))
            yield len(files) == len(threads) == 1, f"{name}: files {sorted(files)}, threads {sorted(threads)}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mcast", type=Path, default=ROOT / "target/dist/mcast", help="the program to measure")
    options.add_argument("--minutes", type=int, default=60)
    options.add_argument("--rate", default="50kpps", help="the rate of all groups together")
    options.add_argument("--groups", type=int, default=4)
    options.add_argument("--size", type=int, default=64, help="payload in bytes")
    options.add_argument("--rcvbuf", help="as for recv")
    options.add_argument("--every", type=int, default=60, help="the interval in seconds")
    options.add_argument("--growth", type=int, default=512, help="the limit of the growth in KiB")
    options.add_argument("--keep", type=Path, help="save the events of both programs to this file")
    for observer in ("metrics", "csv", "report"):
        options.add_argument(f"--{observer}", action="store_true", help=f"run recv with --{observer}")
    chosen = options.parse_args()
    print(f"{machine()}; {kernel()}\n")
    enter_own_namespace()
    with Host() as host, tempfile.TemporaryDirectory() as folder:
        ip([], f"link add e1 type veth peer name e0 netns {host.keeper.pid}", *up("e1", "10.0.0.2"))
        ip(host.within, *up("e0", "10.0.0.1"))
        soak = Soak(chosen, Path(folder))
        started = time.monotonic()
        try:
            soak.run(host)
        except Trouble as trouble:
            sys.exit(f"the run has no result: {trouble}")
        print(f"\nmcast recv --iface e1 {GROUP}+{chosen.groups}:{PORT} {' '.join(soak.receiving)}".replace(folder, "."))
        print(f"mcast send --iface e0 {GROUP}+{chosen.groups}:{PORT} {' '.join(soak.sending)}")
        print(f"{(time.monotonic() - started) / 60:.1f} minutes; {soak.sent['skipped']:,} rounds of the sender skipped\n")
        results = list(soak.checks())
        for holds, text in results:
            print(f"{'PASS' if holds else 'FAIL'} {text}")
        if chosen.keep:
            chosen.keep.write_bytes(all_of(soak.outputs[0]) + all_of(soak.outputs[1]))
    sys.exit(0 if all(holds for holds, _ in results) else 1)


if __name__ == "__main__":
    main()
