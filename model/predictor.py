"""Synchronous inference: texts in, predictions out, on one bundle with ONNX Runtime."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import exp, log
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime

from model.bundle import EMBEDDING_FILE, MODEL_FILE, PRETRAINED, Bundle, BundleError, Confidence, load_bundle
from model.graph import GraphError
from model.graph_check import check_graph
from model.text import MAX_CHARACTERS, UNKNOWN, encode, pad, word_spans

Floats = npt.NDArray[np.float32]

CANDIDATES: Final = 5
MAX_EXPLAINED: Final = 64
"""Words of a message that are explained; those beyond stay in the text, unexplained."""
_SMALL: Final = 1e-9
_MOST: Final = 1 - _SMALL
_LARGE: Final = 700.0  # exp of more overflows
_TOKENS: Final = 320
"""Tokens in one run of the network, padding among them: more need memory and save no time."""
_NEVER: Final = -1e4
"""Added to the network's states at the padding, so that none of them is a maximum."""
_KNOWN_SHARE: Final = 0.5
"""A message is legible when at least this share of its tokens is in the vocabulary."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An emoji that might be the reaction.

    Args:
        emoji: from the labels.
        probability: calibrated, that it is the best reaction.
        confidence: the probability that it fits, calibrated for the first candidate; 0 for a message that the model
            cannot read.
    """

    emoji: str
    probability: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one message.

    Args:
        candidates: the likeliest emoji, best first (five, or all where there are fewer); never 'no reaction'.
        silence: the probability that no reaction is deserved.
        version: of the bundle that says so.
    """

    candidates: tuple[Candidate, ...]
    silence: float
    version: str = ""

    @property
    def confidence(self) -> float:
        """The probability that the first candidate fits; 0 for a message that the model cannot read."""
        return self.candidates[0].confidence

    def emoji(self, threshold: float) -> str | None:
        """The first candidate if the message is legible and its confidence reaches the threshold, else None."""
        return self.candidates[0].emoji if 0.0 < self.confidence >= threshold else None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How much each word of a message pushed the first candidate.

    Args:
        prediction: what is explained.
        words: the words that the network read (64 at most), as they were typed and in their order. Each has its
            weight: by how much it raises the log-odds of the first candidate, negative where it lowers them.
    """

    prediction: Prediction
    words: tuple[tuple[str, float], ...]


class Predictor:
    """Predicts with one bundle. Safe to call from several threads at once.

    Args:
        bundle: a validated bundle.

    Raises:
        BundleError: the graph cannot be loaded or its shapes disagree with the labels or the embedding.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.version = bundle.version
        self.session = _open_session(bundle)
        config = bundle.config
        self._unknown = bundle.vocabulary[UNKNOWN]
        self._emoji = [label.emoji for label in bundle.labels]
        self._temperature = np.array([config.temperature], dtype=np.float32)
        # What a lone message needs beside its vectors is shared by all of its length.
        self._counts = np.arange(config.max_len + 1, dtype=np.int32)
        self._no_padding = np.zeros((config.max_len, 1, 1), dtype=np.float32)
        self._masked = any(node.name == "padding" for node in self.session.get_inputs())
        self._outputs = _check_shapes(bundle, self)

    @classmethod
    def load(cls, path: Path = PRETRAINED) -> "Predictor":
        """Load the bundle in the folder `path`, by default the shipped one."""
        return cls(load_bundle(path))

    @property
    def threshold(self) -> float:
        """The bundle's default threshold."""
        return self.bundle.config.threshold

    def predict(self, text: str) -> Prediction:
        """Predict for one message."""
        row = self._encode(text)
        outcomes, fits = self.run([row])
        return self._prediction(row, outcomes[0], None if fits is None else fits[0])

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        """Predict for several messages, together where they are of like length."""
        if not texts:
            return []
        rows = self.encode(texts)
        outcomes, fits = self.run(rows)
        return [
            self._prediction(row, outcome, None if fits is None else fits[i])
            for i, (row, outcome) in enumerate(zip(rows, outcomes, strict=True))
        ]

    def explain(self, text: str) -> Explanation:
        """Predict for one message, and weigh its words by leaving each out, all together.

        A word weighs the log-odds of the first candidate less those for the text without the word (Li, Monroe and
        Jurafsky, 2016, "Understanding Neural Networks through Representation Erasure"). They compare log-likelihoods;
        log-odds do not flatten near a probability of 1 either. Weights need not add up: of "so so", each may weigh
        little. A message without its only word is `<unk>`, as any message without tokens.
        """
        text = text[:MAX_CHARACTERS]
        spans = list(islice(word_spans(text), MAX_EXPLAINED))
        # Cut to what the network reads, or an unread word would move up into the place of the one left out.
        last = bisect_left(spans, self.bundle.config.max_len, key=lambda span: len(self.encode([text[: span[1]]])[0]))
        read = text[: spans[last][1]] if last < len(spans) else text
        del spans[last + 1 :]
        rows = self.encode([text, *(read[:start] + read[end:] for start, end in spans)])
        outcomes, fits = self.run(rows)
        prediction = self._prediction(rows[0], outcomes[0], None if fits is None else fits[0])
        first = self._emoji.index(prediction.candidates[0].emoji)
        log_odds = [_log_odds(probability) for probability in outcomes[:, first].tolist()]
        words = (text[start:end] for start, end in spans)
        weights = (log_odds[0] - without for without in log_odds[1:])
        return Explanation(prediction, tuple(zip(words, weights, strict=True)))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The vocabulary indices of each text, at most `max_len`, not padded; `<unk>` where a text has no token."""
        return [self._encode(text) for text in texts]

    def _encode(self, text: str) -> list[int]:
        return encode(text, self.bundle.vocabulary, self.bundle.config.max_len) or [self._unknown]

    def probabilities(self, rows: Sequence[Sequence[int]]) -> Floats:
        """How the outcomes rank for encoded rows: float32 (batch, outcomes), each row summing to 1."""
        return self.run(rows)[0]

    def run(self, rows: Sequence[Sequence[int]]) -> tuple[Floats, Floats | None]:
        """Run the network on encoded rows.

        Returns:
            The calibrated probabilities of the outcomes, float32 (batch, outcomes), and the logits of whether each
            fits, of the same shape, None from a network without that output.
        """
        if len(rows) == 1:
            return self._run(rows)
        # Rows of like length together: all of a run are padded to its longest, and what is padded takes as long.
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]), reverse=True)
        parts: list[tuple[Floats, Floats | None]] = []
        start = 0
        while start < len(order):
            width = self.bundle.config.max_len if self.bundle.config.pads_count else len(rows[order[start]])
            end = start + max(1, _TOKENS // width)
            parts.append(self._run([rows[i] for i in order[start:end]]))
            start = end
        back = np.argsort(order)
        fits = [part for _, part in parts if part is not None]
        return np.concatenate([part for part, _ in parts])[back], np.concatenate(fits)[back] if fits else None

    def _run(self, rows: Sequence[Sequence[int]]) -> tuple[Floats, Floats | None]:
        outputs: list[Floats] = self.session.run(self._outputs, self.inputs(rows))
        return outputs[0], outputs[1] if len(outputs) == 2 else None

    def inputs(self, rows: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[Any]]:
        """What the graph is fed for encoded rows, as short as the longest of them.

        `embedded` float32 (time, batch, dimensions), `lengths` int32 (batch,) and, where the network takes the maximum
        over time, `padding` float32 (time, batch, 1): 0 at the tokens and a large negative number beyond. And
        `temperature` float32 (1,), which divides the logits.
        """
        if len(rows) == 1 and not self.bundle.config.pads_count:
            length = len(rows[0])
            vectors = self.bundle.embedding.take(rows[0], axis=0)[:, None]
            lengths, padding = self._counts[length : length + 1], self._no_padding[:length]
        else:
            indices, lengths, padding = self._padded(rows)
            vectors = self.bundle.embedding.take(indices, axis=0)
        fed = {"embedded": vectors.astype(np.float32), "lengths": lengths, "temperature": self._temperature}
        if self._masked:
            fed["padding"] = padding
        return fed

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], Floats]:
        """Indices int32 (time, batch), lengths int32 (batch,) and padding float32 (time, batch, 1) of several rows."""
        config = self.bundle.config
        lengths = np.fromiter(map(len, rows), dtype=np.int32, count=len(rows))
        if config.pads_count:
            lengths[:] = config.max_len
        width = int(lengths.max())
        padding = np.where(self._counts[:width, None] < lengths, np.float32(0.0), np.float32(_NEVER))
        return pad(rows, width).T, lengths, padding[:, :, None]

    def _prediction(self, row: list[int], outcome: Floats, fits: Floats | None) -> Prediction:
        config = self.bundle.config
        emoji = outcome[: len(self._emoji)]
        best = emoji.argsort()[: -CANDIDATES - 1 : -1]
        probabilities = emoji[best].tolist()
        silence = float(outcome[-1]) if config.no_reaction else 0.0
        if row.count(self._unknown) > (1 - _KNOWN_SHARE) * len(row):  # illegible
            sure = [0.0] * len(best)
        else:
            fit = [0.0] * len(best) if fits is None else fits[best].tolist()
            sure = confidences(probabilities, silence, fit, config.confidence)
        names = [self._emoji[i] for i in best.tolist()]
        return Prediction(tuple(map(Candidate, names, probabilities, sure)), silence, self.version)


def confidence_features(top: float, silence: float, fit: float) -> tuple[float, float, float, float]:
    """The features of `Confidence`: logit p(first emoji), ln p(no reaction), ln of the first's share of all emoji, fit.

    `fit` is the logit of 'the first emoji fits', 0 from a network that does not say. `silence` is p(no reaction), 0 for
    a model without that outcome; its feature is then 0.
    """
    clipped = min(max(top, _SMALL), _MOST)
    return _log_odds(top), _log_silence(silence), log(clipped / max(1 - silence, clipped)), fit


def confidence(top: float, silence: float, fit: float, weights: Confidence) -> float:
    """How sure it is that the first emoji fits, from its probability, that of no reaction and the logit of its fit."""
    return confidences([top], silence, [fit], weights)[0]


def confidences(tops: Sequence[float], silence: float, fits: Sequence[float], weights: Confidence) -> list[float]:
    """`confidence` of several emoji of one message, from their probabilities and the logits of their fits."""
    bias, slope, share, weight = weights.bias, weights.top, weights.share, weights.fit
    bias += weights.silence * _log_silence(silence)
    left = 1 - silence
    sure = []
    for top, fit in zip(tops, fits, strict=True):
        # `confidence_features` once more, without its calls, which cost as much as all else after the network.
        if not _SMALL <= top <= _MOST:
            top = min(max(top, _SMALL), _MOST)
        score = bias + slope * log(top / (1 - top)) + weight * fit
        if left > top:
            score += share * log(top / left)
        sure.append(1 / (1 + exp(-score)) if score > -_LARGE else 0.0)
    return sure


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, _SMALL), _MOST)
    return log(clipped / (1 - clipped))


def _log_silence(silence: float) -> float:
    return log(max(silence, _SMALL)) if silence else 0.0


def _open_session(bundle: Bundle) -> onnxruntime.InferenceSession:
    try:
        check_graph(bundle.graph, bundle.config.max_len)
    except GraphError as error:
        raise BundleError(bundle.path / MODEL_FILE, str(error)) from error
    options = onnxruntime.SessionOptions()
    # One short sequence at a time: a thread pool costs more than it gives, and spinning threads would eat a core.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(bundle.graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        raise BundleError(bundle.path / MODEL_FILE, "ONNX Runtime cannot read the graph") from error


def _check_shapes(bundle: Bundle, predictor: Predictor) -> list[str]:
    """The names of the outputs, `probabilities` and perhaps `fits`."""
    path, session = bundle.path / MODEL_FILE, predictor.session
    shapes = {node.name: node.shape for node in session.get_inputs()}
    outputs = [node.name for node in session.get_outputs()]
    dimensions = bundle.embedding.shape[1]
    if shapes["embedded"][-1:] != [dimensions]:
        raise BundleError(
            bundle.path / EMBEDDING_FILE, f"its vectors have {dimensions} dimensions and the graph takes others"
        )
    try:
        given = {output.shape[1:] for output in session.run(outputs, predictor.inputs([[0] * bundle.config.max_len]))}
    except Exception as error:
        raise BundleError(path, "the graph does not run") from error
    outcomes = len(bundle.labels) + bundle.config.no_reaction
    if given != {(outcomes,)}:
        other = next(shape for shape in given if shape != (outcomes,))
        raise BundleError(path, f"the graph gives {other[-1] if other else 1} outcomes and the labels make {outcomes}")
    return outputs
