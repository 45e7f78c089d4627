"""The async front of a predictor.

Requests that arrive while the network runs are answered together in its next run: under load batches grow by
themselves, until a full one is begun beside another, and a lone request never waits for company. Where more come than
can be answered, servers and channels take turns, and who waited longest is dropped.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from model.fair_queue import FairQueue, Lane
from model.predictor import Explanation, Prediction, Predictor

MAX_BATCH: Final = 64
MAX_BATCHES: Final = 2
"""Batches under way at once, each on a thread of its own. The second begins only when it is full."""
MAX_WAITING: Final = 1024
LANE_SHARE: Final = 4
"""A channel may hold one part in so many of the places to wait."""
MAX_EXPLAINING: Final = 8
"""Explanations under way or waiting. Each may take as long as 65 predictions, and Discord waits 3 seconds."""


class ServiceBusyError(Exception):
    """More wait than there is room for, and this request was the one to go: `waiting` are left."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} messages are already waiting for the model.")
        self.waiting = waiting


class ServiceClosedError(Exception):
    """The service was closed before it could answer."""

    def __init__(self) -> None:
        super().__init__("The model service is closed.")


_SOMEBODY: Final[Lane] = ("", "")
"""The lane of requests that belong to no channel."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    text: str
    answer: asyncio.Future[Prediction]


class PredictionService:
    """Answers `predict` from two worker threads, several requests at a time, and `explain` from the same, one by one.

    Args:
        predictor: does the work, on the worker threads.
        max_batch: requests answered together.
        max_batches: batches under way at once.
        max_waiting: messages that may wait, and as many requests that go before them; one more, and the oldest fails
            with `ServiceBusyError`. See `FairQueue` for whose.
        max_explaining: the same for explanations, the one under way included.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        max_batch: int = MAX_BATCH,
        max_batches: int = MAX_BATCHES,
        max_waiting: int = MAX_WAITING,
        max_explaining: int = MAX_EXPLAINING,
    ) -> None:
        self.predictor = predictor
        self._max_batch = max_batch
        self._max_batches = max_batches
        self._max_explaining = max_explaining
        self._explaining = 0
        # Threads take what they are given in turn: with one explanation at a time, not all of them are busy with those.
        self._turn = asyncio.Lock()
        self._first: FairQueue[_Request] = FairQueue(max_waiting, max_waiting)
        self._messages: FairQueue[_Request] = FairQueue(max_waiting, -(-max_waiting // LANE_SHARE))
        self._executor = ThreadPoolExecutor(max_workers=max_batches, thread_name_prefix="predictor")
        self._batches: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Requests that wait for the next batch."""
        return len(self._first) + len(self._messages)

    def swap(self, predictor: Predictor) -> None:
        """Answer with another predictor from the next batch on; what is under way ends with the one before."""
        self.predictor = predictor

    async def warm_up(self) -> None:
        """Run the network once, so that the first message does not pay for lazy allocation."""
        await self.predict("good morning everyone")

    async def predict(self, text: str, lane: Lane | None = None) -> Prediction:
        """Predict for one message without blocking the event loop.

        Args:
            text: of the message.
            lane: the server and the channel that wrote it; None where somebody waits for the answer, which goes before
                all messages and is dropped for none of them.

        Raises:
            ServiceBusyError: too many requests wait, or came after this one.
            ServiceClosedError: the service is closed, or was before it came to this request.
        """
        if self._closed:
            raise ServiceClosedError
        queue, lane = (self._first, _SOMEBODY) if lane is None else (self._messages, lane)
        request = _Request(text, asyncio.get_running_loop().create_future())
        self._drop(queue.push(lane, request))
        self._go_on()
        try:
            return await request.answer
        except asyncio.CancelledError:
            queue.remove(lane, request)
            raise
        finally:
            # The future keeps its error, and the error this frame and its callers', with the message. Without this line
            # they are a ring that only the garbage collector can break, one for each message that is dropped.
            del request

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
        for request in self._first.clear() + self._messages.clear():
            if not request.answer.done():
                request.answer.set_exception(ServiceClosedError())
        while self._batches:
            await asyncio.wait(self._batches)
        async with self._turn:  # those that wait before it find the service closed
            pass
        self._executor.shutdown(wait=False)

    def _go_on(self) -> None:
        """Begin the next batch where none is under way; beside others, only a full one.

        The network runs without Python's lock, so the tokens of one batch are read while it runs on the other.
        """
        full = self.waiting >= self._max_batch and len(self._batches) < self._max_batches
        if self.waiting and (not self._batches or full):
            batch = asyncio.create_task(self._answer(), name="prediction-service")
            self._batches.add(batch)
            batch.add_done_callback(self._end)

    def _end(self, batch: asyncio.Task[None]) -> None:
        self._batches.remove(batch)
        self._go_on()

    async def _answer(self) -> None:
        """Answer those whose turn it is. The task ends with them, so an idle service holds none."""
        batch = self._next_batch()
        if not batch:
            return
        try:
            predictions = await asyncio.get_running_loop().run_in_executor(
                self._executor, self.predictor.predict_batch, [request.text for request in batch]
            )
        except Exception as error:  # noqa: BLE001 - whatever it was, the callers must hear of it
            for request in batch:
                if not request.answer.done():
                    request.answer.set_exception(error)
            return
        for request, prediction in zip(batch, predictions, strict=True):
            if not request.answer.done():
                request.answer.set_result(prediction)

    def _drop(self, request: _Request | None) -> None:
        """Tell who was dropped. Not where others wait: their frames would keep it, and it those that it had dropped."""
        if request is not None and not request.answer.done():
            request.answer.set_exception(ServiceBusyError(self.waiting))

    def _next_batch(self) -> list[_Request]:
        """Who is answered next: those who go first, up to half a batch where messages wait; then messages in turns."""
        batch: list[_Request] = []
        kept = min(len(self._messages), self._max_batch // 2)
        for queue, room in ((self._first, self._max_batch - kept), (self._messages, self._max_batch)):
            while len(batch) < room and (popped := queue.pop()) is not None:
                if not popped[1].answer.done():  # its caller may have given up
                    batch.append(popped[1])
        return batch
