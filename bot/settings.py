"""The settings of a bot process: the environment, then the file `.env`, then the defaults."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from itertools import chain
from pathlib import Path
from reprlib import Repr
from typing import Any, Final

from dotenv import dotenv_values

from bot.secret import Secret
from model.bundle import PRETRAINED

REACTIONS: Final = 40
"""Reactions a second. Discord allows a bot 50 requests a second in all; the rest is for commands."""

_MOST_REQUESTS: Final = 50
_MOST_SHARDS: Final = 100_000
_LAST_PORT: Final = 65_535
_MOST_DIGITS: Final = 9
_SHORT: Final = Repr()
_SHORT.maxstring = 24  # a token in the wrong line is not shown whole
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
JSON_FORMAT: Final = "json"
LOG_FORMATS: Final = ("text", JSON_FORMAT)


class SettingsError(Exception):
    """Settings are wrong. `problems` names every bad key with the reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"The settings are not usable: {'; '.join(problems)}.")
        self.problems = problems


def _token(text: str) -> str:
    if any(character.isspace() for character in text):
        raise ValueError("must hold no white space")
    if not (text.isascii() and text.isprintable()):  # it travels in a header of HTTP
        raise ValueError("must hold nothing but visible ASCII characters")
    return text


def _folder(text: str) -> Path:
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            return path
    except (OSError, RuntimeError, ValueError):  # a path too long, a home that does not exist, a null character
        pass
    raise ValueError(f"must be a folder, and {_shown(text)} is none")


def _fraction(text: str) -> float:
    return _between(text, 0.0, 1.0)


def _seconds(text: str) -> float:
    return _between(text, 1.0, 3600.0)


def _between(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ValueError(f"must be a number from {low:g} to {high:g}, not {_shown(text)}")
    return value


def _rate(text: str) -> int:
    if not text.isdecimal() or len(text) > _MOST_DIGITS or not 1 <= int(text) <= _MOST_REQUESTS:
        raise ValueError(f"must be a whole number from 1 to {_MOST_REQUESTS}, not {_shown(text)}")
    return int(text)


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}, not {_shown(text)}")
    return text.upper()


def _log_format(text: str) -> str:
    if text.lower() not in LOG_FORMATS:
        raise ValueError(f"must be one of {', '.join(LOG_FORMATS)}, not {_shown(text)}")
    return text.lower()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= _LAST_PORT):
        raise ValueError(f"must be a port from 1 to {_LAST_PORT}, not {_shown(text)}")
    return int(text)


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"must be an IP address of this machine, as 127.0.0.1, not {_shown(text)}") from None


def _database(text: str) -> str:
    if not re.match(r"(sqlite(\+aiosqlite)?:///|postgres(ql(\+asyncpg)?)?://).", text):
        raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME")
    return text


def _shard_count(text: str) -> int:
    return int(_whole(text))


def _shard_ids(text: str) -> tuple[int, ...]:
    """Numbers and ranges of them: "0,1,2" or "0-15"."""
    ranges: list[range] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        low = _whole(first)
        ranges.append(range(low, (_whole(last) if dash else low) + 1))
        if not ranges[-1]:
            raise ValueError(f"must be numbers or ranges as in 0-3,8, not {_shown(text)}")
    total = sum(map(len, ranges))
    # More than there are must name one twice: so much is known before they are written out.
    if total > _MOST_SHARDS + 1 or len(set(chain.from_iterable(ranges))) < total:
        raise ValueError(f"must name each shard once, not {_shown(text)}")
    return tuple(chain.from_iterable(ranges))


def _whole(text: str) -> int:
    digits = text.strip()
    if not (digits.isdecimal() and len(digits) <= _MOST_DIGITS) or int(digits) > _MOST_SHARDS:
        raise ValueError(f"must hold whole numbers up to {_MOST_SHARDS}, not {_shown(text)}")
    return int(digits)


def _shown(text: str) -> str:
    """A value for the operator to recognise: on one line, and not at any length."""
    return _SHORT.repr(text)


def _setting(key: str, parse: Callable[[str], Any], default: Any, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"key": key, "parse": parse})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator can set. An empty value counts as not set.

    Args:
        token: DISCORD_TOKEN, the bot's secret; needed to connect.
        model_dir: MODEL_DIR, the bundle to predict with.
        threshold: THRESHOLD, the confidence from which the bot reacts; None takes the bundle's own.
        stale_after: STALE_AFTER, seconds after which a message gets no reaction any more.
        reactions_per_second: REACTIONS_PER_SECOND, how many of them this process makes at most, 1 to 50.
        database_url: DATABASE_URL, `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST:PORT/NAME`.
        shard_count: SHARD_COUNT, of all processes together; None asks Discord.
        shard_ids: SHARD_IDS, those that this process runs; None runs all.
        log_level: LOG_LEVEL.
        log_format: LOG_FORMAT, lines for people or JSON for programs.
        metrics_port: METRICS_PORT, where metrics and probes are served; None serves none.
        metrics_host: METRICS_HOST, the address for that.
    """

    token: str | None = _setting("DISCORD_TOKEN", _token, None, secret=True)
    model_dir: Path = _setting("MODEL_DIR", _folder, PRETRAINED)
    threshold: float | None = _setting("THRESHOLD", _fraction, None)
    stale_after: float = _setting("STALE_AFTER", _seconds, 30.0)
    reactions_per_second: int = _setting("REACTIONS_PER_SECOND", _rate, REACTIONS)
    database_url: str = _setting("DATABASE_URL", _database, "sqlite:///emoji-bot.db", secret=True)
    shard_count: int | None = _setting("SHARD_COUNT", _shard_count, None)
    shard_ids: tuple[int, ...] | None = _setting("SHARD_IDS", _shard_ids, None)
    log_level: str = _setting("LOG_LEVEL", _log_level, "INFO")
    log_format: str = _setting("LOG_FORMAT", _log_format, "text")
    metrics_port: int | None = _setting("METRICS_PORT", _port, None)
    metrics_host: str = _setting("METRICS_HOST", _address, "127.0.0.1")

    def __post_init__(self) -> None:
        for setting in fields(self):
            value = getattr(self, setting.name)
            if not setting.repr and value is not None:
                object.__setattr__(self, setting.name, Secret(value))

    @classmethod
    def from_values(cls, values: Mapping[str, str | None], *, token_needed: bool = False) -> "Settings":
        """Parse settings from key-value pairs; keys that are none of ours are left alone.

        Raises:
            SettingsError: names every bad key at once, and the token where it is needed and missing.
        """
        parsed: dict[str, Any] = {}
        problems: list[str] = []
        for setting in fields(cls):
            key = setting.metadata["key"]
            text = (values.get(key) or "").strip()
            if not text:
                continue
            try:
                parsed[setting.name] = setting.metadata["parse"](text)
            except ValueError as error:
                problems.append(f"{key} {error}")
        if token_needed and not (values.get("DISCORD_TOKEN") or "").strip():
            problems.append("DISCORD_TOKEN is not set: put the bot's token into .env or the environment")
        if not any(problem.startswith("SHARD_") for problem in problems):
            problems += _shard_problems(parsed.get("shard_count"), parsed.get("shard_ids"))
        if problems:
            raise SettingsError(problems)
        return cls(**parsed)

    @classmethod
    def load(cls, env_file: Path = Path(".env"), *, token_needed: bool = False) -> "Settings":
        """Read the environment over `env_file`, which may be missing.

        Raises:
            SettingsError: names every bad key at once, and the token where it is needed and missing.
        """
        try:
            # Nothing is put in for ${NAME}: systemd and container platforms read the same file so, and a password may
            # hold these characters.
            from_file = dotenv_values(env_file, interpolate=False) if env_file.is_file() else {}
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError([f"the file {env_file} is not readable as UTF-8"]) from error
        environment = {key: value for key, value in os.environ.items() if value.strip()}
        return cls.from_values({**from_file, **environment}, token_needed=token_needed)


def _shard_problems(count: int | None, ids: tuple[int, ...] | None) -> list[str]:
    if count is not None and count < 1:
        return ["SHARD_COUNT must be at least 1"]
    if ids is not None and count is None:
        return ["SHARD_IDS needs SHARD_COUNT, which must be the same for all processes"]
    if ids is not None and count is not None and max(ids) >= count:
        return [f"SHARD_IDS must be below SHARD_COUNT, {count}"]
    return []


SETTING_KEYS: Final = tuple(str(setting.metadata["key"]) for setting in fields(Settings))
"""Every key that `Settings` reads."""
