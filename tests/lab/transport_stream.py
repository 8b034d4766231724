"""Builds sections and packets of an MPEG transport stream (ISO/IEC 13818-1)."""
import struct


def crc(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return struct.pack(">I", value)


def section(table, extension, body):
    head = struct.pack(">BHHBBB", table, 0xB000 | len(body) + 9, extension, 0xC1, 0, 0)
    return b"\0" + head + body + crc(head + body)


counters = {}


def packet(pid, payload, starts=False, adaptation=b""):
    counter = counters.get(pid, 0)
    counters[pid] = (counter + 1) % 16
    control = 0x10 | (0x20 if adaptation else 0) | counter
    head = struct.pack(">BHB", 0x47, (0x4000 if starts else 0) | pid, control)
    if adaptation:
        head += bytes([len(adaptation)]) + adaptation
    return (head + payload + b"\xff" * 188)[:188]


def text(value):
    return bytes([len(value)]) + value


def service_description(provider, name):
    """The SDT of program 1."""
    service = b"\x01" + text(provider) + text(name)
    head = struct.pack(">HBHBH", 1, 0xFF, 1, 0xFC, 0x8000 | len(service) + 2)
    return section(0x42, 1, head + b"\x48" + text(service))


