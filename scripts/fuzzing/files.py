"""What operators and trainers write: settings, labels and files of messages."""

from collections.abc import Callable
from pathlib import Path

from model.errors import ModelError
from scripts.fuzzing.contract import Run, as_text, refused


def settings(_: Path) -> Run:
    """Settings from the environment."""
    from bot.settings import SETTING_KEYS, Settings, SettingsError

    def run(content: bytes) -> None:
        text = as_text(content)
        values = dict(zip(SETTING_KEYS, text.split("\x00"), strict=False))
        token = (values.get("DISCORD_TOKEN") or "").strip()
        with refused(SettingsError):
            try:
                shown = repr(Settings.from_values(values, token_needed=True))
            except SettingsError as error:
                shown = str(error)
                raise
            finally:
                assert len(token) < 20 or text.count(token) > 1 or token not in shown

    return run


def env_file(folder: Path) -> Run:
    """Settings from a file `.env`."""
    from bot.settings import Settings, SettingsError

    path = folder / ".env"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        with refused(SettingsError):
            Settings.load(path)

    return run


def labels(folder: Path) -> Run:
    """A file of labels."""
    from model.labels import format_labels, load_labels

    path = folder / "labels.tsv"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        with refused(ModelError):
            found = load_labels(path)
            path.write_text(format_labels(found), encoding="utf-8")
            assert load_labels(path) == found

    return run


def corpus(folder: Path) -> Run:
    """Files of messages: the corpus, pairs, the seed's CSV, key words, annotations. The first byte says how to read."""
    from model.labels import Label
    from model.training.annotations import load_annotations
    from model.training.corpus import load_keywords, load_messages, load_pair_messages, near_duplicates, summarise
    from model.training.datasets import SEED_LABELS, load_examples, load_task

    path = folder / "data.tsv"
    known = (*SEED_LABELS, Label("fire", "🔥"))

    def summarised() -> None:
        messages = load_messages(path, known)
        summarise(messages, known, {"fire": frozenset({"fire"})})
        list(near_duplicates(messages))

    readers: tuple[Callable[[], object], ...] = (
        lambda: load_examples(path, known),
        lambda: load_task(path, SEED_LABELS, known, False),
        summarised,
        lambda: load_pair_messages(path, known),
        lambda: load_keywords(path),
        lambda: load_annotations(path, known),
    )

    def run(content: bytes) -> None:
        path.write_bytes(content[1:])
        with refused(ModelError):
            readers[content[0] % len(readers) if content else 0]()

    return run
