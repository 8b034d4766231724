#!/usr/bin/env python3
"""Runs all fuzzers in turn, and adds up their executions over many runs: a campaign that can be stopped and resumed.

    python3 benches/fuzz_campaign.py --minutes 60
    python3 benches/fuzz_campaign.py --minutes 600 --jobs 8 --seconds 300
    python3 benches/fuzz_campaign.py --show

It starts `fuzz/run`, which builds the fuzzers, for --seconds per target, and begins again after the last target until --minutes or
--towards executions are reached. Corpora stay in fuzz/target/corpus, and the counters in fuzz/target/campaign.json, which each step
replaces at once. A finding stops the campaign with the exit status 1; fuzz/artifacts holds the input. The counter is libFuzzer's
`number_of_executed_units`. The time is that of the fuzzer, without the build.

It prints Markdown. It needs Rust and a C++ compiler, and neither root nor a network.
"""

import argparse
import concurrent.futures
import datetime
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
from lab import ROOT, head, kernel, machine, row, say  # noqa: E402

RUN, COUNTERS = ROOT / "fuzz/run", ROOT / "fuzz/target/campaign.json"


def targets():
    """The fuzzers, in the order of their manifest."""
    manifest = (ROOT / "fuzz/Cargo.toml").read_text()
    return re.findall(r'^\[\[bin\]\]\nname = "(.+)"', manifest, re.MULTILINE)


def commit():
    told = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return told.stdout.strip() or "unknown"


class Campaign:
    """The counters of each target: executions, seconds and steps."""

    def __init__(self):
        self.lock = threading.Lock()
        self.state = {"began": str(datetime.date.today()), "commits": [], "targets": {}}
        if COUNTERS.exists():
            self.state = json.loads(COUNTERS.read_text())

    def add(self, target, executions, seconds):
        with self.lock:
            counters = self.state["targets"].setdefault(target, {"executions": 0, "seconds": 0.0, "steps": 0})
            counters["executions"] += executions
            counters["seconds"] += seconds
            counters["steps"] += 1
            COUNTERS.parent.mkdir(exist_ok=True)
            written = COUNTERS.with_suffix(".new")
            written.write_text(json.dumps(self.state, indent=1) + "\n")
            written.replace(COUNTERS)

    def total(self):
        return sum(counters["executions"] for counters in self.state["targets"].values())

    def print(self, goal):
        began, commits = self.state["began"], self.state["commits"]
        print(f"Campaign of {began} to {datetime.date.today()}, commits {', '.join(commits) or 'none'}; {machine()}; {kernel()}\n")
        head("target", "executions", "time", "executions per second", "steps")
        seconds = 0.0
        for target, counters in self.state["targets"].items():
            seconds += counters["seconds"]
            speed = f"{counters['executions'] / counters['seconds']:,.0f}"
            row(f"`{target}`", f"{counters['executions']:,}", f"{counters['seconds'] / 60:.1f} min", speed, str(counters["steps"]))
        total = self.total()
        speed = f"{total / seconds:,.0f}" if seconds else "–"
        row("all", f"{total:,}", f"{seconds / 60:.1f} min", speed, str(sum(counters["steps"] for counters in self.state["targets"].values())))
        if total < goal and seconds:
            hours = (goal - total) / (total / seconds) / 3600
            print(f"\n{100 * total / goal:.1f} % of {goal:,} executions; the rest takes {hours:.1f} hours of one core at this speed")


def step(target, seconds):
    """(executions, seconds) of one run of a fuzzer. None if it failed."""
    ran = subprocess.run([str(RUN), str(seconds), target], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = re.search(r"stat::number_of_executed_units:\s*(\d+)", ran.stdout)
    if ran.returncode != 0 or not found:
        say(f"{target}: exit {ran.returncode}\n{ran.stderr}")
        return None
    log = (Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "fuzz/target")) / f"{target}.log").read_text(errors="replace")
    done = re.search(r"^Done \d+ runs in (\d+) second", log, re.MULTILINE)
    return int(found[1]), float(done[1] if done else seconds)


def steps(campaign, chosen, names):
    """Runs the targets in turn until the end of the campaign. Returns whether there was no finding."""
    end = time.monotonic() + chosen.minutes * 60
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        clean, turn, running = True, 0, {}
        while True:
            more = clean and time.monotonic() < end and campaign.total() < chosen.towards
            # A target has one corpus, and runs once at a time.
            while more and len(running) < min(chosen.jobs, len(names)):
                target = names[turn % len(names)]
                turn += 1
                if target not in running.values():
                    running[pool.submit(step, target, chosen.seconds)] = target
            if not running:
                return clean
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                target, result = running.pop(future), future.result()
                if result is None:
                    clean = False
                    continue
                campaign.add(target, *result)
                say(f"{target}: {result[0]:,} executions in {result[1]:.0f} s; {campaign.total():,} in all")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=60, help="end after the step that exceeds this time")
    options.add_argument("--seconds", type=int, default=60, help="the time of each step")
    options.add_argument("--towards", type=lambda text: int(float(text)), default=10**9, help="end at this number of executions")
    options.add_argument("--jobs", type=int, default=1, help="targets at the same time, one core each")
    options.add_argument("--only", help="targets, separated by commas")
    options.add_argument("--show", action="store_true", help="print the counters and do nothing else")
    chosen = options.parse_args()
    names = chosen.only.split(",") if chosen.only else targets()
    campaign, clean = Campaign(), True
    if not chosen.show:
        if (now := commit()) not in campaign.state["commits"]:
            campaign.state["commits"].append(now)
        try:
            clean = steps(campaign, chosen, names)
        except KeyboardInterrupt:
            say("interrupted: the running steps do not count")
    campaign.print(chosen.towards)
    sys.exit(0 if clean else 1)


if __name__ == "__main__":
    main()
