"""The ways to train: `emojify`, the seed's network to the letter; `chat`, the default bundle's; and `frozen`, the
seed's network on the task of `chat`, to compare with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.training.fit import FitConfig
from model.training.network import NetworkConfig
from model.training.transfer import DistilConfig


@dataclass(frozen=True, slots=True)
class Preset:
    """A recipe.

    Args:
        network: its shape; `outcomes` follows the labels.
        fit: how it is trained; `seed` follows the command line.
        no_reaction: whether silence is one of the outcomes.
        max_len: tokens read of a message; None takes the longest training message.
        vocabulary_size: commonest GloVe words taken; None takes all that the tokeniser can produce.
        target_precision: share of the reactions on dev that must fit, which sets the default threshold.
        distil: how to learn from a teacher, where public data is at hand; None for a preset that never does.
    """

    network: NetworkConfig
    fit: FitConfig
    no_reaction: bool
    max_len: int | None = None
    vocabulary_size: int | None = None
    target_precision: float = 0.0
    distil: DistilConfig | None = None


PRESETS: Final[Mapping[str, Preset]] = {
    "emojify": Preset(
        network=NetworkConfig(outcomes=5),
        fit=FitConfig(epochs=50, batch_size=32, checkpoint_every=25),
        no_reaction=False,
    ),
    "chat": Preset(
        network=NetworkConfig(
            outcomes=64,
            embedding_dropout=0.35,
            train_embedding=True,
            masked=True,
            pooling="max",
        ),
        fit=FitConfig(epochs=60, batch_size=64, learning_rate=2e-3, patience=8, word_dropout=0.1, by_length=True),
        no_reaction=True,
        max_len=64,
        vocabulary_size=60_000,
        target_precision=0.92,
        distil=DistilConfig(
            fit=FitConfig(
                epochs=10,
                batch_size=128,
                learning_rate=3e-3,
                decay=True,
                word_dropout=0.1,
                by_length=True,
                checkpoint_every=1,
            ),
        ),
    ),
    "frozen": Preset(
        network=NetworkConfig(outcomes=64),
        fit=FitConfig(epochs=50, batch_size=32, patience=5),
        no_reaction=True,
        max_len=64,
        vocabulary_size=60_000,
        target_precision=0.9,
    ),
}
