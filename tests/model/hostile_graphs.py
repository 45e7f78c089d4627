"""Graphs that mean harm, each made from a good one: what an attacker can write into `model.onnx`."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from onnx import FunctionProto, GraphProto, ModelProto, TensorProto, helper, numpy_helper

Change = Callable[[ModelProto], None]

TERA: Final = 10**12


def hostile_graph(name: str, good: bytes) -> bytes:
    """The graph `name`, one of `HOSTILE` or `HOSTILE_BYTES`."""
    if name in HOSTILE_BYTES:
        return HOSTILE_BYTES[name](good)
    model = ModelProto.FromString(good)
    HOSTILE[name](model)
    return bytes(model.SerializeToString())


def _weights(model: ModelProto) -> Any:
    """The recurrent weights of the first LSTM."""
    return _constant(model, "lstm_1.R")


def _constant(model: ModelProto, name: str) -> Any:
    return next(tensor for tensor in model.graph.initializer if tensor.name.startswith(name))


def _lstm(model: ModelProto) -> Any:
    return next(node for node in model.graph.node if node.op_type == "LSTM")


def _attribute(node: Any, name: str) -> Any:
    return next(attribute for attribute in node.attribute if attribute.name == name)


def _claim(*dims: int) -> Change:
    """The weights say that they are larger than they are."""

    def change(model: ModelProto) -> None:
        _weights(model).dims[:] = dims

    return change


def _external(location: str) -> Change:
    """The weights lie in another file."""

    def change(model: ModelProto) -> None:
        tensor = _weights(model)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", "0"), ("length", "64")):
            tensor.external_data.add(key=key, value=value)

    return change


def _before_the_end(kind: str, constants: dict[str, Any], **attributes: Any) -> Change:
    """The logits go through one more node, which reads `constants` besides."""

    def change(model: ModelProto) -> None:
        last = next(node for node in model.graph.node if "probabilities" in node.output)
        last.output[0] = "before"
        for name, value in constants.items():
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        model.graph.node.append(helper.make_node(kind, ["before", *constants], ["probabilities"], **attributes))

    return change


def _made_from(kind: str, *constants: Any, **attributes: Any) -> Change:
    """A node makes a tensor from constants alone, and nothing uses it, or so it seems."""

    def change(model: ModelProto) -> None:
        names = [f"made_{i}" for i in range(len(constants))]
        for name, value in zip(names, constants, strict=True):
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        model.graph.node.insert(0, helper.make_node(kind, names, ["made"], **attributes))

    return change


def _empty_graph(name: str) -> GraphProto:
    kept = helper.make_tensor_value_info("kept", TensorProto.BOOL, [])
    constant = helper.make_node("Constant", [], ["kept"], value=numpy_helper.from_array(np.array(True), "kept"))
    return helper.make_graph([constant], name, [], [kept])


def _loop(model: ModelProto) -> None:
    body = helper.make_graph(
        [helper.make_node("Identity", ["going"], ["go_on"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("go_on", TensorProto.BOOL, [])],
    )
    model.graph.initializer.append(numpy_helper.from_array(np.array(2**62, np.int64), "turns"))
    model.graph.node.append(helper.make_node("Loop", ["turns", ""], [], body=body))


def _if(model: ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    branches = {"then_branch": _empty_graph("then"), "else_branch": _empty_graph("else")}
    model.graph.node.append(helper.make_node("If", ["yes"], ["chosen"], **branches))


def _graph_in_a_known_node(model: ModelProto) -> None:
    _lstm(model).attribute.append(helper.make_attribute("body", _empty_graph("body")))


def _function(model: ModelProto) -> None:
    function: FunctionProto = helper.make_function(
        "", "Relu", ["x"], ["y"], [helper.make_node("Exp", ["x"], ["y"])], [helper.make_opsetid("", 17)]
    )
    model.functions.append(function)


def _foreign_domain(model: ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def _foreign_node(model: ModelProto) -> None:
    next(node for node in model.graph.node if node.op_type == "Gemm").domain = "com.microsoft"


def _many_nodes(model: ModelProto) -> None:
    for i in range(20_000):
        model.graph.node.append(helper.make_node("Relu", ["logits"], [f"relu_{i}"]))


def _many_constants(model: ModelProto) -> None:
    for i in range(20_000):
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.float32), f"zero_{i}"))


def _metadata(model: ModelProto) -> None:
    model.metadata_props[0].value = "x" * 20_000_000


def _many_metadata(model: ModelProto) -> None:
    for i in range(20_000):
        model.metadata_props.add(key=str(i), value="x")


def _documentation(model: ModelProto) -> None:
    model.graph.doc_string = "x" * 20_000_000


def _hidden_size(model: ModelProto) -> None:
    _attribute(_lstm(model), "hidden_size").i = 2**31


def _smaller_hidden_size(model: ModelProto) -> None:
    _attribute(_lstm(model), "hidden_size").i -= 1


def _no_hidden_size(model: ModelProto) -> None:
    node = _lstm(model)
    node.attribute.remove(_attribute(node, "hidden_size"))


def _negative_hidden_size(model: ModelProto) -> None:
    _attribute(_lstm(model), "hidden_size").i = -1


def _other_direction(model: ModelProto) -> None:
    _attribute(_lstm(model), "direction").s = b"reverse"


def _activations(model: ModelProto) -> None:
    _lstm(model).attribute.append(helper.make_attribute("activations", ["Affine"] * 6))


def _peephole(model: ModelProto) -> None:
    node = _lstm(model)
    node.input.extend(["", "", "lstm_1.B"])


def _opset(version: int) -> Change:
    def change(model: ModelProto) -> None:
        model.opset_import[0].version = version

    return change


def _ir(model: ModelProto) -> None:
    model.ir_version = 99


def _cycle(model: ModelProto) -> None:
    node = _lstm(model)
    node.input[0] = node.output[0]


def _missing_input(model: ModelProto) -> None:
    _lstm(model).input[0] = "nowhere"


def _same_output(model: ModelProto) -> None:
    lstms = [node for node in model.graph.node if node.op_type == "LSTM"]
    lstms[1].output[:] = lstms[0].output


def _same_constant(model: ModelProto) -> None:
    model.graph.initializer.append(_weights(model))


def _constant_as_input(model: ModelProto) -> None:
    """A default that the caller could override: ONNX allows it."""
    tensor = _weights(model)
    model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)))


def _constant_as_output(model: ModelProto) -> None:
    model.graph.output[0].name = "dense.B"


def _huge_output(model: ModelProto) -> None:
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = TERA


def _nothing(model: ModelProto) -> None:
    del model.graph.node[:]


def _weight(value: float) -> Change:
    def change(model: ModelProto) -> None:
        tensor = _weights(model)
        numbers = numpy_helper.to_array(tensor).copy()
        numbers[0, 0, 0] = value
        tensor.CopyFrom(numpy_helper.from_array(numbers, tensor.name))

    return change


def _typed_data(model: ModelProto) -> None:
    """The numbers stand in the field for floats, not as bytes."""
    tensor = _weights(model)
    numbers = numpy_helper.to_array(tensor)
    tensor.ClearField("raw_data")
    tensor.float_data.extend(numbers.flatten().tolist())


def _text_constant(model: ModelProto) -> None:
    tensor = model.graph.initializer.add(name="words", data_type=TensorProto.STRING, dims=[1])
    tensor.string_data.append(b"x" * 1_000_000)


def _sparse(model: ModelProto) -> None:
    sparse = model.graph.sparse_initializer.add()
    sparse.dims[:] = [TERA]
    sparse.values.CopyFrom(numpy_helper.from_array(np.ones(1, np.float32), "sparse"))
    sparse.indices.CopyFrom(numpy_helper.from_array(np.zeros(1, np.int64), "where"))


def _training(model: ModelProto) -> None:
    model.training_info.add().algorithm.CopyFrom(_empty_graph("algorithm"))


def _long_name(model: ModelProto) -> None:
    model.graph.name = "x" * 1_000_000


def _strange_name(model: ModelProto) -> None:
    model.graph.node[0].op_type = "LSTM\n@everyone\u202e"


def _sequence_input(model: ModelProto) -> None:
    model.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = 1


def _deep_type(model: ModelProto) -> None:
    kind = model.graph.input[0].type
    for _ in range(90):
        kind = kind.sequence_type.elem_type
    kind.tensor_type.elem_type = 1


def _deep_branches(model: ModelProto) -> None:
    inner = _empty_graph("innermost")
    for i in range(25):
        node = helper.make_node("If", ["yes"], ["kept"], then_branch=inner, else_branch=_empty_graph("else"))
        inner = helper.make_graph([node], f"level_{i}", [], [helper.make_tensor_value_info("kept", 9, [])])
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    node = helper.make_node("If", ["yes"], ["chosen"], then_branch=inner, else_branch=_empty_graph("else"))
    model.graph.node.append(node)


def _empty_dimension(model: ModelProto) -> None:
    tensor = _weights(model)
    tensor.dims[:] = [0, 0, 0]
    tensor.raw_data = b""


def _negative_dimension(model: ModelProto) -> None:
    tensor = _weights(model)
    tensor.dims[0] = -tensor.dims[0]
    tensor.dims[1] = -tensor.dims[1]


def _many_layers(model: ModelProto) -> None:
    """The second LSTM again and again: little to store, much to compute."""
    last = [node for node in model.graph.node if node.op_type == "LSTM"][-1]
    for i in range(8):
        copy = model.graph.node.add()
        copy.CopyFrom(last)
        copy.output[:] = [f"again_{i}.y", f"again_{i}.h"]


def _unused(model: ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(5_000_000, np.float32), "ballast"))


def _wrong_kind(model: ModelProto) -> None:
    _weights(model).data_type = TensorProto.INT32


def _kind_beyond(model: ModelProto) -> None:
    _weights(model).data_type = 77


def _transposed(model: ModelProto) -> None:
    node = next(node for node in model.graph.node if node.op_type == "Transpose")
    _attribute(node, "perm").ints[:] = [0, 0, 0, 0]


def _squeezed(model: ModelProto) -> None:
    axes = _constant(model, "axis_")
    axes.CopyFrom(numpy_helper.from_array(np.array([2**62], np.int64), axes.name))


def _reshaped(model: ModelProto) -> None:
    shape = _constant(model, "joined")
    shape.CopyFrom(numpy_helper.from_array(np.array([TERA, TERA, 1], np.int64), shape.name))


def _wide_gemm(model: ModelProto) -> None:
    weights = _constant(model, "dense.W")
    weights.dims[:] = list(reversed(weights.dims))


HOSTILE: Final[dict[str, Change]] = {
    "a constant that claims 10^12 numbers": _claim(TERA),
    "a constant whose claim overflows": _claim(2**32, 2**32, 2**32),
    "a constant of five dimensions": _claim(1, 1, 1, 1, 1),
    "a constant of no numbers": _empty_dimension,
    "a constant of negative dimensions": _negative_dimension,
    "a constant in /etc/passwd": _external("/etc/passwd"),
    "a constant in a folder above": _external("../../../../etc/passwd"),
    "a constant on a device without end": _external("/dev/zero"),
    "a constant in fields of numbers": _typed_data,
    "a constant of text": _text_constant,
    "a constant that is not a number": _weight(float("nan")),
    "a constant that is infinite": _weight(float("-inf")),
    "a constant of 1e38": _weight(1e38),
    "a constant of another type": _wrong_kind,
    "a constant of no type": _kind_beyond,
    "a constant twice": _same_constant,
    "a constant nobody reads": _unused,
    "a constant that is an input, too": _constant_as_input,
    "a constant as output": _constant_as_output,
    "20,000 constants": _many_constants,
    "a sparse constant": _sparse,
    "a tensor of a terabyte made at run time": _made_from("ConstantOfShape", np.array([TERA], np.int64)),
    "a range of 10^12": _made_from("Range", np.array(0), np.array(TERA), np.array(1)),
    "random numbers": _made_from("RandomNormal", shape=[1_000_000, 1_000_000]),
    "an expansion": _before_the_end("Expand", {"shape": np.array([TERA, 1, 1], np.int64)}),
    "tiles": _before_the_end("Tile", {"repeats": np.array([1_000_000, 1_000_000], np.int64)}),
    "a picture made large": _before_the_end("Resize", {"roi": [0.0], "scales": [1e6, 1e6]}),
    "padding": _before_the_end("Pad", {"pads": np.array([TERA, 0, 0, 0], np.int64)}),
    "one-hot of 10^12": _before_the_end("OneHot", {"depth": np.array(TERA), "values": np.array([0, 1])}),
    "a loop without end": _loop,
    "a branch": _if,
    "branches in branches": _deep_branches,
    "a subgraph in a node of ours": _graph_in_a_known_node,
    "a function": _function,
    "operators of another domain": _foreign_domain,
    "a node of another domain": _foreign_node,
    "20,000 nodes": _many_nodes,
    "many layers": _many_layers,
    "no nodes": _nothing,
    "metadata of 20 MB": _metadata,
    "20,000 metadata": _many_metadata,
    "documentation of 20 MB": _documentation,
    "training information": _training,
    "a hidden size of 2^31": _hidden_size,
    "a hidden size too small": _smaller_hidden_size,
    "a hidden size below zero": _negative_hidden_size,
    "no hidden size": _no_hidden_size,
    "another direction": _other_direction,
    "other activations": _activations,
    "peepholes of another shape": _peephole,
    "an older operator set": _opset(6),
    "an operator set to come": _opset(999),
    "an IR to come": _ir,
    "a cycle": _cycle,
    "an input from nowhere": _missing_input,
    "an output twice": _same_output,
    "an output of 10^12": _huge_output,
    "an input that is a sequence": _sequence_input,
    "a type 90 deep": _deep_type,
    "a name of a megabyte": _long_name,
    "a name with a mention": _strange_name,
    "a transposition that repeats": _transposed,
    "an axis far away": _squeezed,
    "a reshape to 10^24": _reshaped,
    "a product of other sizes": _wide_gemm,
}
"""What can be said with ONNX."""


def _nested(levels: int) -> bytes:
    """An attribute that holds a graph that holds a node that holds an attribute, and so on."""
    content = b""
    for _ in range(levels):
        for field in (6, 5, 1):  # of AttributeProto, NodeProto, GraphProto
            content = bytes([field << 3 | 2]) + _length(len(content)) + content
    return content


def _length(number: int) -> bytes:
    content = b""
    while number >= 0x80:
        content += bytes([number & 0x7F | 0x80])
        number >>= 7
    return content + bytes([number])


HOSTILE_BYTES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "cut off": lambda good: good[:-1],
    "a length of 2^63": lambda good: good + b"\x3a" + b"\xff" * 8 + b"\x7f",
    "a number without end": lambda good: b"\x08" + b"\xff" * 1_000_000,
    "a field without number": lambda good: good + b"\x00\x00",
    "an unknown field": lambda good: good + b"\xfa\x07\x00",
    "the graph twice": lambda good: good + good,
    "another graph to be merged": lambda good: good + b"\x3a\x02\x0a\x00",
    "groups": lambda good: good + b"\x3b" * 1_000_000,
    "graphs in graphs": lambda good: good + b"\x3a" + _length(len(_nested(20_000))) + _nested(20_000),
    "ten million fields": lambda good: good + b"\x72\x00" * 10_000_000,
    "ten million numbers": lambda good: good + b"\x3a" + _length(10_000_002) + b"\x0a\x00" + b"\x0a\x00" * 5_000_000,
    "zeros": lambda good: bytes(20_000_000),
}
"""What can be said with protobuf."""
