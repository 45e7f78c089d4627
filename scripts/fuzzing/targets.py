"""The targets by name, each with inputs to start from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from scripts.fuzzing import bundles, files, texts
from scripts.fuzzing.contract import Run


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes input from elsewhere.

    Args:
        about: in a few words.
        prepare: imports and loads what is needed, may use the folder, and returns what takes the bytes.
        seeds: inputs to start from.
        largest: bytes of an input.
    """

    about: str
    prepare: Callable[[Path], Run]
    seeds: tuple[bytes, ...]
    largest: int = 4096


_TEXTS: Final = tuple(
    one.encode("utf-8", "surrogatepass")
    for one in (
        "SOOO good!!! :D don't @everyone <@123456789012345678> <:blobHappy:123456789012345678> #hashTag",
        "```py\nx = 1\n``` `code` **bold** > quote\n> said https://example.com/?q=1 12:30 1,000.5 o7 ¯\\_(ツ)_/¯ </3",
        "z̸̢̛a̴͝l̶̨g̷o̴ ＷＩＤＥ ﷺ ½ \u202eback\u202c 👩‍👩‍👧 🏳️‍🌈 🇩🇪 👍🏽 \u1100\u1161 \u0627\u0653 \x00\x1b[0m \ud83d",
        "hahahaha jajaja lololol aaaaaabbbbbb'n't'll've misspeled recieve pepecry :pepe_cry: :+1: </giveaway start:1>",
    )
)
_CORPORA: Final = (
    "text\temoji\nwe won\t😄 🔥\nat five\t\n",
    "text_a\temoji_a\ttext_b\temoji_b\nwe won\t😄\twe lost\t😞\n",
    'text,label,emoji\n"food, now",4,🍴\ni love you,0\n',
    "name\tkeywords\nfire\tfire lit\n",
    f"sha256\temoji\n{'0123456789abcdef' * 4}\t😄\n",
)
_SETTING_VALUES: Final = (
    "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.0123456789abcdefghijklmnopqrstuvwxyz",
    "",
    "0.5",
    "30",
    "postgresql://bot:p%40ss@db.example:5432/bot",
    "16",
    "0-3,8",
    "debug",
)

TARGETS: Final[Mapping[str, Target]] = {
    "text": Target("text to tokens, indices and words", texts.text, _TEXTS),
    "predict": Target("a prediction with the shipped model", texts.predict, _TEXTS),
    "explain": Target("an explanation with the shipped model, on its card", texts.explain, _TEXTS),
    "config": Target("a bundle's config.json", bundles.config, ()),
    "graph": Target("a bundle's model.onnx", partial(bundles.with_file, name="model.onnx"), (), 8192),
    "embedding": Target("a bundle's embedding.npy", partial(bundles.with_file, name="embedding.npy"), ()),
    "vocabulary": Target("a bundle's vocabulary.txt", partial(bundles.with_file, name="vocabulary.txt"), ()),
    "bundle-labels": Target("a bundle's labels.tsv", partial(bundles.with_file, name="labels.tsv"), ()),
    "hashes": Target(
        "a bundle with wrong hashes",
        bundles.hashes,
        (b"\x00", b"\x02<pad>\n<unk>\n", b"\x03name\temoji\nfire\t\xf0\x9f\x94\xa5\n"),
    ),
    "settings": Target("the environment", files.settings, ("\x00".join(_SETTING_VALUES).encode(),)),
    "env-file": Target(
        "a file .env", files.env_file, (b"THRESHOLD=0.5\nexport LOG_LEVEL='debug' # loud\nMODEL_DIR=\"/tmp\"\n",)
    ),
    "labels": Target("a file of labels", files.labels, ("name\temoji\njoy\t😂\nheart\t❤️\n".encode(),)),
    "corpus": Target(
        "files of messages", files.corpus, tuple(bytes([i]) + one.encode() for i in range(6) for one in _CORPORA)
    ),
    "commands": Target(
        "what is typed into commands",
        texts.commands,
        (*_TEXTS, "🔥 fire".encode(), b":fire:", b"<a:fire:123456789012345678>"),
        1024,
    ),
}
"""By name."""

FROM_BUNDLE: Final[Mapping[str, str]] = {
    "config": "config.json",
    "graph": "model.onnx",
    "embedding": "embedding.npy",
    "vocabulary": "vocabulary.txt",
    "bundle-labels": "labels.tsv",
}
"""The targets whose seed is a file of the toy bundle, known only once that is made."""
