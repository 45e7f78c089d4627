"""What the tests of several command lines share."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def _restored_logging() -> Iterator[None]:
    """The command line sets up logging for its process; the tests share one."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
