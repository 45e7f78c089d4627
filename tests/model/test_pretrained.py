"""The bundle that ships with the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from model.bundle import PRETRAINED
from model.labels import load_labels
from model.predictor import Predictor
from model.training.datasets import load_examples
from model.training.evaluate import evaluate

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


@pytest.fixture(scope="module")
def scores(predictor: Predictor) -> dict[str, Any]:
    """Scores on the development rows, computed anew."""
    examples = load_examples(DATA / "chat" / "dev.tsv", predictor.bundle.labels)
    predictions = predictor.predict_batch([example.text for example in examples])
    return evaluate(examples, predictions, predictor.threshold)


def test_it_answers_with_the_63_labels_of_the_corpus(predictor: Predictor) -> None:
    assert len(predictor.bundle.labels) == 63
    assert predictor.bundle.labels == load_labels(DATA / "labels.tsv")
    assert predictor.bundle.config.no_reaction


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in PRETRAINED.iterdir()) <= 20e6


def test_it_holds_what_a_bundle_holds_and_nothing_else() -> None:
    assert {path.name for path in PRETRAINED.iterdir()} == {
        "README.md",
        "config.json",
        "embedding.npy",
        "labels.tsv",
        "metrics.json",
        "model.onnx",
        "vocabulary.txt",
    }


def test_its_card_names_its_licences_scores_and_limits() -> None:
    card = (PRETRAINED / "README.md").read_text(encoding="utf-8")

    for heading in ("## Method", "## Data and licences", "## Scores on the dev rows", "## Limits"):
        assert heading in card


@pytest.mark.parametrize("message", ["we got the flat!!!", "the meeting is at 5", "", "blorf", "🎉" * 50])
def test_it_gives_five_sorted_candidates(predictor: Predictor, message: str) -> None:
    prediction = predictor.predict(message)
    shares = [candidate.probability for candidate in prediction.candidates]

    assert len({candidate.emoji for candidate in prediction.candidates}) == 5
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) + prediction.silence <= 1 + 1e-6


@pytest.mark.parametrize(
    "message",
    [
        "the meeting is at 5",
        "the file is in the shared folder",
        "",
        "   \n",
        "https://example.org/watch?v=4711",
        "https://example.org https://example.com/a/b",
        "```py\nprint('hello')\n```",
        "`x = 1`",
        "<@123456789012345678>",
        "asdkjh qweoiu zxmnb",
        "sdfsdfsdf",
        "wir treffen uns morgen früh am bahnhof",
        "las llaves están encima de la mesa",
        "встреча завтра в пять",
        "会議は五時からです",
        "الاجتماع في الساعة الخامسة",
    ],
)
def test_it_is_silent_where_nothing_calls_for_a_reaction(predictor: Predictor, message: str) -> None:
    assert predictor.predict(message).emoji(predictor.threshold) is None


@pytest.mark.parametrize(
    ("message", "fitting"),
    [
        ("happy birthday!!! hope you have the best day", {"🎂", "🎉", "❤️", "🤗"}),
        ("we won the final, champions at last!!!", {"🏆", "🎉", "🔥", "👏"}),
        ("my grandmother died this morning", {"😢", "💔", "😭", "🤗", "❤️", "🙏"}),
    ],
)
def test_it_reacts_where_every_friend_would(predictor: Predictor, message: str, fitting: set[str]) -> None:
    assert predictor.predict(message).emoji(predictor.threshold) in fitting


@pytest.mark.parametrize(
    "measure", ["acceptable_at_1", "best_in_top_3", "precision", "coverage", "silence_on_neutral", "ece"]
)
def test_it_is_as_good_as_its_metrics_say(scores: dict[str, Any], measure: str) -> None:
    claimed = json.loads((PRETRAINED / "metrics.json").read_text(encoding="utf-8"))["dev"]

    assert scores[measure] == pytest.approx(claimed[measure], abs=0.01)
