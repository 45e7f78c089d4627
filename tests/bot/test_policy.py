"""Pure decisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import MessageFacts, ServerSettings, Skip, choose, skip_reason
from model.predictor import Candidate, Prediction


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (MessageFacts("hello", own=True, bot=True), Skip.OWN),
        (MessageFacts("hello", bot=True), Skip.BOT),
        (MessageFacts("hello", bot=True, webhook=True), Skip.WEBHOOK),
        (MessageFacts("hello", system=True), Skip.SYSTEM),
        (MessageFacts("hello", in_guild=False), Skip.DIRECT),
        (MessageFacts(" \n\t"), Skip.EMPTY),
        (MessageFacts("hello"), None),
    ],
)
def test_each_kind_of_message_is_skipped_for_its_reason(facts: MessageFacts, reason: Skip | None) -> None:
    assert skip_reason(facts) == reason


@given(st.floats(0, 1, exclude_min=True), st.floats(0, 1))
def test_it_reacts_exactly_when_the_confidence_reaches_the_threshold(confidence: float, threshold: float) -> None:
    prediction = Prediction((Candidate("🔥", 0.4), Candidate("😂", 0.2)), 0.1, confidence)
    expected = "🔥" if confidence >= threshold else None

    assert choose(prediction, ServerSettings(threshold)) == expected


def test_what_the_model_cannot_read_gets_nothing_at_any_threshold() -> None:
    illegible = Prediction((Candidate("🔥", 0.4),), 0.1, confidence=0.0)

    assert choose(illegible, ServerSettings(0.0)) is None
