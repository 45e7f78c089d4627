"""Finds the model's emoji by what people type: a name, a piece of one, or the emoji itself. Pure, no I/O."""

import re
from collections.abc import Sequence
from typing import Final

from model.labels import Label, bare

_IGNORED: Final = re.compile("[\\s:_\U0001f3fb-\U0001f3ff]")  # the last: skin colours


def find_label(labels: Sequence[Label], typed: str) -> Label | None:
    """The label that `typed` names, as `fire`, `:fire:`, `🔥` or `🔥 fire`; None where none or several are named."""
    known = [(label, _forms(label)) for label in labels]
    for parts in ([typed], typed.split()):
        wanted = {_fold(part) for part in parts}
        found = {label for label, forms in known if not wanted.isdisjoint(forms)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def search_labels(labels: Sequence[Label], typed: str) -> list[Label]:
    """The labels that `typed` may become: what begins so, then what holds it; in the order of `labels` otherwise."""
    wanted = _fold(typed)
    found = [label for label in labels if any(wanted in form for form in _forms(label))]
    return sorted(found, key=lambda label: not any(form.startswith(wanted) for form in _forms(label)))


def _forms(label: Label) -> tuple[str, str]:
    return _fold(label.name), _fold(label.emoji)


def _fold(text: str) -> str:
    return _IGNORED.sub("", bare(text)).casefold()
