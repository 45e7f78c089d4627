"""What a load program prints: its figures, and which goals they meet."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that has to be within `low` and `high`; None is no limit."""

    name: str
    figure: float
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> bool:
        """Whether it is."""
        above = self.low is None or self.figure >= self.low
        return above and (self.high is None or self.figure <= self.high)

    def __str__(self) -> str:
        limits = [f">= {self.low:,.6g}"] if self.low is not None else []
        limits += [f"<= {self.high:,.6g}"] if self.high is not None else []
        if self.low == self.high:
            limits = [f"= {self.low:,.6g}"]
        return f"{'met   ' if self.met else 'MISSED'}  {self.name:36} {self.figure:>12,.6g}   {' and '.join(limits)}"


def say(line: str) -> None:
    """Tell how things go, beside what is printed in the end."""
    sys.stderr.write(f"{line}\n")


def tell(figures: Mapping[str, Any], goals: Sequence[Goal], *, as_json: bool) -> int:
    """Print both, for people or as one JSON object; returns the exit status, 1 where a goal is missed."""
    missed = [goal.name for goal in goals if not goal.met]
    if as_json:
        print(json.dumps({**figures, "goals": [asdict(goal) | {"met": goal.met} for goal in goals], "missed": missed}))
        return bool(missed)
    for name, figure in figures.items():
        if isinstance(figure, Mapping):
            print(name)
            for part, value in figure.items():
                print(f"  {part:34} {value:>12,.6g}")
        else:
            print(f"{name:36} {figure if isinstance(figure, str) else format(figure, ',.6g'):>12}")
    print()
    for goal in goals:
        print(goal)
    if missed:
        print(f"\nMissed: {', '.join(missed)}.")
    return bool(missed)
