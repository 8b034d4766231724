#!/usr/bin/env python3
"""Measures how exactly mcast, tcpreplay and a sleep between datagrams replay a capture.

    sudo python3 benches/replay.py --mcast target/dist/mcast
    sudo python3 benches/replay.py --mcast target/dist/mcast --repeat 5 --seconds 10

It prints Markdown: for each capture the delay of the datagrams at p50, p99 and maximum, beside the ratio of each program's p99 to
that of mcast in the same round. tcpdump at the receiver takes the times, in nanoseconds, and the error of a datagram is its time
since the earliest one less that in the capture. `late at the end` is the mean of the last hundred datagrams: a sender that sleeps
between datagrams falls behind. mcast sends no trains here, because tcpdump would see each as one frame. The programs alternate.

It needs root, tcpdump, tcpreplay and a C compiler. It never sends on the machine's own network.
"""

import argparse
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
from lab import ROOT, Host, enter_own_namespace, ip, up  # noqa: E402

# Sends a file of (gap in ns, length, payload) and sleeps for each gap, as udpreplay does.
SLEEPER = r"""
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
int main(int count, char **arguments) {
    FILE *file = fopen(arguments[1], "rb");
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(5000)};
    inet_aton("239.1.1.1", &to.sin_addr);
    static char payload[65536];
    struct { uint64_t gap, length; } head;
    while (fread(&head, sizeof head, 1, file) == 1 && fread(payload, 1, head.length, file) == head.length) {
        struct timespec gap = {head.gap / 1000000000, head.gap % 1000000000};
        if (head.gap) nanosleep(&gap, 0);
        sendto(s, payload, head.length, 0, (struct sockaddr *)&to, sizeof to);
    }
}
"""


def audio(seconds):
    """1 ms of audio per datagram (AES67): (time in ns, payload length)."""
    return [(number * 1_000_000, 300) for number in range(seconds * 1000)]


def video(seconds):
    """Frames of 4 to 16 datagrams, 100 us apart, with exponential gaps of 20 ms on average."""
    dice, now, sent = random.Random(7), 0, []
    while now < seconds * 1_000_000_000:
        for _ in range(dice.randint(4, 16)):
            sent.append((now, 1316))
            now += 100_000
        now += int(dice.expovariate(1 / 20_000_000))
    return sent


def write(folder, name, sent):
    """The same datagrams as pcap and for the sleeper."""
    pcap = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
    gaps, before = b"", 0
    for number, (due, length) in enumerate(sent):
        payload = struct.pack(">I", number) + bytes(length - 4)
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + length, 0, 0x4000, 1, 17, 0, bytes([10, 9, 0, 1]), bytes([239, 1, 1, 1]))
        total = sum(struct.unpack(">10H", head))
        total = (total & 0xFFFF) + (total >> 16)
        head = head[:10] + struct.pack(">H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + head[12:]
        frame = bytes.fromhex("01005e010101020000000001 0800") + head + struct.pack(">4H", 4000, 5000, 8 + length, 0) + payload
        pcap += struct.pack("<4I", 1_790_000_000 + due // 10**9, due % 10**9, len(frame), len(frame)) + frame
        gaps += struct.pack("<QQ", due - before, length) + payload
        before = due
    (folder / f"{name}.pcap").write_bytes(pcap)
    (folder / f"{name}.gaps").write_bytes(gaps)


def arrivals(path):
    """The arrival of each datagram in ns, by number, from a pcap file with nanoseconds."""
    data, at, found = path.read_bytes(), 24, {}
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D
    while at + 16 <= len(data):
        seconds, nanos, length, _ = struct.unpack_from("<4I", data, at)
        frame = data[at + 16 : at + 16 + length]
        if len(frame) >= 46 and frame[30:34] == bytes([239, 1, 1, 1]):
            found.setdefault(struct.unpack_from(">I", frame, 42)[0], seconds * 10**9 + nanos)
        at += 16 + length
    return found


def measure(receiver, folder, sent, argv):
    """The delays of one replay in ns, in the order of the capture."""
    path = folder / "received.pcap"
    path.unlink(missing_ok=True)
    dump = [*receiver.within, "tcpdump", "-i", "fb", "-Z", "root", "-w", path, "--time-stamp-precision=nano", "-s", "64", "udp"]
    with subprocess.Popen(dump, stderr=subprocess.PIPE, text=True) as tcpdump:
        tcpdump.stderr.readline()
        subprocess.run(argv, check=True, timeout=600, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        tcpdump.terminate()
        tcpdump.communicate()
    found = arrivals(path)
    if len(found) != len(sent):
        print(f"{argv[0]}: {len(found)} of {len(sent)} datagrams arrived", file=sys.stderr)
    errors = [found[number] - due for number, (due, _) in enumerate(sent) if number in found]
    return [error - min(errors) for error in errors]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mcast", type=Path, default=ROOT / "target/dist/mcast", help="the program to measure")
    options.add_argument("--repeat", type=int, default=3, help="rounds")
    options.add_argument("--seconds", type=int, default=5, help="the length of each capture")
    arguments = options.parse_args()
    mcast = arguments.mcast.resolve()
    enter_own_namespace()
    with Host() as receiver, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ip([], f"link add fa type veth peer name fb netns {receiver.keeper.pid}", *up("fa", "10.9.0.1"), "link set lo up")
        ip(receiver.within, *up("fb", "10.9.0.2"))
        subprocess.run(["cc", "-O2", "-x", "c", "-", "-o", folder / "sleeper"], input=SLEEPER, text=True, check=True)
        print("| capture | program | p50 | p99 | max | late at the end | p99, ratio to mcast |\n| --- | --- | --- | --- | --- | --- | --- |")
        for title, sent in ("audio, 1 kpps", audio(arguments.seconds)), ("video, bursts", video(arguments.seconds)):
            write(folder, "x", sent)
            programs = {
                "mcast": [mcast, "send", "--replay", folder / "x.pcap", "--iface", "fa", "-q", "--no-offload"],
                "tcpreplay": ["tcpreplay", "-q", "-i", "fa", folder / "x.pcap"],
                "sleep between datagrams": [folder / "sleeper", folder / "x.gaps"],
            }
            rounds = []
            for turn in range(arguments.repeat):
                order = list(programs) if turn % 2 == 0 else list(programs)[::-1]
                rounds.append({program: measure(receiver, folder, sent, programs[program]) for program in order})
            for program in programs:
                def middle(value, program=program):
                    return statistics.median(value(found[program]) / 1000 for found in rounds)

                def p99(errors):
                    return sorted(errors)[len(errors) * 99 // 100]

                ratios = sorted(p99(found[program]) / max(p99(found["mcast"]), 1) for found in rounds)
                cells = middle(statistics.median), middle(p99), middle(max), middle(lambda errors: statistics.mean(errors[-100:]))
                times = " | ".join(f"{cell:,.1f} us" for cell in cells)
                ratio = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
                print(f"| {title} | {program} | {times} | {ratio} |", flush=True)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("needs root for network namespaces")
    main()
