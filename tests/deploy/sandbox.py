"""Runs a program as a unit of systemd would: argv is a JSON object, and the program.

The object has the numbers of the allowed system calls and of the address families, and the numbers
of socket, mmap and mprotect. The kernel kills the program at any other system call, where systemd's
filter returns EPERM: no refused call stays hidden.
"""

import ctypes
import json
import os
import struct
import sys

unit = json.loads(sys.argv[1])
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x50000 | 97  # EAFNOSUPPORT
LOAD, EQUALS, AND, RETURN = 0x20, 0x15, 0x54, 0x06
NUMBER, ARGUMENT = 0, 16  # offsets in struct seccomp_data
WRITE_AND_EXECUTE, EXECUTE = 6, 4

code = [(LOAD, 0, 0, NUMBER)]


def on(number, lines):
    """The lines run for one system call and return."""
    code.append((EQUALS, 0, len(lines), number))
    code.extend(lines)


# RestrictAddressFamilies
families = [(LOAD, 0, 0, ARGUMENT)]
for family in unit["families"]:
    families += [(EQUALS, 0, 1, family), (RETURN, 0, 0, ALLOW)]
on(unit["socket"], families + [(RETURN, 0, 0, REFUSE)])
# MemoryDenyWriteExecute
protection = (LOAD, 0, 0, ARGUMENT + 2 * 8)
verdict = [(RETURN, 0, 0, KILL), (RETURN, 0, 0, ALLOW)]
both = [protection, (AND, 0, 0, WRITE_AND_EXECUTE), (EQUALS, 0, 1, WRITE_AND_EXECUTE)]
on(unit["mmap"], both + verdict)
on(unit["mprotect"], [protection, (AND, 0, 0, EXECUTE), (EQUALS, 0, 1, EXECUTE)] + verdict)
for number in unit["allowed"]:
    on(number, [(RETURN, 0, 0, ALLOW)])
code.append((RETURN, 0, 0, KILL))

filter = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(filter)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
assert libc.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execvp(sys.argv[2], sys.argv[2:])
