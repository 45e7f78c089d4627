"""Refuses an ONNX graph that is not one of ours, before ONNX Runtime gets to see it.

A graph is a program. ONNX Runtime reads files that it names, runs loops that it holds and makes tensors as large as it
says; where shapes disagree, it finds out late. What `model.training.export` writes needs none of that, so nothing else
is let through, and what is cannot fail later: its parts fit each other, and its weights are such that every answer is
finite.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np

from model.graph import Constant, Graph, GraphError, Kind, read_graph
from model.graph_shapes import Made, shapes_of
from model.weights import LARGEST_WEIGHT, is_bounded

_NUMBERS_A_MESSAGE: Final = 2_000_000
"""How many numbers a value may hold for the longest message that is read."""
_OUTPUTS: Final = (["probabilities"], ["probabilities", "fits"])
_MOST: Final = {"LSTM": 2, "Gemm": 3}
"""How often the operators that cost time may stand there."""
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "LSTM": frozenset({"direction", "hidden_size"}),
    "ReduceMax": frozenset({"axes", "keepdims"}),
    "Transpose": frozenset({"perm"}),
}
_FEW: Final = 8
"""Whole numbers of a constant: axes and the like."""


def check_graph(content: bytes, max_len: int) -> None:
    """Accept a serialised ONNX model that is one of ours, for messages of up to `max_len` tokens.

    Raises:
        GraphError: says what is wrong with it, in a clause such as "it is cut off".
    """
    graph = read_graph(content)
    largest = _NUMBERS_A_MESSAGE // max_len
    known = _inputs(graph)
    for constant in graph.constants:
        _add(known, constant.name, _constant(constant))
    _check_counts(graph)
    used: set[str] = set()
    for node in graph.nodes:
        if node.numbers.keys() | node.words.keys() != _ATTRIBUTES.get(node.operator, frozenset()):
            raise GraphError(f"its {node.operator} has other attributes than ours")
        if not known.keys() >= set(node.inputs):
            raise GraphError(f"its {node.operator} reads what nothing before it makes")
        used.update(node.inputs)
        for name, made in shapes_of(node, [known[name] for name in node.inputs], largest).items():
            _add(known, name, made)
    if not used.issuperset(constant.name for constant in graph.constants):
        raise GraphError("it has a constant that nothing reads")
    _check_outputs(graph, known)


def _inputs(graph: Graph) -> dict[str, Made]:
    """What `Predictor.inputs` gives: the padding may be missing."""
    given = {port.name: Made(port.kind, port.dims) for port in graph.inputs}
    width = given["embedded"].shape[-1:] if "embedded" in given else ()
    expected = {
        "embedded": Made(Kind.FLOAT, ("time", "batch", *width)),
        "lengths": Made(Kind.INT32, ("batch",)),
        "temperature": Made(Kind.FLOAT, (1,)),
    }
    if "padding" in given:
        expected["padding"] = Made(Kind.FLOAT, ("time", "batch", 1))
    if given != expected or len(graph.inputs) != len(given) or not isinstance(width[0], int):
        raise GraphError("its inputs are not embedded tokens, lengths, temperature and perhaps padding")
    return given


def _add(known: dict[str, Made], name: str, made: Made) -> None:
    if name in known:
        raise GraphError(f"two values in it are named {name}")
    known[name] = made


def _constant(constant: Constant) -> Made:
    """What is known of a constant, whose content is looked at, too."""
    if constant.kind is Kind.FLOAT:
        if not is_bounded(constant.content, constant.kind.size):
            raise GraphError(f"its constant {constant.name} has a number beyond ±{LARGEST_WEIGHT:,.0f}")
        return Made(constant.kind, constant.dims, constant=True)
    if constant.kind is not Kind.INT64 or len(constant.content) > _FEW * constant.kind.size:
        raise GraphError(f"its constant {constant.name} is of another type or size than ours")
    numbers = tuple(np.frombuffer(constant.content, "<i8").tolist())
    if min(numbers) < 0:
        raise GraphError("a number in it is negative")
    return Made(constant.kind, constant.dims, numbers, constant=True)


def _check_counts(graph: Graph) -> None:
    for operator, count in Counter(node.operator for node in graph.nodes).items():
        if count > _MOST.get(operator, count):
            raise GraphError(f"it has {count} operators {operator}, and ours have at most {_MOST[operator]}")


def _check_outputs(graph: Graph, known: Mapping[str, Made]) -> None:
    if [port.name for port in graph.outputs] not in _OUTPUTS:
        raise GraphError("its outputs are not probabilities and perhaps fits")
    for port in graph.outputs:
        made = known.get(port.name)
        if made is None or made.constant or len(port.dims) != 2 or made != Made(Kind.FLOAT, port.dims):
            raise GraphError(f"its output {port.name} is not what it says")
