"""What the model side raises for people to read: one sentence each."""

from pathlib import Path


class ModelError(Exception):
    """Something that the person at the command line can mend. The message is one sentence."""


class LineError(ModelError):
    """A line of a text file is wrong. Carries `path`, `line` (from 1) and `reason`."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}.")
        self.path = path
        self.line = line
        self.reason = reason
