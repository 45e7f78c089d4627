"""Is a model fit to answer at all? A quick look for what no hash tells: networks that are broken, not bad.

It knows nothing of quality: for that there is `scripts.evaluate`.
"""

from typing import Final

import numpy as np

from model.bundle import BundleError
from model.predictor import Predictor

PLAIN: Final = (
    "i love you so much",
    "that was hilarious, i can't stop laughing",
    "i am so sad, my dog died this morning",
    "let's eat, dinner is ready and i am hungry",
    "we won the baseball game last night!!!",
    "happy birthday, my friend",
    "congratulations, you got the job!",
    "thank you so much for your help",
)
"""Messages that anybody would react to, and not with one emoji to all."""

ODD: Final = ("", " ", "🔥", "ok", "\x00\ud800\u202e", "a " * 2000, "a" * 4000)
"""Messages that must not upset a model."""

_WORDS: Final = 64
"""Tokens of the model's own vocabulary, each read alone: a model of another language knows no plain message."""

_SUM_TOLERANCE: Final = 1e-3
_LEAST_SPREAD: Final = 1e-4
"""By how much the probability of at least one outcome differs from text to text."""

_LEAST_CHOICE: Final = 5
"""Labels from which on one emoji for all plain messages is a fault."""


def smoke_test(predictor: Predictor, *, must_react: bool) -> None:
    """Let a predictor answer a few built-in messages.

    Args:
        predictor: of the model.
        must_react: whether it must do what a model in the place of a good one should. One of few rows may well be
            silent, and whoever starts a bot with it knows.

    Raises:
        BundleError: it fails, gives numbers that are no probabilities, answers one text in two ways, or all texts
            alike. Where it must react: it stays silent on all plain messages, or has one emoji for them all.
    """
    with np.errstate(all="ignore"):  # what is not finite is a finding here, not a warning
        reason = _fault(predictor, must_react=must_react)
    if reason is not None:
        raise BundleError(predictor.bundle.path, reason)


def _fault(predictor: Predictor, *, must_react: bool) -> str | None:
    """What is wrong with a predictor, or None."""
    try:
        predictions = predictor.predict_batch(PLAIN)
        predictor.explain(PLAIN[0])
        predictor.predict_batch(ODD)
        fault = _fault_of_numbers(predictor)
        repeated = predictor.predict_batch(PLAIN)
    except Exception as error:  # noqa: BLE001 - whatever it was, a message would meet it too
        return f"its network fails with {type(error).__name__}"
    if fault is not None:
        return fault
    if repeated != predictions:
        return "it answers one text in two ways"
    readable = [prediction for prediction in predictions if prediction.confidence > 0.0]
    if not must_react or len(readable) <= len(PLAIN) / 2:  # of these it reads another language
        return None
    if all(prediction.emoji(predictor.threshold) is None for prediction in readable):
        return f"it stays silent on {len(readable)} plain messages"
    emoji = {prediction.candidates[0].emoji for prediction in readable}
    if len(emoji) == 1 and len(predictor.bundle.labels) >= _LEAST_CHOICE:
        return f"it answers {len(readable)} plain messages with {emoji.pop()}"
    return None


def _fault_of_numbers(predictor: Predictor) -> str | None:
    """What is wrong with the numbers that the network gives, or None."""
    tokens = np.unique(np.linspace(1, len(predictor.bundle.vocabulary) - 1, _WORDS, dtype=np.int64)).tolist()
    batches = [[token] for token in tokens], predictor.encode(PLAIN), predictor.encode(ODD)
    outputs = [predictor.run(rows) for rows in batches]
    probabilities = np.concatenate([outcomes for outcomes, _ in outputs])
    fits = [logits for _, logits in outputs if logits is not None]
    if not all(np.isfinite(numbers).all() for numbers in (probabilities, *fits)):
        return "it gives numbers that are not finite"
    if abs(probabilities.sum(axis=1) - 1).max() > _SUM_TOLERANCE:
        return "its probabilities do not add up to 1"
    if np.ptp(probabilities, axis=0).max() < _LEAST_SPREAD:
        return "it answers all texts alike"
    return None
