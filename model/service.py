"""The async front of a predictor.

Requests that arrive while the network runs are answered together in its next run: under load batches grow by
themselves, and a lone request never waits for company.
"""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from model.predictor import Explanation, Prediction, Predictor

MAX_BATCH: Final = 64
MAX_WAITING: Final = 1024
MAX_EXPLAINING: Final = 8
"""Explanations under way or waiting. Each may take as long as 65 predictions, and Discord waits 3 seconds."""


class ServiceBusyError(Exception):
    """The queue is full: `waiting` requests are ahead. The caller should drop its message."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} messages are already waiting for the model.")
        self.waiting = waiting


class ServiceClosedError(Exception):
    """The service was closed before it could answer."""

    def __init__(self) -> None:
        super().__init__("The model service is closed.")


@dataclass(frozen=True, slots=True)
class _Request:
    text: str
    answer: asyncio.Future[Prediction]


class PredictionService:
    """Answers `predict` from one worker thread, several requests at a time, and `explain` from the same, one by one.

    Args:
        predictor: does the work, on the worker thread.
        max_batch: requests answered in one run of the network.
        max_waiting: requests that may wait; one more is refused with `ServiceBusyError`.
        max_explaining: the same for explanations, the one under way included.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        max_batch: int = MAX_BATCH,
        max_waiting: int = MAX_WAITING,
        max_explaining: int = MAX_EXPLAINING,
    ) -> None:
        self.predictor = predictor
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._max_explaining = max_explaining
        self._explaining = 0
        # The thread takes what it is given in turn: with one explanation at a time, a prediction waits for one at most.
        self._turn = asyncio.Lock()
        self._waiting: deque[_Request] = deque()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predictor")
        self._worker: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Requests that wait for the next batch."""
        return len(self._waiting)

    def swap(self, predictor: Predictor) -> None:
        """Answer with another predictor from the next batch on; what is under way ends with the one before."""
        self.predictor = predictor

    async def warm_up(self) -> None:
        """Run the network once, so that the first message does not pay for lazy allocation."""
        await self.predict("good morning everyone")

    async def predict(self, text: str) -> Prediction:
        """Predict for one message without blocking the event loop.

        Raises:
            ServiceBusyError: too many requests wait.
            ServiceClosedError: the service is closed, or was before it came to this request.
        """
        if self._closed:
            raise ServiceClosedError
        if len(self._waiting) >= self._max_waiting:
            raise ServiceBusyError(len(self._waiting))
        request = _Request(text, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="prediction-service")
        return await request.answer

    async def explain(self, text: str) -> Explanation:
        """Predict for one message and weigh its words, without blocking the event loop or holding up predictions.

        Raises:
            ServiceBusyError: too many explanations wait.
            ServiceClosedError: the service is closed, or was before it came to this request.
        """
        if self._explaining >= self._max_explaining:
            raise ServiceBusyError(self._explaining)
        self._explaining += 1
        try:
            async with self._turn:
                if self._closed:
                    raise ServiceClosedError
                return await asyncio.get_running_loop().run_in_executor(self._executor, self.predictor.explain, text)
        finally:
            self._explaining -= 1

    async def close(self) -> None:
        """Refuse new requests, finish what is under way, fail the rest. May be called twice."""
        self._closed = True
        while self._waiting:
            answer = self._waiting.popleft().answer
            if not answer.done():
                answer.set_exception(ServiceClosedError())
        if self._worker is not None:
            await asyncio.wait([self._worker])
        async with self._turn:  # those that wait before it find the service closed
            pass
        self._executor.shutdown(wait=False)

    async def _work(self) -> None:
        """Answer until nothing waits. The task ends with the queue, so an idle service holds none."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch: list[_Request] = []
            while self._waiting and len(batch) < self._max_batch:
                request = self._waiting.popleft()
                if not request.answer.done():  # its caller may have given up
                    batch.append(request)
            if not batch:
                continue
            try:
                predictions = await loop.run_in_executor(
                    self._executor, self.predictor.predict_batch, [request.text for request in batch]
                )
            except Exception as error:  # noqa: BLE001 - whatever it was, the callers must hear of it
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(error)
                continue
            for request, prediction in zip(batch, predictions, strict=True):
                if not request.answer.done():
                    request.answer.set_result(prediction)
