"""Reads protobuf's wire format, as far as an ONNX graph needs it, without trusting a byte of it.

A message is a row of fields, each a tag (number and wire type) and a value (Protocol Buffers, "Encoding"). A parser
of protobuf merges what stands twice, skips what it does not know and follows nested messages as deep as they go. This
one refuses all three: it reads the fields of one message that its caller names, each at most as often as it may stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_LONGEST_VARINT: Final = 10
_LARGEST_TAG: Final = 2**32


class WireFormatError(ValueError):
    """The bytes are not the message that was expected. The message is a clause, such as "it is cut off"."""


class Wire(IntEnum):
    """The wire types that are read."""

    VARINT = 0
    BYTES = 2


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a message may hold.

    Args:
        name: by which it is returned.
        wire: its type; a repeated number may also come packed.
        most: how often it may stand there.
    """

    name: str
    wire: Wire
    most: int = 1


@dataclass(frozen=True, slots=True)
class Message:
    """What a message may hold: its name, and its fields by their numbers."""

    name: str
    fields: Mapping[int, Field]


Value = int | memoryview


class Budget:
    """How many fields may still be read, of all messages together, so that no bytes cost more than their reader."""

    def __init__(self, fields: int) -> None:
        self._left = fields

    def spend(self) -> None:
        """Take one.

        Raises:
            WireFormatError: none is left.
        """
        if not self._left:
            raise WireFormatError("it has too many fields")
        self._left -= 1


def read_message(content: memoryview, message: Message, budget: Budget) -> dict[str, list[Value]]:
    """The values of a message by the names of its fields, in order; an empty list where a field does not stand.

    Bytes are views on `content`, numbers unsigned 64-bit integers.

    Raises:
        WireFormatError: it is cut off, or holds an unknown field, or one too often.
    """
    values: dict[str, list[Value]] = {field.name: [] for field in message.fields.values()}
    at = 0
    while at < len(content):
        budget.spend()
        tag, at = _varint(content, at)
        field = message.fields.get(tag >> 3) if tag < _LARGEST_TAG else None
        if field is None:
            raise WireFormatError(f"its {message.name} has the field {tag >> 3}, which ours never has")
        if tag & 7 == Wire.VARINT == field.wire:
            number, at = _varint(content, at)
            values[field.name].append(number)
        elif tag & 7 == Wire.BYTES:
            length, at = _varint(content, at)
            if length > len(content) - at:
                raise WireFormatError("it is cut off")
            inside, at = content[at : at + length], at + length
            values[field.name] += [inside] if field.wire is Wire.BYTES else list(_packed(inside, field, budget))
        else:
            raise WireFormatError(f"its field {field.name} is of another type")
        if len(values[field.name]) > field.most:
            raise WireFormatError(f"its {message.name} has the field {field.name} more than {field.most} times")
    return values


def _packed(content: memoryview, field: Field, budget: Budget) -> Iterator[int]:
    if field.most == 1:
        raise WireFormatError(f"its field {field.name} is of another type")
    at = 0
    while at < len(content):
        budget.spend()
        number, at = _varint(content, at)
        yield number


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    """The number that begins at `at`, little end first, seven bits a byte, and where it ends."""
    number = 0
    for i, byte in enumerate(content[at : at + _LONGEST_VARINT]):
        number |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            if number >= 2**64:
                break
            return number, at + i + 1
    raise WireFormatError("it is cut off" if len(content) - at < _LONGEST_VARINT else "it has a number without end")
