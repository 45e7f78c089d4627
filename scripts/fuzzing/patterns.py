"""Every regular expression of the project, and texts that would take a bad one far too long.

A pattern that can match a text in several ways tries them all before it gives up: quadratic, cubic or exponential time
(Davis et al., 2018, "The Impact of Regular Expression Denial of Service in Practice"). Such a text repeats something
that the pattern repeats, and then breaks off.
"""

import ast
import importlib
import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

_FUNCTIONS: Final = frozenset({"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"})
_KINDS: Final = "aA0_ \n'x\u00e9\u0301\U0001f525"
"""One character of each kind that classes such as \\w tell apart."""
_ENDS: Final = ("", "\x00")
_SIZES: Final = (20, 200, 2_000, 8_000)
"""Characters: a pattern that is exponential shows it at 20, a cubic one at 200, before they take for ever."""
_MOST_LETTERS: Final = 24
_FEW: Final = 60
_SURELY_FAST: Final = 0.002
_STEP: Final = 8
_FACTOR: Final = 24.0
"""Eight times the text takes a linear pattern 8 times as long, a quadratic one 64 times."""


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern, where it stands, and with which methods it is used there."""

    path: Path
    line: int
    pattern: re.Pattern[Any]
    methods: frozenset[str]


class SlowPatternError(Exception):
    """A pattern takes more than linear time. The message names it and the text."""

    def __init__(self, pattern: re.Pattern[Any], text: str, seconds: float) -> None:
        shown = repr(text if len(text) < 40 else f"{text[:20]}...{text[-20:]}")
        super().__init__(f"{pattern.pattern[:80]!r} took {seconds:.3f} s for {len(text)} characters as {shown}.")


def find_patterns(folder: Path, packages: Sequence[str]) -> list[Found]:
    """Every pattern that is given to a function of `re` in the packages below `folder`.

    One that is put together from names is evaluated in its module; the others need no import.
    """
    found = []
    for path in sorted(file for package in packages for file in (folder / package).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = ".".join(path.relative_to(folder).with_suffix("").parts)
        names = {id(node.value): ast.unparse(node.target) for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)}
        calls = [
            (node, ast.unparse(node.func.value), node.func.attr)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FUNCTIONS
        ]
        for node, receiver, function in calls:
            if receiver != "re" or isinstance(node.args[0], ast.Starred):
                continue
            methods = {function}
            if function == "compile":
                # Those of its name; of one that is handed on, those of what is called `pattern` there, if anything is.
                methods = {used for _, by, used in calls if by == names.get(id(node))}
                methods = methods or {used for _, by, used in calls if by == "pattern"} or {"finditer"}
            arguments = node.args if function == "compile" else node.args[:1]
            pattern = re.compile(*(_value(one, module) for one in arguments))
            found.append(Found(path, node.lineno, pattern, frozenset(methods)))
    return found


def _value(node: ast.expr, module: str) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        namespace = {"re": re} if isinstance(node, ast.Attribute) else vars(importlib.import_module(module))
        return eval(compile(ast.Expression(node), module, "eval"), dict(namespace))  # noqa: S307 - this project's code


def texts(pattern: re.Pattern[Any], size: int, pairs: int | None = None) -> Iterator[Any]:
    """Texts of about `size` characters that a bad pattern would choke on, from all pairs of pieces or so many.

    All pairs of what stands in the pattern and of one character of each kind, by turns and in two runs; the tokens of
    the pattern's own text, repeated; each with an end that may not fit.
    """
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    letters = dict.fromkeys(_KINDS + "".join(one for one in source if not one.isalnum() and one not in " \n"))
    pieces = [*letters][:_MOST_LETTERS] + [*dict.fromkeys(re.findall(r"[a-z]{2,}|```|\\?[^\w\s]{2,3}", source))][
        :_MOST_LETTERS
    ]
    chosen = list(product(pieces, repeat=2))
    if pairs is not None:
        alone = [(piece, piece) for piece in pieces]
        chosen = alone + chosen[:: len(chosen) // pairs + 1]
    for first, second in chosen:
        half = size // (len(first) + len(second)) + 1
        forms = (
            [(first + second) * half] if first == second else [(first + second) * half, first * half + second * half]
        )
        for form, end in product(forms, _ENDS):
            text = form + end
            yield text if isinstance(pattern.pattern, str) else text.encode("utf-8")


def check_linear(pattern: re.Pattern[Any], methods: Collection[str], *, few: bool = False) -> int:
    """Try a pattern with its methods on all texts, or on a few shorter ones; returns how many texts there were.

    Raises:
        SlowPatternError: one took more than linear time, also when it was tried again.
    """
    count = 0
    uses = [_use(pattern, method) for method in methods]
    for size in _SIZES[:-1] if few else _SIZES:
        for text in texts(pattern, size, _FEW if few else None):
            count += 1
            seconds = _seconds(uses, text)
            if seconds > _SURELY_FAST:
                seconds = min(_seconds(uses, text) for _ in range(3))
                # What is left out at the front keeps the end, at which the pattern gives up.
                short = text[len(text) - len(text) // _STEP :]
                if seconds > _SURELY_FAST + _FACTOR * min(_seconds(uses, short) for _ in range(3)):
                    raise SlowPatternError(pattern, text, seconds)
    return count


def _use(pattern: re.Pattern[Any], method: str) -> Callable[[Any], object]:
    """A method, such that it does all that its name says."""
    match method:
        case "finditer" | "findall":
            return lambda text: sum(1 for _ in pattern.finditer(text))
        case "sub":
            return lambda text: pattern.sub(text[:0], text)
        case _:
            return getattr(pattern, method)  # type: ignore[no-any-return]


def _seconds(uses: Sequence[Callable[[Any], object]], text: Any) -> float:
    """Of the processor."""
    started = time.thread_time()
    for use in uses:
        use(text)
    return time.thread_time() - started
