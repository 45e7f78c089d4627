"""What the figures were measured on."""

import contextlib
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil
from threadpoolctl import threadpool_info

_LIBRARIES: Final = ("numpy", "onnxruntime", "discord.py", "tensorflow", "keras", "ai-edge-litert")


_BUSY: Final = 0.3
"""Processes a core that want to run, on average, from which others disturb a measurement."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine at the start of a benchmark.

    Args:
        processor: as the system names it.
        cores: that this process may run on.
        memory_gb: 1e9 bytes.
        system: with its release.
        python: version.
        libraries: version by name.
        blas: what NumPy multiplies matrices with.
        load: processes that wanted to run, averaged over the last minute; None where the system does not say.
    """

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    libraries: Mapping[str, str]
    blas: str
    load: float | None

    @property
    def busy(self) -> bool:
        """Whether others were at work when it began: long calls are then interrupted more often than short ones."""
        return self.load is not None and self.load > _BUSY * self.cores


def describe_machine() -> Machine:
    """The machine as it is now."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gb=round(psutil.virtual_memory().total / 1e9, 1),
        system=platform.platform(),
        python=platform.python_version(),
        libraries={name: _version(name) for name in _LIBRARIES},
        blas=_blas(),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(name: str) -> str:
    for package in (name, f"{name}-cpu"):  # TensorFlow comes in several packages
        with contextlib.suppress(PackageNotFoundError):
            return version(package)
    return "unknown"


def _blas() -> str:
    """The library whose file lies nearest to NumPy's: others bring theirs, too."""
    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    found.sort(key=lambda one: "numpy" not in one["filepath"])
    return "{internal_api} {version} ({architecture})".format(**found[0]) if found else "unknown"
