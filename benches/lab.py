"""Common parts of the benchmarks: unnamed network namespaces, processes that never outlive them, and tables."""

import ctypes
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Ends each tool as Ctrl-C does.
ENDING = signal.SIGINT
# The polling interval. A sleep this short takes about twice as long.
LOOK_EVERY = 0.00005


class Trouble(Exception):
    """The reason for a run without a result, in the tool's words if possible."""


# ---------------------------------------------------------------------------------------------------------------------
# Namespaces


def enter_own_namespace():
    """Moves this process, and its later children, into a new network namespace. (Python has os.unshare since 3.12.)"""
    new_network = 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(new_network) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    silence_ipv6([])


def silence_ipv6(within):
    """Disables IPv6, which would join groups on every new interface."""
    setting = "/proc/sys/net/ipv6/conf/default/disable_ipv6"
    subprocess.run([*within, "sh", "-c", f"[ ! -e {setting} ] || echo 1 > {setting}"], check=True, timeout=10)


class Host:
    """A namespace, and the process that keeps it while our end of its standard input is open."""

    def __enter__(self):
        self.keeper = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.space, ours = f"/proc/{self.keeper.pid}/ns/net", os.readlink("/proc/self/ns/net")
        if not eventually(lambda: os.readlink(self.space) != ours, 10):
            raise Trouble("unshare did not make a network namespace")
        self.within = ["nsenter", f"--net={self.space}"]
        silence_ipv6(self.within)
        return self

    def __exit__(self, *_):
        self.keeper.stdin.close()
        try:
            self.keeper.wait(10)
        except subprocess.TimeoutExpired:
            self.keeper.kill()
            self.keeper.wait()


def ip(within, *commands):
    subprocess.run([*within, "ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True, timeout=30)


def up(name, address):
    """The commands that give an interface its address and the route to all groups."""
    return f"address add {address}/24 dev {name}", f"link set {name} up", f"route add 224.0.0.0/4 dev {name}"


def members(name):
    """The number of groups of the interface, including 224.0.0.1, which every host joins. It stands at the start of the table:
    reading it costs the same for one group and for ten thousand."""
    with open("/proc/net/igmp", "rb", buffering=0) as table:
        found = re.search(rb"\t%s\s*:\s*(\d+)" % name.encode(), table.read(4096))
    return int(found[1]) if found else 0


def eventually(condition, timeout, every=LOOK_EVERY):
    """Waits until the condition holds. Returns whether it did in time."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


# ---------------------------------------------------------------------------------------------------------------------
# Processes


class Process:
    """A process that this program started. It ends by its id, and never outlives its `with` block."""

    def __init__(self, pid):
        self.pid, self.status, self.usage, self.peak_kib = pid, None, None, 0

    @classmethod
    def spawn(cls, argv, output):
        null = os.open(os.devnull, os.O_RDONLY)
        files = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
        try:
            # A separate process group: Ctrl-C in the terminal reaches only this program, which ends its children. They also do not
            # inherit ignored signals, which a shell sets for background jobs.
            return cls(os.posix_spawnp(argv[0], argv, os.environ, file_actions=files, setpgroup=0, setsigdef=[ENDING]))
        finally:
            os.close(null)

    def ended(self):
        if self.status is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.status, self.usage = os.waitstatus_to_exitcode(status), usage
        return self.status is not None

    def look_at_memory(self):
        """Notes the peak of the resident memory. wait4 would include the memory of the process that called exec."""
        try:
            found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        except (FileNotFoundError, ProcessLookupError):
            return
        if found:
            self.peak_kib = max(self.peak_kib, int(found[1]))

    def shared_fairly_kib(self):
        """The resident memory. Each of n processes gets an n-th of shared memory."""
        return int(re.search(r"Pss:\s+(\d+)", Path(f"/proc/{self.pid}/smaps_rollup").read_text())[1])

    def ran_for(self):
        """The CPU time of all its threads, in s (the kernel's Documentation/scheduler/sched-stats.rst), without threads that have
        ended."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
        return total / 1e9

    def signal(self, number):
        if not self.ended():
            os.kill(self.pid, number)


class Processes(list):
    """The processes of one run."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self:
            process.signal(signal.SIGKILL)
        for process in self:
            eventually(process.ended, 10)

    def ended(self):
        """Whether all of them have ended. Stops at the first that runs."""
        return all(process.ended() for process in self)

    def wait_for_end(self):
        """Like `ended`. A single process is polled until its end, because its memory may peak there."""
        if len(self) == 1:
            self[0].look_at_memory()
        return self.ended()


def all_of(output):
    output.seek(0)
    return output.read()


def last_words(output, status):
    """The last line of a tool's output, and its exit status."""
    lines = [line.strip() for line in all_of(output).decode(errors="replace").splitlines() if line.strip()]
    # Standard output and standard error share a file, and may cut each other's lines.
    error = [line[line.index("***") :] for line in lines if "***" in line] or [line for line in lines if line.startswith("error:")]
    said = (error or lines or ["nothing said"])[-1]
    return f"{signal.Signals(-status).name if status < 0 else f'exit {status}'}, {said!r}"


# ---------------------------------------------------------------------------------------------------------------------
# Reporting


def say(text):
    print(text, file=sys.stderr, flush=True)


def number(value):
    """Three digits, or all digits before the point; two for small numbers."""
    if value < 0.1:
        return f"{value:.2g}"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def head(*cells):
    row(*cells)
    print("|" + " --- |" * len(cells))


def setting(name):
    path = Path("/proc/sys") / name.replace(".", "/")
    return path.read_text().strip() if path.exists() else "unknown"


def machine():
    """The date and the test system."""
    model = re.search(r"^model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    cores = len(os.sched_getaffinity(0))
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 1024 / 1024
    name = model[1] if model else os.uname().machine
    return f"{datetime.date.today()}; {name}, {cores} cores, {memory:.0f} GiB; load {os.getloadavg()[0]:.1f}"


def kernel():
    return f"{os.uname().sysname} {os.uname().release}; Python {sys.version.split()[0]}"


# ---------------------------------------------------------------------------------------------------------------------
# Main


def as_user():
    """The prefix that runs a command as the user who called sudo."""
    user = os.environ.get("SUDO_USER")
    return ["sudo", "--user", user, "--login", "--"] if user else []


def release_options():
    """The options of cargo for a program as it is released: statically linked, which starts faster and takes less memory, and smaller."""
    told = subprocess.run([*as_user(), "rustc", "-vV"], capture_output=True, text=True, timeout=60, check=True).stdout
    host = re.search(r"^host: (\S+)", told, re.MULTILINE)[1]
    flags = [flag for file in ("rustflags", "rustflags-linux") for flag in (ROOT / "deploy/release" / file).read_text().split()]
    return ["--target", host, "--config", f"target.{host}.rustflags={json.dumps(flags)}"]


def build(folder=".", profile=None, target=None, command=("build",)):
    """Builds the package in this folder of the project, as the user who called sudo. Returns the programs by name."""
    # mcast is measured in its release profile; the limit programs have another profile.
    profile = profile or ("dist" if folder == "." else "release")
    options = ["--profile", profile, "--locked", "--message-format=json-render-diagnostics", "--manifest-path", str(ROOT / folder / "Cargo.toml")]
    options += ["--target-dir", str(target)] if target else []
    options += release_options() if profile == "dist" else []
    say("building " + ("mcast" if folder == "." else folder))
    try:
        built = subprocess.run([*as_user(), "cargo", *command, *options], stdout=subprocess.PIPE, text=True, timeout=1800)
    except FileNotFoundError as missing:
        sys.exit(f"{missing.filename} is not there; build mcast elsewhere and name it: --mcast PATH")
    artifacts = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    programs = {artifact["target"]["name"]: artifact["executable"] for artifact in artifacts if artifact.get("executable")}
    if built.returncode != 0 or not programs:
        sys.exit(f"{'mcast' if folder == '.' else folder} could not be built")
    return programs
