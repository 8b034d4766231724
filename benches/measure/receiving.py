"""The rows of the receiver: overload, trains, the highest rate without loss, many groups, and its CPU time."""

import time

from lab import Processes, Trouble, eventually

from .runs import figures_table, heading, in_turn
from .tools import ALL, limit_rx, limit_tx, mcast_recv, payload_for, receives
from .wire import MEMORY_KIB, PATIENCE, SELDOM, finish, flow, told, why

# The steps of the search for the highest rate without loss, in kpps.
LADDER = [40, 60, 80, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1600, 2000]
# The number of datagrams per call of the sender in this search.
TRAIN = 32
# The number of groups in the row of that name.
GROUPS = 1000
RECEIVED = {"delivered, kpps": "delivered", "dropped, kpps": "dropped", "CPU, µs a datagram": "receiver_us", "memory, KiB": "receiver_kib"}


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
    runs = in_turn(f"overload{lab.family.suffix}", repeat, cases)
    heading(lab, "overload of 64 B probes, taken one by one (`--no-offload --rcvbuf 4MiB`)")
    figures_table(runs, RECEIVED, ("kpps", "delivered"))
    claims.ratio("overload of probes, `--no-offload`", runs, "limit, recvmmsg, all ancillary", "delivered", at_least=0.95)


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
    runs = in_turn(f"overload by trains{lab.family.suffix}", repeat, cases)
    heading(lab, "overload of 64 B datagrams by a sender with UDP_SEGMENT")
    figures_table(runs, RECEIVED, ("kpps", "delivered"))
    work = "overload by a sender with UDP_SEGMENT"
    claims.ratio(work, runs, "limit, UDP_GRO", "delivered", at_least=0.95)
    claims.best(work, runs, tools, "delivered", at_least=2.5)
    claims.value("peak memory of `recv` there", runs, "receiver_kib", MEMORY_KIB, " KiB")


def climb(lab, tool):
    """The highest rate without loss, twice in sequence. The sender is the same for all; only the payload differs."""
    reached, why_not = 0, "the end of the ladder"
    # Half the steps for IPv6, whose buffers are the same.
    for step in LADDER[:: 3 if lab.quick else 2 if lab.family.version == 6 else 1]:
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
    # The last duration counts.
    sender = limit_tx(lab, "segment", *options, "--duration", seconds)
    with Processes() as processes:
        before = lab.family.heard()[0]
        listener = lab.receive(processes, receives(lab, tool))
        speaker = lab.send(processes, sender)
        if not eventually(speaker.ended, seconds + PATIENCE, SELDOM):
            raise Trouble("the sender did not end")
        said = told(speaker)
        # The receiver reads the rest of its buffer.
        counted, end = -1, time.monotonic() + 1
        while counted != lab.family.heard()[0] and time.monotonic() < end:
            counted = lab.family.heard()[0]
            time.sleep(0.05)
        if listener.ended():
            raise Trouble(why(listener))
        finish(listener)
        received = told(listener)["datagrams"] if tool == "mcast" else lab.family.heard()[0] - before
    return said["datagrams"], received, said["datagrams"] / (rate * seconds)


def lossfree(lab, repeat, claims):
    """The highest rate without loss, with the default options of each tool."""
    # For IPv6, the best peer and the most common one.
    tools = lab.has(*(ALL if lab.family.version == 4 else ("multicat", "iperf")))
    runs = in_turn(f"loss-free{lab.family.suffix}", repeat, {tool: lambda tool=tool: climb(lab, tool) for tool in ["mcast", *tools]})
    heading(lab, f"highest rate without loss, default options, 64 B in trains of {TRAIN}")
    figures_table(runs, {"kpps": "loss_free", "1: ended by the sender or the highest rate, not by loss": "sender_bound"}, ("kpps", "loss_free"))
    work = "highest rate without loss"
    claims.best(work, runs, tools, "loss_free", at_least=1)
    for peer in ("iperf", "mgen", "sockperf") if lab.family.version == 4 else ("iperf",):
        claims.ratio(work, runs, peer, "loss_free", at_least=8)


def groups(lab, repeat, claims):
    """A thousand groups, round robin."""
    few = ["prlimit", "--nofile=256:256"]

    def case(count, *before):
        return flow(lab, limit_tx(lab, "sendto", "--groups", count), [*before, *mcast_recv(lab, groups=count)], groups=count)

    def limit(count):
        return flow(lab, limit_tx(lab, "sendto", "--groups", count), limit_rx(lab, "epoll", "--ancillary", "--groups", count), groups=count)

    runs = in_turn(
        f"groups{lab.family.suffix}",
        repeat,
        {
            f"mcast, {GROUPS:,} groups": lambda: case(GROUPS),
            "mcast, 1 group": lambda: case(1),
            f"mcast, {GROUPS:,} groups, 256 open files": lambda: case(GROUPS, *few),
            f"limit, {GROUPS:,} groups, epoll": lambda: limit(GROUPS),
            "limit, 1 group, epoll": lambda: limit(1),
        },
    )
    heading(lab, f"{GROUPS:,} groups")
    columns = {"delivered, kpps": "delivered", "dropped, kpps": "dropped", "CPU, µs: receiver": "receiver_us", "sender and kernel": "sender_us"}
    figures_table(runs, columns)
    many = f"mcast, {GROUPS:,} groups"
    work = f"{GROUPS:,} groups received"
    claims.ratio(work, runs, f"limit, {GROUPS:,} groups, epoll", "delivered", at_least=1, ours=many)
    claims.ratio(work, runs, "mcast, 1 group", "delivered", at_least=0.8, ours=many)


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
        runs = in_turn(f"CPU, {pps:,} pps{lab.family.suffix}", repeat, cases)
        heading(lab, f"CPU of a receiver, {pps:,} datagrams of 64 B a second")
        columns = {"CPU, µs a datagram": "receiver_us", "CPU, %": "receiver_share", "delivered, kpps": "delivered", "dropped, kpps": "dropped"}
        figures_table(runs, columns, ("CPU", "receiver_us"))
        work = f"CPU per received datagram, {pps // 1000} kpps"
        for peer in "iperf", "mgen":
            claims.ratio(work, runs, peer, "receiver_us", at_most=1)
        claims.ratio(work, runs, "limit, recvmmsg, all ancillary", "receiver_us", at_most=1.1)


def spin(lab, repeat, claims):
    """The kernel-to-application latency, sleeping and spinning."""
    sender = limit_tx(lab, "send", "--rate", 1000, "--probe")

    def case(*options):
        figures = flow(lab, sender, mcast_recv(lab, *options), lab.seconds(2.0, 0.4), keep=True)
        stream = figures.pop("said")["streams"][0]
        return {**figures, **{f"wakeup_{name}": stream["wakeup_ns"][name] / 1e3 for name in ("p50", "p99", "max")}}

    runs = in_turn(f"spin{lab.family.suffix}", repeat, {"mcast": case, "mcast, --spin": lambda: case("--spin")})
    heading(lab, "from the kernel to the program, 1,000 probes of 64 B a second")
    figures_table(runs, {"µs: p50": "wakeup_p50", "p99": "wakeup_p99", "max": "wakeup_max", "CPU, %": "receiver_share"})
