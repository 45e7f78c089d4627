"""What is wrong with a file that a person wrote."""

from pathlib import Path


class LineError(Exception):
    """A line of a text file is wrong. Carries `path`, `line` (from 1) and `reason`."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}.")
        self.path = path
        self.line = line
        self.reason = reason
