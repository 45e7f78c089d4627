"""Graphs that are ours pass; whatever else ONNX and protobuf can say is refused before it costs anything."""

import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.bundle import PRETRAINED
from model.graph import GraphError
from model.graph_check import check_graph
from tests.model.hostile_graphs import HOSTILE, HOSTILE_BYTES, hostile_graph

SECONDS = 1.0
MAX_LEN = 64
MEMORY = 5_000_000


@pytest.fixture(scope="module")
def good(toy_bundle: Path) -> bytes:
    return (toy_bundle / "model.onnx").read_bytes()


def test_the_shipped_graph_passes_without_a_copy_of_it() -> None:
    graph = (PRETRAINED / "model.onnx").read_bytes()
    tracemalloc.start()
    try:
        check_graph(graph, MAX_LEN)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", [*HOSTILE, *HOSTILE_BYTES])
def test_a_hostile_graph_is_refused_in_a_clause_at_once_and_for_little_memory(good: bytes, name: str) -> None:
    graph = hostile_graph(name, good)
    tracemalloc.start()
    started = time.thread_time()
    try:
        with pytest.raises(GraphError) as caught:
            check_graph(graph, MAX_LEN)
        assert time.thread_time() - started < SECONDS
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    clause = str(caught.value)
    assert 10 < len(clause) < 200
    assert clause.isprintable()
    assert clause[-1] not in ".\n"


@given(st.data())
def test_whatever_becomes_of_its_bytes_a_graph_passes_or_is_refused(good: bytes, data: st.DataObject) -> None:
    changed = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        end = at + data.draw(st.integers(0, 20))
        changed[at:end] = data.draw(st.binary(max_size=20))
    with suppress(GraphError):
        check_graph(bytes(changed), MAX_LEN)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_graph_or_refused(content: bytes) -> None:
    with pytest.raises(GraphError):
        check_graph(content, MAX_LEN)
