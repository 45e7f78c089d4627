import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest

from model.predictor import Candidate, Explanation, Prediction, Predictor
from model.service import PredictionService, ServiceBusyError, ServiceClosedError


class GatedPredictor(Predictor):
    """Writes down what it is asked for; explanations wait for the gate, predictions do not."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.started = threading.Event()

    def predict_batch(self, texts: Sequence[str]) -> list[Prediction]:
        self.asked += [f"predict {text}" for text in texts]
        self.threads.add(threading.get_ident())
        return [Prediction((Candidate(text, 1.0, 1.0),), silence=0.0) for text in texts]

    def explain(self, text: str) -> Explanation:
        self.asked.append(f"explain {text}")
        self.threads.add(threading.get_ident())
        self.started.set()
        assert self.gate.wait(timeout=30)
        if text == "boom":
            raise ValueError("boom")
        return Explanation(Prediction((Candidate(text, 1.0, 1.0),), silence=0.0), ((text, 1.0),))


@pytest.fixture
async def predictor() -> AsyncIterator[GatedPredictor]:
    predictor = GatedPredictor()
    yield predictor
    predictor.gate.set()  # lets the worker thread go, whatever the test did


@pytest.fixture
async def service(predictor: GatedPredictor) -> AsyncIterator[PredictionService]:
    service = PredictionService(predictor, max_explaining=3)
    yield service
    predictor.gate.set()
    await service.close()


async def explain(service: PredictionService, *texts: str) -> list[asyncio.Task[Explanation]]:
    """Ask for each text in a task of its own, and return once all of them wait."""
    tasks = [asyncio.create_task(service.explain(text)) for text in texts]
    await asyncio.sleep(0)
    return tasks


async def hold(service: PredictionService, predictor: GatedPredictor) -> asyncio.Task[Explanation]:
    """Ask to explain one text, and return once the thread is at it: what comes next has to wait."""
    (first,) = await explain(service, "first")
    assert await asyncio.to_thread(predictor.started.wait, 30)
    return first


async def answers(tasks: Sequence[asyncio.Task[Explanation]]) -> list[str]:
    return [explanation.words[0][0] for explanation in await asyncio.gather(*tasks)]


async def test_a_prediction_waits_for_one_explanation_at_most(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    others = await explain(service, "a", "b")
    prediction = asyncio.create_task(service.predict("quick"))
    await asyncio.sleep(0)
    predictor.gate.set()

    assert await answers([first, *others]) == ["first", "a", "b"]
    assert (await prediction).candidates[0].emoji == "quick"
    assert predictor.asked == ["explain first", "predict quick", "explain a", "explain b"]


async def test_an_explanation_gets_its_turn_among_many_predictions(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    predictor.gate.set()
    predictions = [asyncio.create_task(service.predict(str(i))) for i in range(640)]
    await asyncio.sleep(0)
    await service.explain("patient")
    await asyncio.gather(*predictions)

    assert predictor.asked.index("explain patient") <= 128


async def test_explanations_run_on_the_thread_of_the_predictions(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    predictor.gate.set()
    await service.predict("a")
    await service.explain("b")

    assert len(predictor.threads) == 1
    assert threading.get_ident() not in predictor.threads


async def test_an_explanation_beyond_the_queue_is_refused_at_once(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    tasks = [await hold(service, predictor), *await explain(service, "a", "b")]
    with pytest.raises(ServiceBusyError) as caught:
        await service.explain("one too many")
    assert caught.value.waiting == 3

    predictor.gate.set()
    assert await answers(tasks) == ["first", "a", "b"]
    assert await answers(await explain(service, "c")) == ["c"]


async def test_closing_finishes_the_explanation_under_way_and_fails_what_waits(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    first = await hold(service, predictor)
    waiting = await explain(service, "a", "b")
    closing = asyncio.create_task(service.close())
    await asyncio.sleep(0)
    assert not closing.done()

    predictor.gate.set()
    await closing

    assert await answers([first]) == ["first"]
    for task in waiting:
        with pytest.raises(ServiceClosedError):
            await task
    assert predictor.asked == ["explain first"]


async def test_a_closed_service_explains_nothing(service: PredictionService, predictor: GatedPredictor) -> None:
    await service.close()

    with pytest.raises(ServiceClosedError):
        await service.explain("late")
    assert predictor.asked == []


async def test_a_caller_that_gives_up_makes_room(service: PredictionService, predictor: GatedPredictor) -> None:
    first = await hold(service, predictor)
    a, b = await explain(service, "a", "b")
    a.cancel()
    await asyncio.wait([a])
    others = await explain(service, "c")
    predictor.gate.set()

    assert await answers([first, b, *others]) == ["first", "b", "c"]
    assert predictor.asked == ["explain first", "explain b", "explain c"]


async def test_an_exception_reaches_its_caller_and_the_service_goes_on(
    service: PredictionService, predictor: GatedPredictor
) -> None:
    predictor.gate.set()
    with pytest.raises(ValueError, match="boom"):
        await service.explain("boom")

    assert await answers(await explain(service, "a")) == ["a"]


async def test_the_real_predictor_explains_through_the_service(toy_predictor: Predictor) -> None:
    service = PredictionService(toy_predictor)
    explanation = await service.explain("we won!!!")
    await service.close()

    assert explanation == toy_predictor.explain("we won!!!")
