"""The token and the database's password stay out of everything that is shown, whatever goes wrong."""

import asyncio
import copy
import logging
import os
import pickle
import pprint
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict, astuple, replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from bot.__main__ import main
from bot.secret import Secret
from bot.settings import SETTING_KEYS, Settings, SettingsError
from bot.store import Store, StoreError
from tests.wire.server import TOKEN

ROOT = Path(__file__).parents[2]
PASSWORD = "p@ss/w0rd:&=%?#[ü"
FORMS = {PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), quote_plus(PASSWORD)}
URL = f"postgresql://bot:{quote(PASSWORD, safe='')}@127.0.0.1:9/bot"
LIKE_A_TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWsXVW7vRze4b7C"
NOWHERE = "127.0.0.1:9"

NO_DISCORD = """
import sys, discord
from bot.__main__ import main
discord.http.Route.BASE = "http://127.0.0.1:9/api"
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside, and no .env."""
    for key in SETTING_KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def log_levels() -> Iterator[None]:
    """The command line sets levels for its whole process, so they are put back."""
    loggers = [logging.getLogger(name) for name in (None, "bot", "model", "discord")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def run(tmp_path: Path, *arguments: str, code: str = "", **environment: str) -> str:
    """All that a process of the bot prints, at its most talkative."""
    command = [sys.executable, *(["-c", code] if code else ["-m", "bot"]), *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": "DEBUG", "PYTHONASYNCIODEBUG": "1", **environment},
    )
    assert done.returncode != 0
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "show",
    [repr, str, asdict, astuple, pprint.pformat, lambda one: [one], lambda one: f"{one!r}", lambda one: {"s": one}],
    ids=["repr", "str", "asdict", "astuple", "pformat", "in a list", "formatted", "in a dict"],
)
def test_settings_show_neither_secret_however_they_are_printed(show: object) -> None:
    settings = Settings.from_values({"DISCORD_TOKEN": TOKEN, "DATABASE_URL": URL})
    assert callable(show)

    shown = repr(show(settings))
    assert TOKEN not in shown
    assert not [form for form in FORMS if form in shown]
    assert (settings.token, settings.database_url) == (TOKEN, URL)


def test_settings_that_are_changed_or_copied_keep_their_secrets_hidden() -> None:
    settings = Settings(token="before")
    changed = replace(settings, token=TOKEN)

    for one in (changed, copy.deepcopy(changed), pickle.loads(pickle.dumps(changed))):  # noqa: S301
        assert one.token == TOKEN
        assert TOKEN not in repr(asdict(one))


def test_a_secret_is_a_string_for_those_who_use_it() -> None:
    assert f"Bot {Secret(TOKEN)}" == f"Bot {TOKEN}"
    assert Secret(TOKEN) == TOKEN
    assert repr(Secret(TOKEN)) == "'***'"


@pytest.mark.parametrize(
    "bad", [f"{TOKEN} extra", f"{TOKEN}\n", f"Bot {TOKEN}", f"{TOKEN}\x00", f"„{TOKEN}“", f"\x1b{TOKEN}x"]
)
def test_a_bad_token_is_not_repeated(bad: str) -> None:
    try:
        shown = repr(Settings.from_values({"DISCORD_TOKEN": bad, "THRESHOLD": "x"}))
    except SettingsError as error:
        shown = "".join(traceback.format_exception(error))

    assert TOKEN not in shown


@pytest.mark.parametrize("key", [key for key in SETTING_KEYS if key != "DISCORD_TOKEN"])
def test_a_secret_in_the_wrong_place_shows_at_most_its_ends(key: str) -> None:
    """Whoever confuses two lines of .env: the value is repeated to be recognised, but never whole."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_values({key: LIKE_A_TOKEN})

    assert not [i for i in range(50) if LIKE_A_TOKEN[i : i + 16] in str(caught.value)]


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://bot:{}@" + NOWHERE + "/bot",
        "postgres://bot:{}@" + NOWHERE + "/bot",
        "postgresql+asyncpg://bot:{}@" + NOWHERE + "/bot?sslmode=require",
        "postgresql://bot@" + NOWHERE + "/bot?password={}",
        "postgresql://bot:{}@" + NOWHERE + "/bot?no_such_option=1",
        "postgresql://bot:{}@" + NOWHERE + "/bot?sslmode={}",
        "postgresql://bot:{}@127.0.0.1:port/bot",
        "postgresql://bot:{}@127.0.0.1:99999/bot",
        "postgresql://bot:{}@[::1/bot",
        "postgresql://{}@" + NOWHERE + "/bot",
        "mysql://bot:{}@" + NOWHERE + "/bot",
        "sqlite://bot:{}@/bot.db",
    ],
)
async def test_the_password_of_a_database_out_of_reach_is_in_no_error(address: str, form: str) -> None:
    with pytest.raises((StoreError, SettingsError)) as caught:
        async with await Store.open(Settings.from_values({"DATABASE_URL": address.replace("{}", form)}).database_url):
            pass

    sentence = str(caught.value)
    assert not [part for part in (*FORMS, "w0rd", "ss/w") if part in sentence]
    assert len(sentence.splitlines()) == 1


@pytest.mark.parametrize("command", ["run", "check", "invite"])
@pytest.mark.parametrize(
    "trouble",
    [
        {"DATABASE_URL": URL},
        {"DATABASE_URL": f"postgresql://bot:{PASSWORD}@{NOWHERE}/bot"},
        {"DATABASE_URL": "sqlite:////nowhere/bot.db"},
        {"THRESHOLD": "x", "DATABASE_URL": URL},
        {"MODEL_DIR": "/"},
    ],
    ids=["no database", "a password not encoded", "no folder", "a bad setting", "no bundle"],
)
def test_no_command_shows_a_secret_when_it_fails(command: str, trouble: dict[str, str], tmp_path: Path) -> None:
    shown = run(tmp_path, command, code=NO_DISCORD, DISCORD_TOKEN=TOKEN, **trouble)

    assert TOKEN not in shown
    assert not [part for part in (*FORMS, "w0rd") if part in shown]
    assert "Traceback" not in shown


CRASH = """
import sys, asyncio, logging
import discord
from bot.client import EmojiBot
from bot.__main__ import main

async def crash(self, *arguments):
    raise RuntimeError("no such thing") from ValueError(repr(self.settings))

discord.http.Route.BASE = "http://127.0.0.1:9/api"
{sabotage}
sys.exit(main(["run"]))
"""


@pytest.mark.parametrize(
    "sabotage",
    [
        "EmojiBot.start = crash",
        "EmojiBot.login = crash",
        "EmojiBot.setup_hook = crash; EmojiBot.login = crash",
        "EmojiBot.close = crash",
    ],
)
def test_a_process_that_crashes_shows_neither_secret(sabotage: str, tmp_path: Path) -> None:
    """A programming error ends in a traceback: with names of files and lines, and no values."""
    shown = run(tmp_path, code=CRASH.replace("{sabotage}", sabotage), DISCORD_TOKEN=TOKEN, DATABASE_URL=URL)

    assert "Traceback" in shown
    assert "no such thing" in shown
    assert TOKEN not in shown
    assert not [form for form in FORMS if form in shown]


def test_a_traceback_with_local_variables_shows_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("DATABASE_URL", URL)
    settings = Settings.load()
    try:
        raise RuntimeError(str(settings))
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    assert "settings =" in shown
    assert TOKEN not in shown
    assert not [form for form in FORMS if form in shown]


@pytest.mark.usefixtures("log_levels")
def test_nothing_is_logged_of_a_token_that_is_refused_at_any_level(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    import discord

    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setattr(discord.http.Route, "BASE", f"http://{NOWHERE}/api")
    monkeypatch.setattr(logging.root, "handlers", logging.root.handlers[:])
    with caplog.at_level(logging.DEBUG):
        for name in ("discord", "aiohttp", "asyncio"):
            caplog.set_level(logging.DEBUG, name)
        assert main(["invite"]) == 75

    out, err = capsys.readouterr()
    assert TOKEN not in out + err + caplog.text


def test_the_store_keeps_its_url_out_of_its_own_representation(tmp_path: Path) -> None:
    async def shown() -> str:
        async with await Store.open(f"sqlite:///{tmp_path / 'bot.db'}") as store:
            return repr(store) + repr(store._database)

    assert "sqlite" not in asyncio.run(shown())
