"""A few invented messages with what fits them and what a model might answer."""

from model.predictor import Candidate, Prediction
from model.training.datasets import Example


def answered(*emoji: str, confidence: float = 0.9) -> Prediction:
    """A prediction with these candidates, best first."""
    return Prediction(tuple(Candidate(one, 0.5 / 2**place, confidence) for place, one in enumerate(emoji)), 0.1)


ROWS = {
    Example("we won", ("🔥", "😂")): answered("🔥", "😂", "😢", confidence=0.95),
    Example("so funny", ("😂", "😍")): answered("😍", "🔥", "😂", confidence=0.75),
    Example("my | dog *died*", ("😢",)): answered("😂", "🔥", "😍", confidence=0.85),
    Example("what a view", ("😍",)): answered("😍", "😂", "🔥", confidence=0.35),
    Example("the bus leaves at nine", ()): answered("🔥", "😂", "😍", confidence=0.55),
    Example("which room", ()): answered("😂", "🔥", "😍", confidence=0.15),
}
