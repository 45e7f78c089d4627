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
from model.graph_shapes import Made, Shape, shapes_of

LARGEST_WEIGHT: Final = 65_504.0
"""The largest number of float16. Sums of products of two such stay far from the largest float32, 3.4e38, and so no
infinity and no NaN arises."""

_INPUTS: Final[Mapping[str, tuple[Kind, Shape]]] = {
    "indices": (Kind.INT32, ("batch", "time")),
    "lengths": (Kind.INT32, ("batch",)),
}
_OUTPUTS: Final = (["logits"], ["logits", "fits"])
_MOST: Final = {"Gather": 1, "LSTM": 2, "Gemm": 3, "Where": 1}
"""How often the operators that cost time or memory may stand there."""
_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "Cast": frozenset({"to"}),
    "LSTM": frozenset({"direction", "hidden_size"}),
    "ReduceMax": frozenset({"axes", "keepdims"}),
    "Transpose": frozenset({"perm"}),
}
_FEW: Final = 8
"""Whole numbers of a constant: axes and the like."""
_PIECE: Final = 65_536


def check_graph(content: bytes) -> None:
    """Accept a serialised ONNX model that is one of ours.

    Raises:
        GraphError: says what is wrong with it, in a clause such as "it is cut off".
    """
    graph = read_graph(content)
    known = {port.name: Made(port.kind, port.dims) for port in graph.inputs}
    if known != {name: Made(*expected) for name, expected in _INPUTS.items()} or len(graph.inputs) != len(known):
        raise GraphError("the graph must take indices and lengths")
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
        made = shapes_of(node, [known[name] for name in node.inputs])
        for name, one in zip(node.outputs, made, strict=True):
            _add(known, name, one)
    if not used.issuperset(constant.name for constant in graph.constants):
        raise GraphError("it has a constant that nothing reads")
    _check_outputs(graph, known)


def _add(known: dict[str, Made], name: str, made: Made) -> None:
    if name in known:
        raise GraphError(f"two values in it are named {name}")
    known[name] = made


def _constant(constant: Constant) -> Made:
    """What is known of a constant, whose content is looked at, too."""
    numbers = None
    if constant.kind in (Kind.FLOAT, Kind.FLOAT16):
        if not _is_bounded(constant):
            raise GraphError(f"its constant {constant.name} has a number beyond ±{LARGEST_WEIGHT:,.0f}")
    elif constant.kind in (Kind.INT32, Kind.INT64):
        if len(constant.content) > _FEW * constant.kind.size:
            raise GraphError(f"its constant {constant.name} has more whole numbers than any of ours")
        numbers = tuple(np.frombuffer(constant.content, f"<i{constant.kind.size}").tolist())
        if min(numbers) < 0:
            raise GraphError("a number in it is negative")
    else:
        raise GraphError(f"its constant {constant.name} is of a type that no constant of ours has")
    return Made(constant.kind, constant.dims, numbers, constant=True)


def _is_bounded(constant: Constant) -> bool:
    """Whether all numbers are finite and small, seen from their bits: without the sign they order as whole numbers."""
    size = constant.kind.size
    bits = np.frombuffer(constant.content, f"<u{size}")
    largest = np.array([LARGEST_WEIGHT], f"<f{size}").view(f"<u{size}")[0]
    no_sign = bits.dtype.type(2 ** (8 * size - 1) - 1)
    # A piece at a time: a copy of all would be as large as the graph.
    return all((bits[i : i + _PIECE] & no_sign).max() <= largest for i in range(0, len(bits), _PIECE))


def _check_counts(graph: Graph) -> None:
    for operator, count in Counter(node.operator for node in graph.nodes).items():
        if count > _MOST.get(operator, count):
            raise GraphError(f"it has {count} operators {operator}, and ours have at most {_MOST[operator]}")


def _check_outputs(graph: Graph, known: Mapping[str, Made]) -> None:
    if [port.name for port in graph.outputs] not in _OUTPUTS:
        raise GraphError("the graph must give logits, and may give fits")
    for port in graph.outputs:
        made = known.get(port.name)
        if made is None or made.constant or len(port.dims) != 2 or made != Made(Kind.FLOAT, port.dims):
            raise GraphError(f"its output {port.name} is not what it says")
