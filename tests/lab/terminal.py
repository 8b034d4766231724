"""A terminal of its own for a program under test."""
import os, pty


def start(arguments, prepare):
    """Starts a program on a new terminal, once `prepare` has had its descriptor. Answers the process and the descriptor."""
    wait, go = os.pipe()
    process, terminal = pty.fork()
    if process == 0:
        os.read(wait, 1)
        os.execv(arguments[0], arguments)
    prepare(terminal)
    os.write(go, b"!")
    return process, terminal


def pieces(terminal):
    """What the program writes, piece by piece, to its end."""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return
        if not data:
            return
        yield data
