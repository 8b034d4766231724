"""The command lines of mcast, of the limit programs and of the other tools, for both families."""

import socket
import time

from lab import Processes, Trouble

from .family import HERE, PORT, THERE
from .wire import LIFETIME, Ear, finish, why

ALL = ("iperf", "mgen", "sockperf", "socat", "multicat")
# Debian's sockperf 3.7 has no IPv6, and its mgen is built without.
WITHOUT_IPV6 = ("mgen", "sockperf")
NO_IPV6 = "no IPv6 multicast"


def limit_tx(lab, mode, *options):
    return [lab.tx, mode, "--to", lab.family.target(), "--iface", THERE, "--duration", str(LIFETIME), *map(str, options)]


def limit_rx(lab, mode, *options):
    return [lab.rx, mode, "--from", lab.family.target(), "--iface", HERE, "--duration", str(LIFETIME), *map(str, options)]


def mcast_send(lab, size, *options):
    command = [lab.paths["mcast"], "send", lab.family.target(), "--iface", THERE, "--probe", "--size", str(size), "-q", "--duration", f"{LIFETIME}s"]
    return [*command, *map(str, options)]


def mcast_recv(lab, *options, groups=1):
    command = [lab.paths["mcast"], "recv", lab.family.target(groups), "--iface", HERE, "-q", "-o", "json", "--duration", f"{LIFETIME}s"]
    return [*command, *options]


def program(lab, tool):
    """The path of the tool. A tool without IPv6 has no values in the rows of IPv6."""
    name = tool.partition(",")[0]
    if lab.family.version == 6 and name in WITHOUT_IPV6:
        raise Trouble(NO_IPV6)
    return lab.paths[name]


def sends(lab, tool, size, rate=None):
    """The command that sends datagrams of this size, at full speed or at a rate."""
    path, family = program(lab, tool), lab.family
    six = family.version == 6
    if tool == "mcast":
        return mcast_send(lab, size, *(["--rate", f"{rate}pps"] if rate else ["--flood"]))
    if tool == "iperf":
        speed = f"{rate}pps" if rate else "20g"
        group = [f"{family.group}%{THERE}", "-V"] if six else [family.group]
        return [path, "-c", *group, "-u", "-b", speed, "-l", str(size), "-T", "4", "-p", str(PORT), "-t", str(LIFETIME)]
    if tool.startswith("mgen"):
        event = f"0.0 ON 1 UDP DST {family.group}/{PORT} PERIODIC [{rate or -1} {size}]"
        # "mgen, precise on" uses a whole core.
        precise = ["precise", "on"] if tool.endswith("precise on") else []
        return [path, *precise, "interface", THERE, "ttl", "4", "event", event]
    if tool == "sockperf":
        speed = str(rate or "max")
        return [path, "tp", "-i", family.group, "-p", str(PORT), "-m", str(size), "--mps", speed, "--mc-tx-if", family.there, "-t", str(LIFETIME)]
    if tool == "socat":
        to = f"UDP6-DATAGRAM:{family.target()}" if six else f"UDP4-DATAGRAM:{family.target()},ip-multicast-if={family.there}"
        return [path, "-u", "-b", str(size), "/dev/zero", to]
    # A datagram carries whole packets of 188 bytes.
    return [path, "-f", "-u", "-U", "-m", str(size), "/dev/zero", family.target()]


def receives(lab, tool, large=False):
    """The command that receives and counts; with `large`, into a buffer of 4 MiB if the tool has an option."""
    path, family = program(lab, tool), lab.family
    six = family.version == 6
    if tool == "mcast":
        return mcast_recv(lab)
    if tool == "iperf":
        options = [*(["-V"] if six else []), *(["-w", "4M"] if large else [])]
        return [path, "-s", "-u", "-B", f"{family.group}%{HERE}", "-p", str(PORT), *options]
    if tool == "mgen":
        join = f"JOIN {family.group} INTERFACE {HERE}"
        return [path, "interface", HERE, "event", join, "port", str(PORT), "nolog", *(["rxbuffer", "4194304"] if large else [])]
    if tool == "sockperf":
        return [path, "sr", "-i", family.group, "-p", str(PORT), "--mc-rx-if", family.here, *(["--buffer-size", "4194304"] if large else [])]
    if tool == "socat":
        joins = f"ipv6-join-group=[{family.group}]:{HERE}" if six else f"ip-add-membership={family.group}:{family.here}"
        options = f"{PORT},reuseaddr,{joins}{',rcvbuf=4194304' if large else ''}"
        return [path, "-u", "-b", "2048", f"UDP{family.version}-RECV:{options}", "OPEN:/dev/null,wronly"]
    iface = f"ifindex={socket.if_nametoindex(HERE)}" if six else f"ifaddr={family.here}"
    return [path, "-u", "-U", f"@{family.target()}/{iface}", "/dev/null"]


def payload_for(lab, tool):
    """The options for limit-tx to send datagrams that the tool accepts: a probe for mcast, or a recorded datagram of its own sender."""
    if tool == "mcast":
        return ["--probe"]
    if tool in ("socat", "multicat"):
        return []
    key = tool, lab.family.version
    if key not in lab.recorded:
        lab.recorded[key] = record(lab, tool)
    return ["--file", str(lab.recorded[key])]


def record(lab, tool):
    """One datagram of 64 bytes from the middle of a run of the tool's sender."""
    with Ear(lab.family) as ear, Processes() as processes:
        speaker = lab.send(processes, sends(lab, tool, 64, 1000))
        begun = None
        while begun is None or time.monotonic() < begun + 0.4:
            try:
                payload, _ = ear.hear()
            except socket.timeout:
                raise Trouble(f"{tool} sends nothing: {why(speaker)}") from None
            begun = begun or time.monotonic()
        finish(speaker)
    file = lab.files / f"{tool}-{lab.family.version}"
    file.write_bytes(payload)
    return file
