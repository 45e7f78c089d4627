"""How large the parts of a bundle may be, told before they are taken apart.

Each limit is several times what the largest bundle that `scripts.train` makes needs: one of all of GloVe's 400,000
words.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

LARGEST_FILE: Final[Mapping[str, int]] = {
    "config.json": 1_000_000,
    "labels.tsv": 100_000,
    "vocabulary.txt": 16_000_000,
    "metrics.json": 4_000_000,
    "README.md": 4_000_000,
    "model.onnx": 64_000_000,
    "embedding.npy": 64_000_000,
}
"""Bytes, by the name of the file."""

MOST_TOKENS: Final = 1_000_000
LONGEST_TOKEN: Final = 1_000
"""Bytes; GloVe's longest is an address."""


def vocabulary_fault(content: bytes) -> str | None:
    """What is too much of a vocabulary file, as a clause; None where nothing is."""
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
    if len(ends) > MOST_TOKENS:
        return f"it has {len(ends):,} lines, and at most {MOST_TOKENS:,} are read"
    longest = int(np.diff(ends, prepend=-1, append=len(content)).max()) - 1
    return f"it has a token of {longest:,} bytes" if longest > LONGEST_TOKEN else None
