"""Memory of the running bot after no prediction and after very many."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from model.predictor import Predictor
from scripts.benchmarks.plan import Plan
from scripts.benchmarks.start import running_bot
from scripts.benchmarks.texts import varied

_LOOKS: Final = 20


@dataclass(frozen=True, slots=True)
class Endurance:
    """How the memory of one process went.

    Args:
        rss_mb: resident memory by the number of predictions made, 0 among them; 1e6 bytes.
        messages_per_s: predictions made a second, texts of 1 to 40 words coming through a pipe.
    """

    rss_mb: Mapping[int, float]
    messages_per_s: float

    @property
    def predictions(self) -> int:
        """Made in all."""
        return max(self.rss_mb)

    @property
    def growth_mb(self) -> float:
        """From none to all of them."""
        return self.rss_mb[self.predictions] - self.rss_mb[0]

    @property
    def late_growth_mb(self) -> float:
        """Over the second half, when everything has been used before."""
        return self.rss_mb[self.predictions] - self.rss_mb[sorted(self.rss_mb)[len(self.rss_mb) // 2]]


def measure_endurance(predictor: Predictor, plan: Plan) -> Endurance:
    """Have a bot of its own process predict `plan.predictions` varied texts."""
    texts = varied(list(predictor.bundle.vocabulary), seed=0)
    part = max(1, plan.predictions // _LOOKS)
    model = predictor.bundle.path
    with tempfile.TemporaryDirectory() as folder:
        with running_bot(model, Path(folder)):
            pass  # the first makes the tables, and needs more memory for it
        with running_bot(model, Path(folder)) as bot:
            memory = {0: bot.rss_mb}
            started = time.perf_counter()
            for number in range(1, _LOOKS + 1):
                bot.predict(list(islice(texts, part)))
                memory[number * part] = bot.rss_mb
            elapsed = time.perf_counter() - started
    return Endurance(memory, max(memory) / elapsed)
