"""Runs that alternate, their medians and ratios, and the tables of values and of goals."""

import statistics
import subprocess

from lab import Trouble, head, number, row, say

from .tools import NO_IPV6


class Runs:
    """All runs of one case. A field has a value per round, None for a failed round."""

    def __init__(self, name, measure):
        self.name, self.measure, self.rounds, self.troubles = name, measure, [], []

    def run(self):
        # A case that fails twice at once fails again.
        if len(self.troubles) > 1 and not any(self.rounds):
            return
        try:
            self.rounds.append(self.measure())
        except (Trouble, OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as trouble:
            self.rounds.append(None)
            self.troubles.append(f"{trouble}" if isinstance(trouble, Trouble) else f"{type(trouble).__name__}: {trouble}")
            say(f"  {self.name}: {self.troubles[-1]}")

    def all(self, field):
        return [figures[field] for figures in self.rounds if figures and field in figures]

    def median(self, field):
        values = self.all(field)
        return statistics.median(values) if values else None

    def ratio(self, other, field):
        """The median of the ratios of each round, which cancels changes between rounds."""
        pairs = [(ours[field], theirs[field]) for ours, theirs in zip(self.rounds, other.rounds) if ours and theirs]
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        return statistics.median(ratios) if ratios else None


def in_turn(what, repeat, cases, reverse=False):
    """Runs the cases A B A B: a busy minute of the machine then affects all. With `reverse`, A B B A: neither is always the first."""
    runs = {name: Runs(name, measure) for name, measure in cases.items()}
    for turn in range(repeat):
        order = list(runs.items())
        for name, case in reversed(order) if reverse and turn % 2 else order:
            say(f"{what}: {name}, run {turn + 1} of {repeat}")
            case.run()
    return runs


class Claims(list):
    """The expected and the measured value. `suffix` ends the name of each work, for the family."""

    suffix = ""

    def ratio(self, work, runs, theirs, field, at_least=None, at_most=None, ours="mcast"):
        """The value of mcast divided by that of another."""
        if theirs not in runs:
            self.add(work, theirs, at_least, at_most, None, "not run")
            return
        trouble = next((runs[name].troubles[0] for name in (ours, theirs) if runs[name].troubles), "no figure")
        if trouble == NO_IPV6:
            return
        self.add(work, theirs, at_least, at_most, runs[ours].ratio(runs[theirs], field), trouble)

    def best(self, work, runs, peers, field, at_least):
        """The value of mcast divided by the highest of its peers."""
        ran = [name for name in peers if name in runs and runs[name].median(field) is not None]
        if ran:
            best = max(ran, key=lambda name: runs[name].median(field))
            self.ratio(work, runs, best, field, at_least=at_least)
        else:
            self.add(work, "the best peer", at_least, None, None, "no peer ran")

    def value(self, work, runs, field, at_most, unit, ours="mcast"):
        """The value of mcast alone."""
        case = runs[ours]
        self.add(work, "–", None, at_most, case.median(field), (case.troubles or ["no figure"])[0], unit)

    def add(self, work, against, at_least, at_most, value, trouble, unit=""):
        work += self.suffix
        expected = f"≥ {at_least:g}{unit}" if at_most is None else f"≤ {at_most:g}{unit}"
        if value is None:
            self.append((work, against, expected, f"**no figure**: {trouble}"))
            return
        # Compare the digits as shown: 1.004 is not more than 1.
        text = number(value)
        shown = float(text.replace(",", ""))
        holds = shown >= at_least if at_most is None else shown <= at_most
        self.append((work, against, expected, f"{text}{unit} ✓" if holds else f"**{text}{unit}**"))


def spread(values, factor=1.0):
    values = [value * factor for value in values]
    if not values:
        return "–"
    middle = number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))}–{number(max(values))})"


def heading(lab, text):
    print(f"### {text}{lab.family.suffix}\n")


def figures_table(runs, columns, ratio=None):
    """The cases and their values: `columns` are titles and fields, `ratio` is the field for the comparison with mcast."""
    titles = list(columns)
    head("program", *titles, *([f"mcast / it: {ratio[0]}"] if ratio else []), "runs")
    ours = runs.get("mcast")
    for case in runs.values():
        values = [spread(case.all(field)) for field in columns.values()]
        if ratio:
            by = ours.ratio(case, ratio[1]) if ours and case is not ours else None
            values.append(number(by) if by is not None else "–")
        count = len([figures for figures in case.rounds if figures])
        row(case.name, *values, "; ".join([str(count), *dict.fromkeys(case.troubles)]))
    print()
