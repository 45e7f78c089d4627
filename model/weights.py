"""How large a number of a network may be."""

from typing import Final

import numpy as np

LARGEST_WEIGHT: Final = 65_504.0
"""The largest number of float16. Sums of products of a few such stay far from the largest float32, 3.4e38, and so no
infinity and no NaN arises."""

_PIECE: Final = 65_536


def is_bounded(content: bytes | memoryview, size: int) -> bool:
    """Whether numbers of `size` bytes, 2 or 4, little end first, are all finite and at most `LARGEST_WEIGHT`.

    Seen from their bits: without the sign, they order as whole numbers do (IEEE 754).
    """
    bits = np.frombuffer(content, f"<u{size}")
    largest = np.array([LARGEST_WEIGHT], f"<f{size}").view(f"<u{size}")[0]
    no_sign = bits.dtype.type(2 ** (8 * size - 1) - 1)
    # A piece at a time: a copy of all would be as large as the file.
    return all((bits[i : i + _PIECE] & no_sign).max() <= largest for i in range(0, len(bits), _PIECE))
