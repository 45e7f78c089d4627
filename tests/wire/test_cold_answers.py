"""Every command, the moment a process has come up: Discord waits three seconds for an answer."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from bot.texts import say
from tests.wire.bots import end, process
from tests.wire.payloads import ALICE, BOB, RANDOM, Payload, Value, menu, message, slash
from tests.wire.server import Request, Route, WireServer

TIME_TO_ANSWER: Final = 3.0
DEFERRED: Final = 5
"""The type of an answer that only says that a message will follow."""
NESTED: Final = (1, 2)
"""The types of commands and groups among a command's options."""

COMMANDS: Final[Mapping[str, Mapping[str, Value]]] = {
    "predict": {"text": "we won the game last night!", "explain": True},
    "help": {},
    "stats": {"days": 7},
    "model info": {},
    "model reload": {},
    "privacy opt-out": {"where": "server"},
    "privacy opt-in": {"where": "everywhere"},
    "privacy about-me": {},
    "privacy forget-me": {},
    "settings show": {},
    "settings switch": {"state": "on"},
    "settings sensitivity": {"level": "lively"},
    "settings cooldown": {"channel": 0, "member": 0},
    "settings length": {"shortest": 1},
    "settings channels mode": {"mode": "except"},
    "settings channels add": {"channel": RANDOM},
    "settings channels remove": {"channel": RANDOM},
    "settings channels clear": {},
    "settings ignore add": {"who": ALICE},
    "settings ignore remove": {"who": ALICE},
    "settings emoji replace": {"emoji": "joy", "with": "party"},
    "settings emoji off": {"emoji": "joy"},
    "settings emoji back": {"emoji": "joy"},
    "settings learning reset": {},
    "settings reset": {},
}
MENUS: Final = ("Predict emoji", "React for me")


def _names(commands: Sequence[Payload], path: str = "") -> Iterator[str]:
    """All that Discord offers: commands of groups by their whole name, and menus."""
    for command in commands:
        name = f"{path}{command['name']}"
        nested = [option for option in command.get("options", ()) if option["type"] in NESTED]
        if nested:
            yield from _names(nested, f"{name} ")
        else:
            yield name


@dataclass(frozen=True, slots=True)
class Answer:
    """How many seconds an interaction waited for an answer, and what that says in the end."""

    seconds: float
    content: Payload


async def _ask(server: WireServer, interactions: Mapping[str, Payload]) -> dict[str, Answer]:
    """Dispatch all at once and wait for all answers."""
    asked = {}
    for name, interaction in interactions.items():
        asked[name] = time.monotonic()
        await server.dispatch("INTERACTION_CREATE", interaction)
    answers = _by_token(await server.until_received(Route.ANSWER, len(asked)))
    contents = {token: answer.body["data"] for token, answer in answers.items() if answer.body["type"] != DEFERRED}
    edits = _by_token(await server.until_received(Route.EDIT_ANSWER, len(answers) - len(contents)))
    contents |= {token: edit.body for token, edit in edits.items()}
    tokens = {name: interaction["token"] for name, interaction in interactions.items()}
    return {name: Answer(answers[token].at - asked[name], contents[token]) for name, token in tokens.items()}


def _by_token(requests: Sequence[Request]) -> dict[str, Request]:
    return {request.variables["token"]: request for request in requests}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
async def test_every_command_is_answered_in_time_right_after_a_start(server: WireServer, tmp_path: Path) -> None:
    interactions = {name: slash(name, options=options) for name, options in COMMANDS.items()}
    interactions |= {name: menu(name, message("happy birthday, my friend", author=BOB)) for name in MENUS}
    async with process(server, tmp_path, log_level="WARNING") as child:
        await server.until_ready()
        answers = await _ask(server, interactions)
        child.terminate()
        assert await end(child) == (0, "")
    assert set(_names(server.commands)) == interactions.keys()
    assert [name for name, answer in answers.items() if answer.seconds >= TIME_TO_ANSWER] == []
    sorry = {say("common.apology"), say("common.database")}
    assert [name for name, answer in answers.items() if answer.content.get("content") in sorry] == []
