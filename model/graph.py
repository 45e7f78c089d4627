"""An ONNX graph as plain values, read from its bytes without ONNX.

Only what `model.training.export` writes is read: one plain graph, whose constants all lie in it. Anything else that a
graph may hold is refused as an unknown field: external data, functions, subgraphs, sparse tensors, training
information, documentation. The numbers of the fields are those of onnx.proto (ONNX 1.18).
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import prod
from typing import Final

from model.wire_format import Budget, Field, Message, Value, Wire, WireFormatError, read_message

IR_VERSION: Final = 8
OPSET: Final = 17

_MOST_FIELDS: Final = 4_000
_MOST_NODES: Final = 32
_MOST_CONSTANTS: Final = 32
_MOST_DIMS: Final = 4
_LONGEST_NAME: Final = 64
_LONGEST_PROPERTY: Final = 4_096
_NAME_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "_.-")


class GraphError(ValueError):
    """The bytes are no graph of ours. The message is a clause, such as "it is cut off"."""


class Kind(IntEnum):
    """The types of numbers, as `TensorProto.DataType` counts them."""

    FLOAT = 1
    INT32 = 6
    INT64 = 7

    @property
    def size(self) -> int:
        """Bytes of one number."""
        return 8 if self is Kind.INT64 else 4


@dataclass(frozen=True, slots=True)
class Constant:
    """A tensor that the graph brings along; `content` are its numbers, little end first, row by row."""

    name: str
    kind: Kind
    dims: tuple[int, ...]
    content: memoryview


@dataclass(frozen=True, slots=True)
class Node:
    """An operation. `numbers` and `words` are its attributes; an output that nobody reads may have an empty name."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    numbers: Mapping[str, tuple[int, ...]]
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of the whole graph; a dimension is a number or the name of one that is known later."""

    name: str
    kind: Kind
    dims: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph. Nothing is known yet of whether its parts fit each other."""

    nodes: Sequence[Node]
    constants: Sequence[Constant]
    inputs: Sequence[Port]
    outputs: Sequence[Port]


_MODEL: Final = Message(
    "ModelProto",
    {
        1: Field("ir_version", Wire.VARINT),
        7: Field("graph", Wire.BYTES),
        8: Field("opset_import", Wire.BYTES),
        14: Field("metadata_props", Wire.BYTES),
    },
)
_OPERATOR_SET: Final = Message("OperatorSetIdProto", {1: Field("domain", Wire.BYTES), 2: Field("version", Wire.VARINT)})
_ENTRY: Final = Message("StringStringEntryProto", {1: Field("key", Wire.BYTES), 2: Field("value", Wire.BYTES)})
_GRAPH: Final = Message(
    "GraphProto",
    {
        1: Field("node", Wire.BYTES, _MOST_NODES),
        2: Field("name", Wire.BYTES),
        5: Field("initializer", Wire.BYTES, _MOST_CONSTANTS),
        11: Field("input", Wire.BYTES, 4),
        12: Field("output", Wire.BYTES, 4),
    },
)
_TENSOR: Final = Message(
    "TensorProto",
    {
        1: Field("dims", Wire.VARINT, _MOST_DIMS),
        2: Field("data_type", Wire.VARINT),
        8: Field("name", Wire.BYTES),
        9: Field("raw_data", Wire.BYTES),
    },
)
_NODE: Final = Message(
    "NodeProto",
    {
        1: Field("input", Wire.BYTES, 8),
        2: Field("output", Wire.BYTES, 2),
        4: Field("op_type", Wire.BYTES),
        5: Field("attribute", Wire.BYTES, 4),
    },
)
_ATTRIBUTE: Final = Message(
    "AttributeProto",
    {
        1: Field("name", Wire.BYTES),
        3: Field("i", Wire.VARINT),
        4: Field("s", Wire.BYTES),
        8: Field("ints", Wire.VARINT, _MOST_DIMS),
        20: Field("type", Wire.VARINT),
    },
)
_ATTRIBUTE_TYPES: Final = {2: "i", 3: "s", 7: "ints"}
_VALUE_INFO: Final = Message("ValueInfoProto", {1: Field("name", Wire.BYTES), 2: Field("type", Wire.BYTES)})
_TYPE: Final = Message("TypeProto", {1: Field("tensor_type", Wire.BYTES)})
_TENSOR_TYPE: Final = Message("TypeProto.Tensor", {1: Field("elem_type", Wire.VARINT), 2: Field("shape", Wire.BYTES)})
_SHAPE: Final = Message("TensorShapeProto", {1: Field("dim", Wire.BYTES, _MOST_DIMS)})
_DIM: Final = Message("Dimension", {1: Field("dim_value", Wire.VARINT), 2: Field("dim_param", Wire.BYTES)})


def read_graph(content: bytes) -> Graph:
    """Read a serialised ONNX model. Its constants stay where they are, in `content`.

    Raises:
        GraphError: it is none, or holds what no graph of ours holds.
    """
    try:
        return _Reader().model(memoryview(content))
    except WireFormatError as error:
        raise GraphError(str(error)) from error


class _Reader:
    """Reads the messages of one model, on one budget."""

    def __init__(self) -> None:
        self._budget = Budget(_MOST_FIELDS)

    def model(self, content: memoryview) -> Graph:
        model = self._read(content, _MODEL)
        version = _number(_only(model, "ir_version"))
        if version != IR_VERSION:
            raise GraphError(f"its IR version is {version}, not {IR_VERSION}")
        operators = self._read(_bytes(_only(model, "opset_import")), _OPERATOR_SET)
        if any(len(_bytes(domain)) for domain in operators["domain"]):
            raise GraphError("it asks for operators that are not ONNX's own")
        opset = _number(_only(operators, "version"))
        if opset != OPSET:
            raise GraphError(f"its operator set is {opset}, not {OPSET}")
        for entry in model["metadata_props"]:
            for text in (*(parts := self._read(_bytes(entry), _ENTRY))["key"], *parts["value"]):
                if len(_bytes(text)) > _LONGEST_PROPERTY:
                    raise GraphError("what it says of itself is too long")
        graph = self._read(_bytes(_only(model, "graph")), _GRAPH)
        _name(_only(graph, "name"))
        return Graph(
            nodes=[self._node(_bytes(node)) for node in graph["node"]],
            constants=[self._constant(_bytes(tensor)) for tensor in graph["initializer"]],
            inputs=[self._port(_bytes(port)) for port in graph["input"]],
            outputs=[self._port(_bytes(port)) for port in graph["output"]],
        )

    def _node(self, content: memoryview) -> Node:
        node = self._read(content, _NODE)
        numbers: dict[str, tuple[int, ...]] = {}
        words: dict[str, str] = {}
        for item in node["attribute"]:
            attribute = self._read(_bytes(item), _ATTRIBUTE)
            name = _name(_only(attribute, "name"))
            kind = _ATTRIBUTE_TYPES.get(_number(_only(attribute, "type")))
            held = [key for key in _ATTRIBUTE_TYPES.values() if attribute[key]]
            if held != [kind] or name in numbers or name in words:
                raise GraphError(f"the attribute {name} is not of a kind that our graphs have")
            if kind == "s":
                words[name] = _name(attribute["s"][0])
            else:
                numbers[name] = tuple(_number(value) for value in attribute[held[0]])
        return Node(
            operator=_name(_only(node, "op_type")),
            inputs=tuple(_name(one) for one in node["input"]),
            outputs=tuple(_name(one) if len(_bytes(one)) else "" for one in node["output"]),
            numbers=numbers,
            words=words,
        )

    def _constant(self, content: memoryview) -> Constant:
        tensor = self._read(content, _TENSOR)
        name, kind = _name(_only(tensor, "name")), _kind(_only(tensor, "data_type"))
        dims = tuple(_number(dim) for dim in tensor["dims"])
        data = _bytes(_only(tensor, "raw_data"))
        if 0 in dims or prod(dims) * kind.size != len(data):
            shape = " x ".join(f"{dim:,}" for dim in dims) or "one number"
            raise GraphError(f"its constant {name} claims {shape} and has {len(data):,} bytes")
        return Constant(name, kind, dims, data)

    def _port(self, content: memoryview) -> Port:
        info = self._read(content, _VALUE_INFO)
        name = _name(_only(info, "name"))
        tensor = self._read(_bytes(_only(self._read(_bytes(_only(info, "type")), _TYPE), "tensor_type")), _TENSOR_TYPE)
        shape = self._read(_bytes(_only(tensor, "shape")), _SHAPE)
        dims = tuple(self._dim(_bytes(dim)) for dim in shape["dim"])
        return Port(name, _kind(_only(tensor, "elem_type")), dims)

    def _dim(self, content: memoryview) -> int | str:
        dim = self._read(content, _DIM)
        if len(dim["dim_value"]) == len(dim["dim_param"]):
            raise GraphError("a dimension must be a number or a name")
        return _name(dim["dim_param"][0]) if dim["dim_param"] else _number(dim["dim_value"][0])

    def _read(self, content: memoryview, message: Message) -> dict[str, list[Value]]:
        return read_message(content, message, self._budget)


def _only(values: Mapping[str, list[Value]], name: str) -> Value:
    if not values[name]:
        raise GraphError(f"its {name} is missing")
    return values[name][0]


def _bytes(value: Value) -> memoryview:
    assert isinstance(value, memoryview)  # noqa: S101 - the tables above say so
    return value


def _number(value: Value) -> int:
    """A number that is not negative: those have their highest bit set."""
    assert isinstance(value, int)  # noqa: S101 - the tables above say so
    if value >= 2**63:
        raise GraphError("a number in it is negative")
    return value


def _name(value: Value) -> str:
    content = bytes(_bytes(value)[: _LONGEST_NAME + 1]).decode("ascii", "replace")
    if not 1 <= len(content) <= _LONGEST_NAME or not _NAME_CHARACTERS.issuperset(content):
        raise GraphError(f"a name in it is not 1 to {_LONGEST_NAME} letters, digits, dots, hyphens and underscores")
    return content


def _kind(value: Value) -> Kind:
    try:
        return Kind(_number(value))
    except ValueError as error:
        raise GraphError("its numbers are of a type that no graph of ours has") from error
