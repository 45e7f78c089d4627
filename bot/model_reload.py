"""Loads the model anew beside the one that answers, and swaps them: nothing that is asked meanwhile is lost."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.current_model import CurrentModel, ModelFacts
from bot.memory import give_back_memory
from model.bundle import BundleError
from model.predictor import Predictor
from model.service import PredictionService
from model.smoke_test import smoke_test

log = logging.getLogger(__name__)

PATIENCE: Final = 30.0
"""Seconds for loading and trying a model, which take less than one."""


class ReloadUnderWayError(Exception):
    """The model is being loaded anew already."""

    def __init__(self) -> None:
        super().__init__("another reload is under way")


def load_model(folder: Path, *, must_react: bool = True) -> Predictor:
    """Load the bundle in a folder and try it.

    Args:
        folder: of the bundle.
        must_react: see `smoke_test`.

    Raises:
        BundleError: it is no bundle, or its network is broken.
    """
    predictor = Predictor.load(folder)
    smoke_test(predictor, must_react=must_react)
    return predictor


class ModelReload:
    """Swaps the model for what its folder holds now, if that is fit to answer.

    Args:
        folder: of the bundle.
        service: answers.
        model: what is known of the model that answers.
        threshold: the operator's, which goes before the bundle's own.
        clock: the present, aware.
    """

    def __init__(
        self,
        folder: Path,
        service: PredictionService,
        model: CurrentModel,
        threshold: float | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._folder = folder
        self._service = service
        self._model = model
        self._threshold = threshold
        self._clock = clock
        self._loading: asyncio.Task[Predictor] | None = None

    async def reload(self) -> bool:
        """Load, try and swap, and log in one line what came of it.

        Returns:
            Whether there is another model now; the folder may hold the one that answers already.

        Raises:
            BundleError: what the folder holds is refused, and the model stays.
            ReloadUnderWayError: nothing was done.
        """
        try:
            predictor = await self._load()
        except (BundleError, ReloadUnderWayError) as error:
            log.warning("model not reloaded version=%s: %s", self._model.facts.version, error)
            raise
        before = self._model.facts.version
        if predictor.version == before:
            log.info("model unchanged version=%s", before)
            return False
        # Without a pause in between: an answer is judged by the facts of the model that gave it.
        self._model.replace(ModelFacts.of(predictor, self._threshold, self._clock()))
        self._service.swap(predictor)
        log.info("model reloaded before=%s after=%s labels=%d", before, predictor.version, len(self._model.labels))
        await asyncio.to_thread(give_back_memory)
        return True

    async def close(self) -> None:
        """Wait for a load under way: its thread cannot be stopped."""
        if self._loading is not None:
            await asyncio.wait([self._loading])

    async def _load(self) -> Predictor:
        """The model in the folder, tried.

        Raises:
            BundleError: it is refused, or is not there in time; that one is dropped when it comes.
            ReloadUnderWayError: another is being loaded, or has hung since.
        """
        if self._loading is not None:
            raise ReloadUnderWayError
        self._loading = loading = asyncio.create_task(asyncio.to_thread(load_model, self._folder), name="model-reload")
        loading.add_done_callback(self._loaded)
        try:
            await asyncio.wait([loading], timeout=PATIENCE)
            if not loading.done():
                raise BundleError(self._folder, f"it is not loaded after {PATIENCE:g} seconds")
            return loading.result()
        except BundleError:
            raise
        except Exception as error:  # a full memory, a disk that fails: the model that answers goes on answering
            raise BundleError(self._folder, f"loading it fails with {type(error).__name__}") from error
        finally:
            del loading  # the traceback of an error would keep the task, and that the error

    def _loaded(self, loading: asyncio.Task[Predictor]) -> None:
        self._loading = None
        if not loading.cancelled():
            loading.exception()  # of one that came too late, nobody else asks
