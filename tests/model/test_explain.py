"""How much each word of a message pushed the first emoji."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, log

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.predictor import MAX_EXPLAINED, Explanation, Floats, Predictor
from model.text import MAX_CHARACTERS, encode, tokenise, word_spans

CHAT = [
    "we won the finals!!!",
    "my dog died this morning",
    "SOOO happy for you, you got the job",
    "can't believe it <:blob_happy:123456789012345678> we won @everyone",
    "no no no no NO",
    "lol",
]
AWKWARD = [
    "!",
    "~",
    "🔥",
    "🔥🔥 🔥",
    "\u200b \u200b",
    "\ud800",
    "@everyone <@1> <@&2> <#3>",
    "``` `` ` </a b:1>",
    "> quoted\n> > again",
    "ﷺ " * 100,
    "</ " * 1500,
    "a" * MAX_CHARACTERS,
    "so good " * 600,
]
MESSAGES = st.text() | st.lists(st.sampled_from([*CHAT, *AWKWARD, "so", "good", "WON"]), max_size=5).map(" ".join)


@pytest.fixture(scope="module")
def shipped() -> Predictor:
    return Predictor.load()


def _log_odds(predictor: Predictor, text: str, emoji: str) -> float:
    """Of any emoji, also of one that is no candidate."""
    place = [label.emoji for label in predictor.bundle.labels].index(emoji)
    probability = float(predictor.probabilities(predictor.encode([text]))[0, place])
    return log(probability / (1 - probability))


def _typed(explanation: Explanation) -> list[str]:
    return [word for word, _ in explanation.words]


def _weights(explanation: Explanation) -> list[float]:
    return [weight for _, weight in explanation.words]


@given(message=MESSAGES)
@example(message="")
def test_any_message_is_explained_in_order_with_finite_weights(toy_predictor: Predictor, message: str) -> None:
    explanation = toy_predictor.explain(message)

    read = message[:MAX_CHARACTERS]
    spans = list(word_spans(read))
    assert min(len(spans), 1) <= len(explanation.words) <= MAX_EXPLAINED
    assert _typed(explanation) == [read[start:end] for start, end in spans[: len(explanation.words)]]
    assert all(map(isfinite, _weights(explanation)))
    assert explanation.prediction.confidence == pytest.approx(toy_predictor.predict(message).confidence, abs=1e-5)


@pytest.mark.parametrize("message", [*CHAT, *AWKWARD], ids=ascii)
def test_the_shipped_model_predicts_the_same_with_an_explanation(shipped: Predictor, message: str) -> None:
    explanation, prediction = shipped.explain(message), shipped.predict(message)

    assert explanation.prediction.confidence == pytest.approx(prediction.confidence, abs=1e-5)
    assert [c.probability for c in explanation.prediction.candidates] == pytest.approx(
        [c.probability for c in prediction.candidates], abs=1e-5
    )
    assert all(map(isfinite, _weights(explanation)))


@pytest.mark.parametrize("message", CHAT)
def test_a_weight_is_what_leaving_the_word_out_does_to_the_log_odds(shipped: Predictor, message: str) -> None:
    explanation = shipped.explain(message)
    emoji = shipped.predict(message).candidates[0].emoji
    words = message.split()
    assert _typed(explanation) == words

    whole = _log_odds(shipped, message, emoji)
    for i, weight in enumerate(_weights(explanation)):
        rest = " ".join(words[:i] + words[i + 1 :])
        assert weight == pytest.approx(whole - _log_odds(shipped, rest, emoji), abs=1e-4)


@pytest.mark.parametrize("message", ["we won the finals!!!", "happy birthday to you", "my dog died this morning"])
def test_without_the_strongest_word_the_first_emoji_is_less_likely(shipped: Predictor, message: str) -> None:
    word, weight = max(shipped.explain(message).words, key=lambda word: word[1])
    assert weight > 0

    first = shipped.predict(message).candidates[0]
    rest = {c.emoji: c.probability for c in shipped.predict(message.replace(word, "")).candidates}
    assert rest.get(first.emoji, 0.0) < first.probability


def test_a_word_of_several_tokens_is_left_out_as_a_whole(toy_predictor: Predictor) -> None:
    message = "SOOO good can't <:so_bad:1>"
    assert len(toy_predictor.encode([message])[0]) > 4

    assert _typed(toy_predictor.explain(message)) == message.split()


def test_code_and_a_subcommand_are_one_word_each(toy_predictor: Predictor) -> None:
    message = "so `a b` ```\nc d\n``` </play song:1> ` good"

    assert _typed(toy_predictor.explain(message)) == ["so", "`a b`", "```\nc d\n```", "</play song:1>", "`", "good"]


@pytest.mark.parametrize("message", ["", "   \n"])
def test_a_message_without_words_has_nothing_to_explain(toy_predictor: Predictor, message: str) -> None:
    assert toy_predictor.explain(message) == Explanation(toy_predictor.predict(message), ())


def test_the_only_word_is_weighed_against_the_message_without_tokens(toy_predictor: Predictor) -> None:
    [(word, weight)] = toy_predictor.explain("won").words

    emoji = toy_predictor.predict("won").candidates[0].emoji
    assert word == "won"
    assert weight == pytest.approx(
        _log_odds(toy_predictor, "won", emoji) - _log_odds(toy_predictor, "", emoji), abs=1e-4
    )


def test_a_word_that_the_network_does_not_read_weighs_nothing(toy_predictor: Predictor) -> None:
    explanation = toy_predictor.explain("we ~ won")

    assert _typed(explanation)[1] == "~"
    assert _weights(explanation)[1] == pytest.approx(0, abs=1e-5)


def test_a_repeated_word_is_weighed_at_each_of_its_places(toy_predictor: Predictor) -> None:
    explanation = toy_predictor.explain("bad so good so")

    assert _typed(explanation) == ["bad", "so", "good", "so"]
    assert explanation.words[1] != explanation.words[3]


def test_words_that_the_network_does_not_read_any_more_change_nothing(toy_predictor: Predictor) -> None:
    assert toy_predictor.bundle.config.max_len == 12
    twelve = "so good " * 6
    explanation = toy_predictor.explain(twelve + "bad night " * 50)

    assert _typed(explanation) == twelve.split()
    assert _weights(explanation) == pytest.approx(_weights(toy_predictor.explain(twelve)), abs=1e-5)


def test_a_long_message_takes_one_run_of_bounded_size(
    toy_predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    run = Predictor.run

    def counted(self: Predictor, rows: Sequence[Sequence[int]]) -> tuple[Floats, Floats | None]:
        runs.append(len(rows))
        return run(self, rows)

    monkeypatch.setattr(Predictor, "run", counted)
    explanation = toy_predictor.explain("~ " * 2000)

    assert len(explanation.words) == MAX_EXPLAINED
    assert runs == [1 + MAX_EXPLAINED]


def test_a_network_that_reads_the_padding_is_explained_too(toy_predictor: Predictor) -> None:
    bundle = toy_predictor.bundle
    unmasked = Predictor(replace(bundle, config=replace(bundle.config, pads_count=True)))
    explanation = unmasked.explain("we won")

    emoji = explanation.prediction.candidates[0].emoji
    without = _log_odds(unmasked, "we won", emoji) - _log_odds(unmasked, "won", emoji)
    assert _weights(explanation)[0] == pytest.approx(without, abs=1e-4)


@given(text=MESSAGES, limit=st.integers(0, 20))
@example(text="can't", limit=1)
def test_reading_stops_at_the_limit_with_the_same_tokens(toy_predictor: Predictor, text: str, limit: int) -> None:
    vocabulary = toy_predictor.bundle.vocabulary

    assert tokenise(text, vocabulary, limit) == tokenise(text, vocabulary)[:limit]
    assert encode(text, vocabulary, limit) == encode(text, vocabulary, 2 * MAX_CHARACTERS)[:limit]


@given(st.text() | st.text("`<>/:ab1 \n"))
def test_words_hold_all_that_is_not_white_space(text: str) -> None:
    spans = list(word_spans(text))

    assert [end for _, end in spans] == sorted(end for _, end in spans)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
