"""A new model beside the old one: checked, swapped, and nothing lost or mixed meanwhile."""

import asyncio
import gc
import itertools
import logging
import shutil
import threading
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot import model_reload
from bot.current_model import REMEMBERED, CurrentModel, ModelFacts
from bot.guild_settings import GuildState
from bot.judge import Judge
from bot.model_reload import ModelReload, ReloadUnderWayError, load_model
from model.bundle import BundleError
from model.predictor import Predictor
from model.service import PredictionService
from tests.bot.stage import Loading
from tests.bundles import FLAGS, copy_bundle, flag_bundle, replace_folder, rewrite, set_config, set_weights

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = (
    "we won the finals!!!",
    "my dog died this morning",
    "i love you so much",
    "the meeting is at five",
    "happy birthday, my friend",
    "pizza for dinner tonight",
    "lol that was so funny",
    "",
)
PREDICTIONS = 10_000
SWAPS = 5


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_bundle(tmp_path_factory.mktemp("shipped") / "bundle")


@pytest.fixture(scope="module")
def flags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that answers with none of the shipped labels, and at another threshold."""
    return flag_bundle(tmp_path_factory.mktemp("flags") / "bundle")


class Model:
    """All that takes part in a reload, without a bot around it."""

    def __init__(self, folder: Path, threshold: float | None = None) -> None:
        predictor = load_model(folder)
        self.folder = folder
        self.service = PredictionService(predictor)
        self.current = CurrentModel(ModelFacts.of(predictor, threshold, NOW))
        self.judge = Judge(self.service, self.current, lambda: NOW)
        self.reload = ModelReload(folder, self.service, self.current, threshold, lambda: NOW)


@pytest.fixture
async def model(tmp_path: Path, shipped: Path) -> AsyncIterator[Model]:
    """The shipped model, in a folder that a test may replace."""
    (tmp_path / "model").symlink_to(shipped)
    model = Model(tmp_path / "model")
    yield model
    await model.reload.close()
    await model.service.close()


async def test_a_reload_swaps_answers_labels_and_threshold(
    model: Model, flags: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    before = model.current.facts.version
    replace_folder(model.folder, flags)

    assert await model.reload.reload() is True

    after = model.current.facts.version
    assert after == Predictor.load(flags).version != before
    assert model.current.labels == FLAGS
    assert model.current.threshold == 0.25
    prediction = await model.service.predict("i love you so much")
    assert prediction.version == after
    assert prediction.candidates[0].emoji in {label.emoji for label in model.current.labels}
    assert caplog.messages == [f"model reloaded before={before} after={after} labels=63"]


async def test_the_operators_threshold_outlives_a_reload(tmp_path: Path, shipped: Path, flags: Path) -> None:
    (tmp_path / "model").symlink_to(shipped)
    model = Model(tmp_path / "model", threshold=0.625)
    replace_folder(model.folder, flags)

    await model.reload.reload()

    assert model.current.threshold == 0.625
    await model.service.close()


async def test_an_unchanged_folder_changes_nothing(model: Model, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    facts, predictor = model.current.facts, model.service.predictor

    assert await model.reload.reload() is False

    assert model.current.facts is facts
    assert model.service.predictor is predictor
    assert caplog.messages == [f"model unchanged version={facts.version}"]


async def test_ten_thousand_predictions_during_five_swaps_are_neither_lost_nor_mixed(
    model: Model, shipped: Path, flags: Path
) -> None:
    predictors = [Predictor.load(folder) for folder in (shipped, flags)]
    thresholds = {predictor.version: predictor.threshold for predictor in predictors}
    names = {one.version: {label.emoji: label.name for label in one.bundle.labels} for one in predictors}
    expected = {(one.version, text): one.predict(text) for one in predictors for text in TEXTS}
    assert len({prediction.candidates[0].emoji for prediction in expected.values()}) > len(TEXTS)
    questions, answered = iter(range(PREDICTIONS)), 0
    versions: Counter[str] = Counter()
    due = [PREDICTIONS * swap // (SWAPS + 1) for swap in range(1, SWAPS + 1)]
    reached = [asyncio.Event() for _ in due]

    async def ask() -> None:
        nonlocal answered
        for question in questions:
            text = TEXTS[question % len(TEXTS)]
            if question % 500:
                verdict = await model.judge.judge(text, GuildState())
            else:
                verdict, explanation = await model.judge.explain(text, GuildState())
                assert explanation.prediction is verdict.prediction
            prediction, choice = verdict.prediction, verdict.choice
            right = expected[prediction.version, text]
            assert [one.emoji for one in prediction.candidates] == [one.emoji for one in right.candidates]
            assert prediction.confidence == pytest.approx(right.confidence, abs=1e-4)
            assert choice is not None
            assert choice.threshold == thresholds[prediction.version]
            assert choice.name == names[prediction.version][prediction.candidates[0].emoji]
            versions[prediction.version] += 1
            answered += 1
            for number, event in zip(due, reached, strict=True):
                if answered >= number:
                    event.set()

    async def swap() -> list[bool]:
        swapped = []
        for event, folder in zip(reached, itertools.cycle((flags, shipped)), strict=False):
            await event.wait()
            replace_folder(model.folder, folder)
            swapped.append(await model.reload.reload())
        return swapped

    swapping = asyncio.create_task(swap())
    await asyncio.gather(*(ask() for _ in range(8)))

    assert await swapping == [True] * SWAPS
    assert answered == sum(versions.values()) == PREDICTIONS
    assert versions.keys() == thresholds.keys()
    assert (await model.service.predict("")).version == predictors[1].version


async def test_predictions_under_way_finish_with_the_model_that_began_them(
    model: Model, flags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, begun, may_end = model.current.facts, threading.Event(), threading.Event()
    run = Predictor.predict_batch

    def held(self: Predictor, texts: Any) -> Any:
        begun.set()
        assert may_end.wait(30)
        return run(self, texts)

    with monkeypatch.context() as patched:
        patched.setattr(Predictor, "predict_batch", held)
        under_way = asyncio.create_task(model.judge.judge("i love you so much", GuildState()))
        assert await asyncio.to_thread(begun.wait, 30)
    waiting = asyncio.create_task(model.judge.judge("i love you so much", GuildState()))
    replace_folder(model.folder, flags)
    await model.reload.reload()
    assert not under_way.done()
    may_end.set()

    old, new = await under_way, await waiting
    assert (old.prediction.version, new.prediction.version) == (before.version, model.current.facts.version)
    assert old.choice is not None
    assert new.choice is not None
    assert (old.choice.threshold, new.choice.threshold) == (before.defaults.threshold, 0.25)
    assert old.choice.name in before.defaults.names.values()
    assert new.choice.name in model.current.facts.defaults.names.values()


async def test_the_old_model_is_set_free(model: Model, flags: Path) -> None:
    await model.service.predict("i love you so much")
    await model.service.explain("i love you so much")
    predictor, session = weakref.ref(model.service.predictor), weakref.ref(model.service.predictor.session)
    replace_folder(model.folder, flags)

    await model.reload.reload()
    await model.service.predict("i love you so much")
    gc.collect()

    assert (predictor(), session()) == (None, None)


def _nan(weights: np.ndarray[Any, Any]) -> None:
    weights[...] = np.nan


def _missing(folder: Path) -> None:
    shutil.rmtree(folder)


def _half_written(folder: Path) -> None:
    (folder / "config.json").unlink()


def _tampered(folder: Path) -> None:
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)


def _truncated(folder: Path) -> None:
    (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:-1000])


def _senseless(folder: Path) -> None:
    rewrite(folder, "model.onnx", b"no network at all")


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (_missing, "it has no config.json"),
    "half written": (_half_written, "it has no config.json"),
    "tampered": (_tampered, "its SHA-256 is not the one"),
    "truncated": (_truncated, "its SHA-256 is not the one"),
    "senseless": (_senseless, "cannot"),
    "nan": (lambda folder: set_weights(folder, _nan), "has a number beyond"),
    "another format": (lambda folder: set_config(folder, format_version=99), "its format_version is 99"),
    "another text": (lambda folder: set_config(folder, text_version=0), "its text_version is 0"),
}


@pytest.mark.parametrize(("damage", "reason"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_bundle_that_is_no_good_leaves_the_old_model_at_work(
    model: Model,
    flags: Path,
    tmp_path: Path,
    damage: Callable[[Path], None],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    facts, answer = model.current.facts, await model.service.predict("i love you so much")
    broken = shutil.copytree(flags, tmp_path / "broken")
    damage(broken)
    replace_folder(model.folder, broken)

    with pytest.raises(BundleError, match=reason) as caught:
        await model.reload.reload()

    assert caplog.messages == [f"model not reloaded version={facts.version}: {caught.value}"]
    assert not any(record.exc_info for record in caplog.records)
    assert model.current.facts is facts
    assert await model.service.predict("i love you so much") == answer
    replace_folder(model.folder, flags)
    assert await model.reload.reload() is True


async def test_what_nobody_foresaw_is_one_sentence_too(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> Predictor:
        raise MemoryError

    monkeypatch.setattr(model_reload, "load_model", full)
    with pytest.raises(BundleError, match=r"cannot be used: loading it fails with MemoryError\.$"):
        await model.reload.reload()


async def test_a_second_reload_is_told_of_the_first(
    model: Model, flags: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loading = Loading(monkeypatch)
    replace_folder(model.folder, flags)
    first = asyncio.create_task(model.reload.reload())
    await loading.until_begun()

    with pytest.raises(ReloadUnderWayError):
        await model.reload.reload()
    assert caplog.messages == [f"model not reloaded version={model.current.facts.version}: another reload is under way"]

    loading.may_end.set()
    assert await first is True
    assert await model.reload.reload() is False


async def test_a_load_that_hangs_is_given_up_and_never_swapped_in(
    model: Model, flags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, before = Loading(monkeypatch), model.current.facts
    monkeypatch.setattr(model_reload, "PATIENCE", 0.05)
    replace_folder(model.folder, flags)

    with pytest.raises(BundleError, match="not loaded after"):
        await model.reload.reload()
    with pytest.raises(ReloadUnderWayError):  # no second thread beside one that hangs
        await model.reload.reload()

    loading.may_end.set()
    await model.reload.close()
    assert model.current.facts is before
    assert model.service.predictor.version == before.version
    monkeypatch.undo()
    assert await model.reload.reload() is True


async def test_predictions_go_on_while_a_model_is_loaded(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    loading = Loading(monkeypatch)
    reloading = asyncio.create_task(model.reload.reload())
    await loading.until_begun()

    for text in TEXTS:
        assert (await model.judge.judge(text, GuildState())).prediction.candidates

    assert not reloading.done()
    loading.may_end.set()
    await reloading


def test_the_facts_of_the_last_few_models_are_remembered() -> None:
    predictor = Predictor.load()
    facts = [ModelFacts.of(predictor, number / 10, NOW) for number in range(REMEMBERED + 1)]
    named = [ModelFacts(f"version {number}", one.labels, one.defaults, one.since) for number, one in enumerate(facts)]
    current = CurrentModel(named[0])
    for one in named[1:]:
        current.replace(one)

    assert current.facts is named[-1]
    assert [current.defaults_of(one.version) for one in named[1:]] == [one.defaults for one in named[1:]]
    with pytest.raises(KeyError):
        current.defaults_of(named[0].version)
