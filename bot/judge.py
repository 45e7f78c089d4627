"""Asks the model about a message and weighs the answer by what a server wants."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from bot.current_model import CurrentModel
from bot.guild_settings import GuildState
from bot.metrics import Metrics
from bot.policy import Choice, choose
from model.fair_queue import Lane
from model.predictor import Explanation, Prediction
from model.service import PredictionService


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model says of a message, and what that means in a server.

    Args:
        prediction: of the model.
        choice: the reaction that might be made; None where the server has switched off all that came into question.
    """

    prediction: Prediction
    choice: Choice | None


class Judge:
    """Judges messages.

    Args:
        service: the model.
        model: what is known of the models whose answers the service gives.
        clock: the present, aware.
        metrics: where predictions are counted; explanations are not, which take much longer.
    """

    def __init__(
        self,
        service: PredictionService,
        model: CurrentModel,
        clock: Callable[[], datetime],
        metrics: Metrics | None = None,
    ) -> None:
        self._service = service
        self._model = model
        self._clock = clock
        self._metrics = metrics or Metrics()

    async def judge(self, text: str, state: GuildState, lane: Lane | None = None) -> Verdict:
        """Predict for `text` in the server of `state`.

        Args:
            text: of the message.
            state: of the server.
            lane: the server and the channel of the message; None where a member waits for the answer.

        Raises:
            ServiceBusyError: too many wait for the model.
            ServiceClosedError: the bot is leaving.
        """
        asked = perf_counter()
        prediction = await self._service.predict(text, lane)
        self._metrics.predictions.observe(perf_counter() - asked)
        return self._verdict(prediction, state)

    async def explain(self, text: str, state: GuildState) -> tuple[Verdict, Explanation]:
        """Like `judge`, with the words that pushed the first candidate.

        Raises:
            ServiceBusyError: too many wait for the model.
            ServiceClosedError: the bot is leaving.
        """
        explanation = await self._service.explain(text)
        return self._verdict(explanation.prediction, state), explanation

    def _verdict(self, prediction: Prediction, state: GuildState) -> Verdict:
        defaults = self._model.defaults_of(prediction.version)  # of another model, if that was swapped meanwhile
        return Verdict(prediction, choose(prediction, state, defaults, self._clock()))
