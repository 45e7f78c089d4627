"""Whole bundles that mean harm, with the right hashes, loaded as the bot loads them, in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import model
from model.bundle import BundleError
from model.predictor import Predictor
from tests.model.hostile_folders import HOSTILE_FOLDERS, rewrite
from tests.model.hostile_graphs import HOSTILE, HOSTILE_BYTES, hostile_graph

PROJECT = Path(*model.__path__).parent
NAMES = [*HOSTILE_FOLDERS, *HOSTILE, *HOSTILE_BYTES]
SECONDS = 1.0
GROWTH = 50_000_000
LONGEST = 300
"""Characters of a sentence besides the path."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of loading a bundle."""

    refusal: str | None
    seconds: float
    grown: int


@pytest.fixture(scope="module")
def fates(toy_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fate]:
    """What a process makes of each hostile bundle, one after the other, of which none ends or holds up the next."""
    folder = tmp_path_factory.mktemp("hostile")
    graph = (toy_bundle / "model.onnx").read_bytes()
    for i, name in enumerate(NAMES):
        bundle = shutil.copytree(toy_bundle, folder / str(i))
        if name in HOSTILE_FOLDERS:
            HOSTILE_FOLDERS[name](bundle)
        else:
            rewrite(bundle, "model.onnx", hostile_graph(name, graph))
    done = subprocess.run(
        [sys.executable, "-m", "tests.model.hostile_loader", *(str(folder / str(i)) for i in range(len(NAMES)))],
        capture_output=True,
        text=True,
        timeout=150,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    shutil.rmtree(folder)
    return dict(zip(NAMES, (Fate(**json.loads(line)) for line in done.stdout.splitlines()), strict=True))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links in folders")
@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_bundle_is_refused_in_one_sentence_soon_and_for_little_memory(
    fates: dict[str, Fate], name: str
) -> None:
    fate = fates[name]
    assert fate.refusal is not None
    assert fate.refusal.isprintable()
    assert fate.refusal.startswith("The model bundle ")
    assert fate.refusal.endswith(".")
    assert len(fate.refusal) < LONGEST
    assert fate.seconds < SECONDS
    assert fate.grown < GROWTH


def test_a_file_that_turns_into_a_pipe_before_it_is_opened_holds_nobody_up(
    bundle_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocabulary = bundle_copy / "vocabulary.txt"
    ordinary = vocabulary.stat()
    vocabulary.unlink()
    os.mkfifo(vocabulary)
    stat = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **options: ordinary if path == vocabulary else stat(path, **options))

    with pytest.raises(BundleError, match="no ordinary file"):
        Predictor.load(bundle_copy)


def test_a_bundle_whose_files_are_links_is_a_bundle(bundle_copy: Path, tmp_path: Path) -> None:
    """As a platform of containers mounts them."""
    linked = tmp_path / "linked"
    linked.mkdir()
    for file in bundle_copy.iterdir():
        (linked / file.name).symlink_to(file)

    assert Predictor.load(linked).predict("so good").candidates
