"""Requests for replies, by the table in the documentation."""
import json, random, signal, socket, struct, sys, threading, time

def request(sequence, length=112, kind=0, flags=1, stream=0x1234):
    """A request for a reply at once, of all receivers, with a right checksum."""
    head = struct.pack(">4sBBHQQQBBH", b"MCST", 1, kind, flags, stream, sequence, 42, 1, 0, length)
    tail = (struct.pack(">QIIII", 99, 0, 0xFFFFFFFF, 0, 0) + bytes(length))[: length - 40]
    return head + struct.pack(">I", crc32c(head + bytes(4) + tail)) + tail


