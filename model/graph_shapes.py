"""What shape each value of a graph has, operator by operator, in the narrow way in which our graphs use them.

A shape is a tuple of numbers and of the names `batch` and `time`, whose sizes come with the input. Each rule takes the
node and what it reads, and gives what it makes; where a node is not used in just this way, it is refused. So a graph
that passes computes on every input, and no value of it holds more than `LARGEST` numbers for each token read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

from model.graph import GraphError, Kind, Node

LARGEST: Final = 4_096

Shape = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of a value before it is computed.

    Args:
        kind: the type of its numbers.
        shape: its dimensions.
        numbers: its content, where it is a constant of a few whole numbers.
        constant: whether it lies in the graph.
    """

    kind: Kind
    shape: Shape
    numbers: tuple[int, ...] | None = None
    constant: bool = False


def shapes_of(node: Node, given: Sequence[Made], largest: int) -> dict[str, Made]:
    """What a node makes of what it is given, by name.

    Raises:
        GraphError: it is no operator of ours, or is used in another way, or makes more than `largest` numbers a token.
    """
    rule = _RULES.get(node.operator)
    if rule is None:
        raise GraphError(f"it has the operator {node.operator}, which no graph of ours has")
    try:
        made = rule(node, given)
    except (ValueError, IndexError, KeyError) as error:  # another number of inputs, dimensions or attributes
        raise GraphError(f"its {node.operator} is used in another way than ours") from error
    if len(node.outputs) > len(made) or any(prod(_numbers(one.shape)) > min(largest, LARGEST) for one in made):
        raise GraphError(f"its {node.operator} makes more than any of ours")
    return {name: one for name, one in zip(node.outputs, made, strict=False) if name}


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError


def _transpose(node: Node, given: Sequence[Made]) -> tuple[Made]:
    (x,) = given
    order = node.numbers["perm"]
    _require(sorted(order) == list(range(len(x.shape))))
    return (Made(x.kind, tuple(x.shape[axis] for axis in order)),)


def _lstm(node: Node, given: Sequence[Made]) -> tuple[Made, Made]:
    x, weights, recurrent, bias, lengths = given
    time, batch, width = x.shape
    (units,) = node.numbers["hidden_size"]
    directions = {"forward": 1, "bidirectional": 2}[node.words["direction"]]
    _require(all(one.kind is Kind.FLOAT for one in (x, weights, recurrent, bias)) and lengths.kind is Kind.INT32)
    _require(lengths.shape == (batch,) and (time, batch) == ("time", "batch") and units > 0)
    _require(weights.shape == (directions, 4 * units, width))
    _require(recurrent.shape == (directions, 4 * units, units))
    _require(bias.shape == (directions, 8 * units))
    _require(weights.constant and recurrent.constant and bias.constant)
    return Made(Kind.FLOAT, (time, directions, batch, units)), Made(Kind.FLOAT, (directions, batch, units))


def _reshape(_: Node, given: Sequence[Made]) -> tuple[Made]:
    """The last two dimensions become one."""
    x, shape = given
    first, second, third, fourth = x.shape
    _require(isinstance(third, int) and isinstance(fourth, int) and shape.kind is Kind.INT64)
    width = prod(_numbers((third, fourth)))
    _require(shape.numbers == (0, 0, width) and len(shape.shape) == 1)
    return (Made(x.kind, (first, second, width)),)


def _squeeze(_: Node, given: Sequence[Made]) -> tuple[Made]:
    x, axes = given
    axis = _axis(axes)
    _require(x.shape[axis] == 1)
    return (Made(x.kind, x.shape[:axis] + x.shape[axis + 1 :]),)


def _add(_: Node, given: Sequence[Made]) -> tuple[Made]:
    """What is added may be the same for a whole dimension of x."""
    x, added = given
    _require(x.kind is added.kind is Kind.FLOAT)
    _require(all(dim in (1, other) for dim, other in zip(added.shape, x.shape, strict=True)))
    return (Made(x.kind, x.shape),)


def _reduce_max(node: Node, given: Sequence[Made]) -> tuple[Made]:
    (x,) = given
    _require(x.kind is Kind.FLOAT and node.numbers == {"axes": (0,), "keepdims": (0,)} and len(x.shape) > 1)
    return (Made(x.kind, x.shape[1:]),)


def _gemm(_: Node, given: Sequence[Made]) -> tuple[Made]:
    x, weights, bias = given
    rows, width = x.shape
    inner, outputs = weights.shape
    _require(x.kind is weights.kind is bias.kind is Kind.FLOAT and weights.constant and bias.constant)
    _require(width == inner and bias.shape == (outputs,))
    return (Made(Kind.FLOAT, (rows, outputs)),)


def _div(_: Node, given: Sequence[Made]) -> tuple[Made]:
    """By one number."""
    x, divisor = given
    _require(x.kind is divisor.kind is Kind.FLOAT and divisor.shape == (1,) and len(x.shape) == 2)
    return (Made(x.kind, x.shape),)


def _same(_: Node, given: Sequence[Made]) -> tuple[Made]:
    (x,) = given
    _require(x.kind is Kind.FLOAT)
    return (Made(x.kind, x.shape),)


def _axis(axes: Made) -> int:
    (axis,) = axes.numbers or ()
    _require(axes.kind is Kind.INT64 and axes.shape == (1,) and axis < 4)
    return axis


def _numbers(shape: Shape) -> list[int]:
    return [dim for dim in shape if isinstance(dim, int)]


_RULES: Final[Mapping[str, Callable[[Node, Sequence[Made]], tuple[Made, ...]]]] = {
    "Transpose": _transpose,
    "LSTM": _lstm,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Add": _add,
    "ReduceMax": _reduce_max,
    "Gemm": _gemm,
    "Div": _div,
    "Relu": _same,
    "Softmax": _same,
}
