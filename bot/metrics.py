"""What the bot counts of itself, for those who run it. Plain numbers, which `bot/exposition.py` turns into a page."""

from collections import Counter
from typing import Final

from bot.histogram import Histogram

PREDICTION_BOUNDS: Final = (
    *(0.0001, 0.0002, 0.0003, 0.0005, 0.00075),
    *(0.001, 0.002, 0.003, 0.005, 0.0075),
    *(0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 1.0),
)
"""Seconds."""
DELAY_BOUNDS: Final = (0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds. Discord's own way there and back takes some hundredths; after `STALE_AFTER` there is no reaction."""
LAG_BOUNDS: Final = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""
ANSWER_BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
"""Seconds. Discord gives up on an interaction after 3."""


class Metrics:
    """Counters and histograms of one process. What can be read off the bot at any moment is in `bot/vitals.py`.

    All keys are of small closed sets: never an id, a name or a text. It belongs to the event loop's thread.
    """

    def __init__(self) -> None:
        self.predictions = Histogram(PREDICTION_BOUNDS)
        """Seconds that a prediction took, the wait for the model included."""
        self.reaction_delays = Histogram(DELAY_BOUNDS)
        """Seconds from a message, or its edit, to the reaction, by the bot's clock; not of reactions asked for."""
        self.loop_lags = Histogram(LAG_BOUNDS)
        """Seconds by which the event loop was late."""
        self.answers: dict[str, Histogram] = {}
        """Seconds from an interaction's arrival to the end of its command, by the command's name."""
        self.failed_commands: Counter[str] = Counter()
        """Commands that raised, by name; presses of buttons count as "buttons"."""
        self.replies = 0
        """Discord's replies to requests, good and bad."""
        self.errors: Counter[tuple[str, str]] = Counter()
        """Those that were errors, by HTTP status and Discord's JSON code."""
        self.rate_limits: Counter[str] = Counter()
        """Those that were rate limits, by scope."""
        self.unreachable = 0
        """Requests that got no reply, for the connection failed."""
        self.disconnects = 0
        """Connections to the gateway that were lost or given up."""

    def answered(self, command: str, seconds: float) -> None:
        """A command has run to its end."""
        if command not in self.answers:
            self.answers[command] = Histogram(ANSWER_BOUNDS)
        self.answers[command].observe(seconds)
