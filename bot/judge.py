"""Asks the model about a message and weighs the answer by what a server wants."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.current_model import CurrentModel
from bot.guild_settings import GuildState
from bot.policy import Choice, choose
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
    """

    def __init__(self, service: PredictionService, model: CurrentModel, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._model = model
        self._clock = clock

    async def judge(self, text: str, state: GuildState) -> Verdict:
        """Predict for `text` in the server of `state`.

        Raises:
            ServiceBusyError: too many wait for the model.
            ServiceClosedError: the bot is leaving.
        """
        return self._verdict(await self._service.predict(text), state)

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
