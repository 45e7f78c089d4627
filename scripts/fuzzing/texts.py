"""Text that members write: as messages, and into commands."""

import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Final

from scripts.fuzzing.contract import Run, as_text

_MAX_LEN: Final = 64
_ESCAPED: Final = re.compile(r"\\[^A-Za-z0-9\s]")
_MEANING: Final = re.compile("[\\\\`*_~|<>\\[\\]()#/]|@(?!\u200b)|^[-+]|^\\d+[.]")
_CONTROLS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\u0300-\u036f]{3}"
)


def text(_: Path) -> Run:
    """Normalise, tokenise, encode and cut into words."""
    from model.bundle import PRETRAINED, load_bundle
    from model.text import MAX_CHARACTERS, encode, normalise, tokenise, word_spans

    vocabulary = load_bundle(PRETRAINED).vocabulary

    def run(content: bytes) -> None:
        message = as_text(content)
        normal = normalise(message)
        assert normalise(normal) == normal
        assert len(normal) <= MAX_CHARACTERS
        tokens = tokenise(message, vocabulary)
        assert len(tokens) <= len(normal)
        assert all(token and token == token.lower() for token in tokens)
        indices = encode(message, vocabulary, _MAX_LEN)
        assert len(indices) == min(len(tokens), _MAX_LEN)
        assert all(0 < index < len(vocabulary) for index in indices)
        end = 0
        for start, stop in word_spans(message):
            assert end <= start < stop <= len(message)
            end = stop

    return run


def predict(_: Path) -> Run:
    """Predict with the shipped bundle."""
    from model.predictor import CANDIDATES, Predictor

    predictor = Predictor.load()

    def run(content: bytes) -> None:
        prediction = predictor.predict(as_text(content))
        assert len(prediction.candidates) == CANDIDATES
        shares = [candidate.probability for candidate in prediction.candidates]
        assert shares == sorted(shares, reverse=True)
        assert 0 <= shares[-1] <= shares[0] <= 1
        assert 0 <= prediction.silence <= 1
        assert all(0 <= candidate.confidence <= 1 for candidate in prediction.candidates)

    return run


def explain(_: Path) -> Run:
    """Explain with the shipped bundle, and show it on the card of /predict."""
    from bot.cogs.predict import explanation_embed
    from bot.judge import Verdict
    from model.predictor import MAX_EXPLAINED, Predictor

    predictor = Predictor.load()

    def run(content: bytes) -> None:
        message = as_text(content)
        explanation = predictor.explain(message)
        assert len(explanation.words) <= MAX_EXPLAINED
        assert all(word in message and isfinite(weight) for word, weight in explanation.words)
        _check_card(explanation_embed(message, Verdict(explanation.prediction, None), explanation).to_dict())

    return run


def _check_card(card: Mapping[str, Any]) -> None:
    """Discord's limits, and nothing of the text in it that formats, notifies, links, or disturbs what is around it."""
    values: list[str] = [field["value"] for field in card["fields"]]
    assert max(map(len, values)) <= 1024
    assert sum(map(len, values)) + len(card["title"]) + len(card["description"]) <= 5000
    lines = [card["description"].removeprefix("> ")]
    for value in values[1:]:  # the first holds the candidates; the others a line a word, behind its bar and factor
        lines += [line.partition("` ")[2] for line in value.splitlines()]
    for line in lines:
        line.encode()  # what cannot be sent
        assert not _CONTROLS.search(line)
        assert not _MEANING.search(_ESCAPED.sub("x", line))


def commands(_: Path) -> Run:
    """What members and admins type into commands."""
    from bot.cogs.predict import prediction_embed
    from bot.judge import Verdict
    from bot.label_search import find_label, search_labels
    from bot.server_emoji import emoji_id
    from model.bundle import PRETRAINED
    from model.labels import load_labels
    from model.predictor import Candidate, Prediction

    known = load_labels(PRETRAINED / "labels.tsv")
    verdict = Verdict(Prediction((Candidate("🔥", 0.5, 0.6),), 0.1), None)

    def run(content: bytes) -> None:
        typed = as_text(content)
        found = find_label(known, typed)
        assert found is None or found in known
        assert set(search_labels(known, typed)) <= set(known)
        assert 0 <= emoji_id(typed) < 10**20
        _check_card(prediction_embed(typed, verdict).to_dict())

    return run
