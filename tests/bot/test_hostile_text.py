"""Text that means harm, wherever the bot takes text, through the real client in a simulated Discord."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.bot.admin import Admin
from tests.bot.conftest import Server
from tests.bot.stage import GOOD_NEWS
from tests.hostile_texts import DIRECTIONS, EVERY_PLANE, HOSTILE_TEXTS, MARKUP, ZALGO, unescaped

NOBODY: dict[str, list[str]] = {"parse": []}
LONGEST_OPTION = 100


def _told(server: Server, since: int = 0) -> list[dict[str, Any]]:
    """The content of every answer and message that the bot has sent from the request `since` on."""
    bodies = [request.json for request in server.environment.http_requests[since:] if request.json]
    contents = [body.get("data", body) for body in bodies if isinstance(body, dict)]
    return [content for content in contents if content.get("content") or content.get("embeds")]


def _strings(content: Any) -> Iterator[str]:
    """All text in an answer."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from _strings(value)
    elif isinstance(content, list):
        for value in content:
            yield from _strings(value)


def _check(server: Server, since: int, text: str, answers: int) -> None:
    """So many answers were sent; none notifies anybody, and none repeats the text with a meaning."""
    told = _told(server, since)
    assert len(told) == answers
    for content in told:
        assert content["allowed_mentions"] == NOBODY
        assert not [one for one in _strings(content) if text in unescaped(one)]


async def test_the_bot_works_on_after_every_hostile_message(server: Server) -> None:
    for text in HOSTILE_TEXTS.values():
        await server.alice.send(server.channel, text[:2000])
    before = len(server.reaction_requests)
    await server.alice.send(server.channel, GOOD_NEWS)

    assert len(server.reaction_requests) == before + 1


@pytest.mark.parametrize("explain", [False, True])
async def test_predict_answers_every_hostile_text(server: Server, explain: bool) -> None:
    for text in HOSTILE_TEXTS.values():
        result = await server.alice.slash(server.channel, "predict", text=text, explain=explain)

        assert result.response is not None
        (*_, content) = _told(server)
        assert content["allowed_mentions"] == NOBODY
        for one in _strings(content):
            one.encode()
            assert len(one) <= 1024
            assert not set(one) & set("\x00\x07\x08\r\x1b\x85\u202e\u2066\u2028\ufeff")


async def test_predict_answers_what_looks_like_markup_as_text(server: Server) -> None:
    for text in MARKUP.values():
        since = len(server.environment.http_requests)
        for explain in (False, True):
            await server.alice.slash(server.channel, "predict", text=text, explain=explain, share=True)

        _check(server, since, text, answers=2)


@pytest.mark.parametrize("menu", ["Predict emoji", "React for me"])
async def test_the_menus_answer_a_message_of_markup_as_text(server: Server, menu: str) -> None:
    message = await server.alice.send(server.channel, "\n".join(MARKUP.values())[:2000])
    since = len(server.environment.http_requests)
    await server.alice.context_menu(server.channel, menu, message)

    for text in MARKUP.values():
        _check(server, since, text, answers=1)


async def test_no_setting_repeats_what_was_typed(server: Server) -> None:
    admin = Admin(server)
    for text in (*MARKUP.values(), ZALGO, DIRECTIONS, EVERY_PLANE, HOSTILE_TEXTS["lone surrogates"]):
        typed, since = text[:LONGEST_OPTION], len(server.environment.http_requests)
        await admin.set("emoji replace", emoji=typed, **{"with": "fire"})
        await admin.set("emoji replace", emoji="fire", **{"with": typed})
        await admin.set("emoji off", emoji=typed)
        await admin.set("emoji back", emoji=typed)
        for command, option in (("emoji replace", "with"), ("emoji off", "emoji")):
            assert len(await admin.offers(command, option, typed)) <= 25

        _check(server, since, typed, answers=4)


async def test_names_that_look_like_markup_notify_and_format_nothing(server: Server) -> None:
    """Of roles, servers and members, which others choose."""
    for i, name in enumerate(MARKUP.values()):
        since = len(server.environment.http_requests)
        other = Server(server.environment, name, f"mallory{i}")
        role = other.guild.create_role(name)
        await server.environment.settle()
        admin = Admin(other, f"ada{i}")
        await admin.set("ignore add", who=role)
        await admin.set("ignore add", who=other.alice)
        await admin.show()
        for command, options in (
            ("opt-out", {"where": "server"}),
            ("opt-out", {"where": "everywhere"}),
            ("about-me", {}),
            ("opt-in", {"where": "everywhere"}),
            ("forget-me", {}),
        ):
            await other.alice.slash(other.channel, f"privacy {command}", **options)

        _check(server, since, name, answers=8)
