import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Sequence

import pytest

from model.fair_queue import Lane
from model.predictor import Candidate, Prediction, Predictor
from model.service import PredictionService, ServiceBusyError, ServiceClosedError


class GatedPredictor(Predictor):
    """Answers each text with itself, once the gate is open, and keeps the batches it was given."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.started = threading.Event()

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        self.batches.append(list(texts))
        self.threads.add(threading.get_ident())
        self.started.set()
        assert self.gate.wait(timeout=30)
        if "boom" in texts:
            raise ValueError("boom")
        return [Prediction((Candidate(text, 1.0, 1.0),), silence=0.0) for text in texts]


@pytest.fixture
async def predictor() -> AsyncIterator[GatedPredictor]:
    predictor = GatedPredictor()
    yield predictor
    predictor.gate.set()  # lets the worker thread go, whatever the test did


@pytest.fixture
async def service(predictor: GatedPredictor) -> AsyncIterator[PredictionService]:
    service = PredictionService(predictor, max_batch=4, max_batches=1, max_waiting=6)
    yield service
    predictor.gate.set()
    await service.close()


async def ask(service: PredictionService, *texts: str, lane: Lane | None = None) -> list[asyncio.Task[Prediction]]:
    """Ask for each text in a task of its own, and return once all of them wait."""
    tasks = [asyncio.create_task(service.predict(text, lane)) for text in texts]
    await asyncio.sleep(0)
    return tasks


async def hold(service: PredictionService, predictor: GatedPredictor) -> asyncio.Task[Prediction]:
    """Ask for one text, and return once the network runs on it: what comes next has to wait."""
    (first,) = await ask(service, "first")
    assert await asyncio.to_thread(predictor.started.wait, 30)
    return first


async def answers(tasks: Sequence[asyncio.Task[Prediction]]) -> list[str]:
    return [prediction.candidates[0].emoji for prediction in await asyncio.gather(*tasks)]


async def test_requests_that_arrive_during_a_run_share_the_next_one(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    others = await ask(service, "a", "b", "c")
    assert service.waiting == 3

    predictor.gate.set()

    assert await answers([first, *others]) == ["first", "a", "b", "c"]
    assert predictor.batches == [["first"], ["a", "b", "c"]]


async def test_a_lone_request_never_waits_for_company(service: PredictionService, predictor: GatedPredictor) -> None:
    predictor.gate.set()

    for text in ("a", "b"):
        assert await answers(await ask(service, text)) == [text]

    assert predictor.batches == [["a"], ["b"]]


async def test_a_batch_holds_at_most_max_batch_requests(service: PredictionService, predictor: GatedPredictor) -> None:
    first = await hold(service, predictor)
    others = await ask(service, *"abcdef")
    predictor.gate.set()

    assert await answers([first, *others]) == ["first", *"abcdef"]
    assert predictor.batches == [["first"], [*"abcd"], [*"ef"]]


async def test_the_network_runs_on_one_thread_beside_the_event_loop(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    predictor.gate.set()
    for text in "abc":
        await service.predict(text)

    assert len(predictor.threads) == 1
    assert threading.get_ident() not in predictor.threads


async def test_a_full_batch_is_begun_beside_another_and_one_that_is_not_waits(predictor: GatedPredictor) -> None:
    service = PredictionService(predictor, max_batch=4, max_batches=2)
    first = await hold(service, predictor)
    others = await ask(service, *"abc")
    await asyncio.sleep(0.05)
    assert (service.waiting, predictor.batches) == (3, [["first"]])

    others += await ask(service, "d")
    await asyncio.sleep(0.05)
    others += await ask(service, *"efghi")
    await asyncio.sleep(0.05)
    assert service.waiting == 5  # two are under way, and so no third

    predictor.gate.set()

    assert await answers([first, *others]) == ["first", *"abcdefghi"]
    assert predictor.batches[:2] == [["first"], [*"abcd"]]
    assert len(predictor.threads) == 2
    await service.close()


async def test_a_request_beyond_the_queue_costs_the_oldest_its_place(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    oldest, *others = await ask(service, *"abcdef")
    newest = await ask(service, "g")

    with pytest.raises(ServiceBusyError) as caught:
        await oldest
    assert caught.value.waiting == service.waiting == 6

    predictor.gate.set()
    assert await answers([first, *others, *newest]) == ["first", *"bcdefg"]


async def test_what_is_dropped_leaves_nothing_to_the_garbage_collector(predictor: GatedPredictor) -> None:
    class Message:
        """What a caller holds while it waits."""

    service = PredictionService(predictor, max_batches=1, max_waiting=1)
    first = await hold(service, predictor)

    async def be_dropped(message: Message) -> str:
        try:
            await service.predict("older", (1, 1))
        except ServiceBusyError:
            return "dropped"
        return "answered"

    gc.disable()
    try:
        message = Message()
        freed = weakref.ref(message)
        task = asyncio.create_task(be_dropped(message))
        await asyncio.sleep(0)
        last = asyncio.create_task(service.predict("newer", (1, 1)))
        assert await task == "dropped"
        del message, task
        await asyncio.sleep(0)
        assert freed() is None
    finally:
        gc.enable()
    predictor.gate.set()
    await asyncio.gather(first, last)
    await service.close()


async def test_a_burst_of_one_channel_drops_its_own_messages_and_no_others(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    quiet = await ask(service, "quiet", lane=(2, 20))
    burst = await ask(service, *(f"noise {n}" for n in range(50)), lane=(1, 10))
    predictor.gate.set()

    assert await answers([first, *quiet]) == ["first", "quiet"]
    fates = await asyncio.gather(*burst, return_exceptions=True)
    assert [isinstance(fate, ServiceBusyError) for fate in fates] == [True] * 48 + [False] * 2


async def test_servers_and_their_channels_take_turns(service: PredictionService, predictor: GatedPredictor) -> None:
    first = await hold(service, predictor)
    big = [*await ask(service, "a1", "a2", lane=(1, 10)), *await ask(service, "b1", "b2", lane=(1, 11))]
    small = await ask(service, "c1", "c2", lane=(2, 20))
    predictor.gate.set()
    await asyncio.gather(first, *big, *small)

    assert predictor.batches == [["first"], ["a1", "c1", "b1", "c2"], ["a2", "b2"]]


async def test_who_waits_for_an_answer_goes_before_a_burst_and_is_not_dropped_for_it(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    command = await ask(service, "command")
    for channel in range(50):
        burst = await ask(service, f"noise {channel}", lane=(channel, channel))
    predictor.gate.set()

    assert await answers([first, *command]) == ["first", "command"]
    assert predictor.batches[1][0] == "command"
    assert await answers(burst) == ["noise 49"]


async def test_a_burst_of_commands_leaves_half_of_a_batch_to_messages(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    commands = await ask(service, *"abcdef")
    messages = await ask(service, *"xyz", lane=(1, 10))
    predictor.gate.set()
    await asyncio.gather(first, *commands, *messages, return_exceptions=True)

    assert predictor.batches == [["first"], ["a", "b", "y", "z"], ["c", "d", "e", "f"]]


async def test_a_caller_that_gave_up_makes_room_at_once(service: PredictionService, predictor: GatedPredictor) -> None:
    first = await hold(service, predictor)
    given_up, *others = await ask(service, *"abcdef")
    given_up.cancel()
    await asyncio.wait([given_up])
    assert service.waiting == 5
    newest = await ask(service, "g")
    predictor.gate.set()

    assert await answers([first, *others, *newest]) == ["first", *"bcdefg"]


async def test_the_queue_has_room_again_once_it_was_answered(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    tasks = [await hold(service, predictor), *await ask(service, *"abcdef")]
    predictor.gate.set()
    await asyncio.gather(*tasks)

    assert await answers(await ask(service, *"abcdef")) == [*"abcdef"]


async def test_closing_finishes_the_run_under_way_and_fails_what_waits(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    waiting = await ask(service, "a", "b")
    closing = asyncio.create_task(service.close())
    for task in waiting:
        with pytest.raises(ServiceClosedError):
            await task
    assert not closing.done()

    predictor.gate.set()
    await closing

    assert await answers([first]) == ["first"]
    assert predictor.batches == [["first"]]


async def test_a_closed_service_refuses_requests_and_may_be_closed_again(service: PredictionService) -> None:
    await service.close()
    await service.close()

    with pytest.raises(ServiceClosedError):
        await service.predict("late")


async def test_two_may_close_at_the_same_time(service: PredictionService, predictor: GatedPredictor) -> None:
    first = await hold(service, predictor)
    closing = asyncio.gather(service.close(), service.close())
    await asyncio.sleep(0)
    predictor.gate.set()
    await closing

    assert await answers([first]) == ["first"]


async def test_a_caller_that_gives_up_while_waiting_is_left_out_of_the_batch(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    a, b, c = await ask(service, *"abc")
    b.cancel()
    await asyncio.wait([b])
    predictor.gate.set()

    assert await answers([first, a, c]) == ["first", "a", "c"]
    assert predictor.batches == [["first"], ["a", "c"]]


async def test_a_caller_that_gives_up_during_the_run_does_not_disturb_the_others(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    waiting = await ask(service, "a")
    first.cancel()
    await asyncio.wait([first])
    predictor.gate.set()

    assert first.cancelled()
    assert await answers(waiting) == ["a"]
    assert await answers(await ask(service, "b")) == ["b"]


async def test_when_all_that_waited_gave_up_the_network_does_not_run(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    waiting = await ask(service, "a", "b")
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    predictor.gate.set()
    await first
    await service.close()

    assert predictor.batches == [["first"]]


async def test_an_exception_reaches_the_callers_of_its_batch_and_the_service_goes_on(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    company, failing = await ask(service, "a", "boom")
    predictor.gate.set()

    assert await answers([first]) == ["first"]
    for task in (company, failing):
        with pytest.raises(ValueError, match="boom"):
            await task
    assert await answers(await ask(service, "b")) == ["b"]


async def test_an_idle_service_holds_no_task(service: PredictionService, predictor: GatedPredictor) -> None:
    before = asyncio.all_tasks()
    predictor.gate.set()
    await asyncio.gather(*(service.predict(text) for text in "abc"))
    await asyncio.sleep(0)

    assert asyncio.all_tasks() == before
    assert service.waiting == 0


async def test_the_real_predictor_answers_through_the_service(toy_predictor: Predictor) -> None:
    service = PredictionService(toy_predictor)
    await service.warm_up()
    messages = ["we won!!!", "", "love this pizza", "blorf"] * 25

    predictions = await asyncio.gather(*(service.predict(message) for message in messages))
    await service.close()

    for message, prediction in zip(messages, predictions, strict=True):
        alone = toy_predictor.predict(message)
        assert [candidate.emoji for candidate in prediction.candidates] == [c.emoji for c in alone.candidates]
        assert prediction.confidence == pytest.approx(alone.confidence, abs=1e-5)
