"""The rows of the sender: floods, and datagrams at a rate."""

import shutil
import time

from lab import Processes, Trouble, eventually, head, row

from .runs import figures_table, heading, in_turn, spread
from .tools import limit_rx, limit_tx, mcast_send, sends
from .wire import MEMORY_KIB, PATIENCE, SELDOM, WARM_UP, Look, finish, flow, told, why


def flood(lab, repeat, claims):
    """Full speed, with a member that takes each datagram separately."""
    member = limit_rx(lab, "recvmmsg")
    for size in 64, lab.family.frame_payload:
        tools = lab.has("iperf", "mgen", "sockperf", "socat", *(["multicat"] if size > 188 else []))
        cases = {
            "mcast": lambda: flow(lab, sends(lab, "mcast", size), member),
            "limit, UDP_SEGMENT": lambda: flow(lab, limit_tx(lab, "segment", "--size", size), member),
            "limit, sendmmsg": lambda: flow(lab, limit_tx(lab, "sendmmsg", "--size", size), member),
            "limit, send": lambda: flow(lab, limit_tx(lab, "send", "--size", size), member),
        }
        cases |= {tool: lambda tool=tool: flow(lab, sends(lab, tool, size), member) for tool in tools}
        runs = in_turn(f"flood, {size} B{lab.family.suffix}", repeat, cases)
        heading(lab, f"flood, {size} B, a member")
        columns = {"kpps": "sent", "CPU, µs a datagram": "sender_us", "dropped there, kpps": "dropped", "memory, KiB": "sender_kib"}
        figures_table(runs, columns, ("kpps", "sent"))
        work = f"flood, {size} B"
        claims.ratio(work, runs, "limit, UDP_SEGMENT", "sent", at_least=0.8)
        for peer in "sockperf", "iperf", "mgen":
            claims.ratio(work, runs, peer, "sent", at_least=3)
        claims.value(f"peak memory of `send`, {work}", runs, "sender_kib", MEMORY_KIB, " KiB")


def software(lab, repeat, claims):
    """The same if the kernel must split trains, as for an interface without that offload."""
    if not shutil.which("ethtool"):
        raise Trouble("ethtool is not there: apt-get install ethtool")
    lab.offload(False)
    try:
        for size in 64, lab.family.frame_payload:
            for listened, member in ("no member", None), ("a member", limit_rx(lab, "recvmmsg")):
                cases = {
                    "mcast": lambda: flow(lab, sends(lab, "mcast", size), member),
                    "limit, sendmmsg": lambda: flow(lab, limit_tx(lab, "sendmmsg", "--size", size), member),
                    "limit, UDP_SEGMENT": lambda: flow(lab, limit_tx(lab, "segment", "--size", size), member),
                }
                work = f"flood, segmented in software, {size} B, {listened}"
                runs = in_turn(f"{work}{lab.family.suffix}", repeat, cases)
                heading(lab, work)
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
        # The last duration counts.
        listener = lab.receive(processes, limit_rx(lab, "recvmmsg", "--gaps", rate, "--duration", seconds))
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
    runs = in_turn(f"pace, {rate:,} pps{lab.family.suffix}", repeat, cases)
    heading(lab, f"one at a time, {rate:,} a second, 64 B")
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
        for peer in (tool for tool in ("sockperf", "mgen, precise on") if tool in runs):
            claims.ratio(f"{work}, `--spin`", runs, peer, "error_p99", at_most=1, ours="mcast, --spin")

    return measure


def rate(lab, repeat, claims):
    """Whether the sender keeps the requested rate."""
    # A run takes ten seconds, and the values hardly vary.
    repeat = min(repeat, 3)
    seconds = lab.seconds(10.05, 1.05)
    rates = [100, 10_000, 200_000] if lab.quick else [1, 100, 1000, 10_000, 100_000, 200_000]
    if lab.family.version == 6:
        # The family does not change when a datagram is due.
        rates = rates[-2:]
    cases = {f"{rate:,} pps": lambda rate=rate: paced(lab, sends(lab, "mcast", 64, rate), rate, seconds) for rate in rates}
    runs = in_turn(f"mean rate over {seconds:.0f} s{lab.family.suffix}", repeat, cases)
    heading(lab, f"mean rate of mcast over {seconds:.0f} s")
    head("asked", "a second", "off, %", "CPU, %", "lost by the receiver", "runs")
    for name, case in runs.items():
        count = len([figures for figures in case.rounds if figures])
        row(name, *(spread(case.all(field)) for field in ("pps", "off", "share", "lost")), "; ".join([str(count), *dict.fromkeys(case.troubles)]))
        claims.value(f"mean rate, {name}", {"mcast": case}, "off", 0.01, " %")
    print()
