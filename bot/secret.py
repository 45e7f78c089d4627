"""Text that must not be shown."""

from typing import Final

_HIDDEN: Final = "'***'"


class Secret(str):
    """A string for those who use it, and stars for those who look: in a `repr`, and so in whatever holds it.

    That is how data classes, dictionaries, tracebacks with local variables and debuggers print what they hold.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return _HIDDEN
