"""A pseudo-terminal for a program under test."""
import os, pty


def start(arguments, prepare):
    """Starts a program on a new terminal, after `prepare` has had its descriptor. Returns the process and the descriptor."""
    wait, go = os.pipe()
    process, terminal = pty.fork()
    if process == 0:
        os.read(wait, 1)
        os.execv(arguments[0], arguments)
    prepare(terminal)
    os.write(go, b"!")
    return process, terminal


def pieces(terminal):
    """The output of the program, piece by piece, to its end."""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return
        if not data:
            return
        yield data
