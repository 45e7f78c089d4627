"""Pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.guild_settings import ChannelMode, GuildSettings, GuildState
from bot.policy import Defaults, MessageFacts, Skip, choose, refusal, skip_reason
from bot.taste import Taste
from model.predictor import Candidate, Prediction

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = {"🔥": "fire", "😂": "joy"}
FACTS = MessageFacts("hello", author_id=7, role_ids=frozenset({31, 32}), places=frozenset({11, 10}))


def prediction(confidence: float = 0.6, second: float = 0.3) -> Prediction:
    return Prediction((Candidate("🔥", 0.4, confidence), Candidate("😂", 0.2, second)), 0.1)


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


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ({}, None),
        ({"enabled": False}, Skip.OFF),
        ({"channels": frozenset({11})}, Skip.CHANNEL),
        ({"channels": frozenset({10})}, Skip.CHANNEL),
        ({"channels": frozenset({12})}, None),
        ({"channels": frozenset({10}), "channel_mode": ChannelMode.ONLY}, None),
        ({"channels": frozenset({12}), "channel_mode": ChannelMode.ONLY}, Skip.CHANNEL),
        ({"channel_mode": ChannelMode.ONLY}, Skip.CHANNEL),
        ({"ignored_members": frozenset({7})}, Skip.MEMBER),
        ({"ignored_members": frozenset({8})}, None),
        ({"ignored_roles": frozenset({32})}, Skip.ROLE),
        ({"ignored_roles": frozenset({33})}, None),
        ({"shortest": 6}, Skip.SHORT),
        ({"shortest": 5}, None),
        ({"longest": 4}, Skip.LONG),
        ({"longest": 5}, None),
    ],
)
def test_what_a_server_does_not_want_is_refused(chosen: dict[str, Any], reason: Skip | None) -> None:
    assert refusal(FACTS, GuildSettings(**chosen), opted_out=False) == reason


@pytest.mark.parametrize("mode", list(ChannelMode))
def test_where_channels_are_listed_a_place_that_is_not_known_is_refused(mode: ChannelMode) -> None:
    somewhere = replace(FACTS, place_known=False)
    listed = GuildSettings(channel_mode=mode, channels=frozenset({10}))

    assert refusal(somewhere, listed, opted_out=False) is Skip.CHANNEL
    assert refusal(somewhere, GuildSettings(), opted_out=False) is None


@pytest.mark.parametrize("chosen", [{"shortest": 6}, {"longest": 4}])
def test_for_who_asks_no_message_is_too_short_or_too_long(chosen: dict[str, int]) -> None:
    assert refusal(FACTS, GuildSettings(**chosen), opted_out=False, asked=True) is None  # type: ignore[arg-type]


def test_who_opted_out_gets_nothing() -> None:
    assert refusal(FACTS, GuildSettings(), opted_out=True) is Skip.OPTED_OUT


def test_white_space_around_a_message_does_not_make_it_long() -> None:
    padded = replace(FACTS, text=" hello \n")

    assert refusal(padded, GuildSettings(longest=5), opted_out=False) is None


@given(st.floats(0, 1), st.floats(0, 1), st.none() | st.floats(0, 1))
def test_it_is_sure_exactly_when_the_confidence_reaches_the_threshold(
    confidence: float, default: float, own: float | None
) -> None:
    state = GuildState(GuildSettings(threshold=own))
    choice = choose(prediction(confidence), state, Defaults(default, NAMES), NOW)

    assert choice is not None
    assert (choice.name, choice.emoji) == ("fire", "🔥")
    assert choice.sure == (confidence > 0 and confidence >= (default if own is None else own))


def test_what_the_model_cannot_read_gets_nothing_at_any_threshold() -> None:
    choice = choose(prediction(0.0, 0.0), GuildState(), Defaults(0.0, NAMES), NOW)

    assert choice is not None
    assert not choice.readable
    assert not choice.sure


def test_a_replaced_emoji_is_used() -> None:
    state = GuildState(GuildSettings(emoji={"fire": "<:blob:123>"}))
    choice = choose(prediction(), state, Defaults(0.5, NAMES), NOW)

    assert choice is not None
    assert (choice.name, choice.emoji, choice.sure) == ("fire", "<:blob:123>", True)


def test_in_the_place_of_a_switched_off_emoji_stands_the_next_with_its_own_confidence() -> None:
    state = GuildState(GuildSettings(emoji={"fire": None}))
    choice = choose(prediction(0.9, 0.3), state, Defaults(0.5, NAMES), NOW)

    assert choice is not None
    assert (choice.name, choice.confidence, choice.sure) == ("joy", 0.3, False)


def test_with_every_candidate_switched_off_there_is_no_choice() -> None:
    state = GuildState(GuildSettings(emoji={"fire": None, "joy": None}))

    assert choose(prediction(0.9, 0.9), state, Defaults(0.5, NAMES), NOW) is None


def test_the_taste_of_a_server_moves_the_threshold_of_that_emoji_only() -> None:
    disliked = GuildState(taste={"fire": Taste(0, 20, NOW)})
    liked = GuildState(taste={"fire": Taste(50, 0, NOW)})
    other = GuildState(taste={"joy": Taste(0, 20, NOW)})
    thresholds = []
    for state in (disliked, liked, other):
        choice = choose(prediction(), state, Defaults(0.6, NAMES), NOW)
        assert choice is not None
        thresholds.append(choice.threshold)

    assert thresholds[0] > 0.7
    assert thresholds[1] < 0.55
    assert thresholds[2] == 0.6
