"""What the rest of the bot knows of the model that answers, which may be swapped at any time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.policy import Defaults
from model.labels import Label
from model.predictor import Predictor

REMEMBERED: Final = 4
"""Models, the present one among them. An answer of the one before may be on its way when it is swapped."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model.

    Args:
        version: of its bundle.
        labels: its emoji.
        defaults: what it says where a server says nothing else.
        since: when it began to answer.
    """

    version: str
    labels: tuple[Label, ...]
    defaults: Defaults
    since: datetime

    @classmethod
    def of(cls, predictor: Predictor, threshold: float | None, since: datetime) -> "ModelFacts":
        """Of a predictor; the operator's `threshold` goes before the bundle's own."""
        labels = predictor.bundle.labels
        names = {label.emoji: label.name for label in labels}
        defaults = Defaults(predictor.threshold if threshold is None else threshold, names)
        return cls(predictor.version, labels, defaults, since)


class CurrentModel:
    """The facts of the model that answers now, and of the few before it."""

    def __init__(self, facts: ModelFacts) -> None:
        self._known: tuple[ModelFacts, ...] = (facts,)

    @property
    def facts(self) -> ModelFacts:
        """Of the model that answers now."""
        return self._known[0]

    @property
    def labels(self) -> tuple[Label, ...]:
        """Its emoji."""
        return self.facts.labels

    @property
    def emoji(self) -> Mapping[str, str]:
        """Its emoji by the names of their labels."""
        return {label.name: label.emoji for label in self.labels}

    @property
    def threshold(self) -> float:
        """Confidence from which the bot reacts where a server says nothing else."""
        return self.facts.defaults.threshold

    def replace(self, facts: ModelFacts) -> None:
        """Another model answers from now on."""
        self._known = (facts, *self._known)[:REMEMBERED]

    def defaults_of(self, version: str) -> Defaults:
        """What the model of an answer says where a server says nothing else.

        Raises:
            KeyError: it is none of those that answered lately.
        """
        return {facts.version: facts.defaults for facts in reversed(self._known)}[version]
