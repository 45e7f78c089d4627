"""The demo's little server: who and what is in it, and the weeks that it has behind it."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import discord
import simcord
from simcord.backend.cdn import CDN_BASE

from bot.demo_chat import EARLIER, TODAY, Line
from bot.demo_pictures import EMOJI, bot_face, emoji_picture, face

CHANNELS: Final = ("general", "game-night", "pets", "study-hall", "announcements")

_QUIET: Final = "announcements"
_NAME: Final = "The Corner Café"
_BOT: Final = "Emoji Bot"
_VISITOR: Final = "you"
_PEOPLE: Final = {
    _VISITOR: (59, 130, 116),
    "mika": (192, 86, 94),
    "priya": (126, 98, 186),
    "tomasz": (66, 118, 176),
}
_PAUSE: Final = 20.0  # seconds of simulated time between messages


@dataclass(frozen=True, slots=True)
class DemoServer:
    """What is shown of the server.

    Args:
        channels: by name.
        people: who the visitor can be, the one who manages the server first.
        pictures: file name and PNG by the address under which Discord would have them.
    """

    channels: Mapping[str, simcord.ChannelHandle]
    people: Mapping[str, simcord.MemberActor]
    pictures: Mapping[str, tuple[str, bytes]]


async def furnish(environment: simcord.Env) -> DemoServer:
    """Build the server four weeks ago, and let its people talk until the present. The bot reacts as it does anywhere.

    In one channel it may not, so that `/settings show` and `/stats` have something to tell of that.
    """
    me = environment.bot.user
    assert me is not None  # noqa: S101 - it is logged in
    await me.edit(username=_BOT)
    ending = datetime.now(UTC) - timedelta(seconds=_PAUSE * len(TODAY))
    await _wait_until(environment, ending - timedelta(days=max(EARLIER) + 1))
    guild = environment.create_guild(_NAME)
    await environment.settle()  # the bot reads the settings of its new server
    forbidden = discord.PermissionOverwrite(add_reactions=False)
    channels = {
        name: guild.create_text_channel(name, overwrites={me: forbidden} if name == _QUIET else None)
        for name in CHANNELS
    }
    team = guild.create_role("team", permissions=discord.Permissions(manage_guild=True), color=0x5BC0A8)
    people = {
        name: guild.add_member(environment.create_user(name, avatar=name), roles=[team] if name == _VISITOR else [])
        for name in _PEOPLE
    }
    server = DemoServer(channels, people, _pictures(me, people.values(), [guild.create_emoji(name) for name in EMOJI]))
    with _quiet():
        for days, lines in EARLIER.items():
            await _wait_until(environment, ending - timedelta(days=days))
            for line in lines:
                await _say(server, line)
        await _wait_until(environment, ending)
        for line in TODAY:
            await _say(server, line)
            await environment.advance_time(_PAUSE)
    return server


@contextmanager
def _quiet() -> Iterator[None]:
    """Within the context, nothing below a warning is logged: what the bot did in each of the weeks is no news."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


async def _say(server: DemoServer, line: Line) -> None:
    message = await server.people[line.author].send(server.channels[line.channel], line.text)
    for reaction in message.reactions:
        for person in line.joined:
            await server.people[person].react(message, str(reaction.emoji))
        for person in line.disliked:
            await server.people[person].react(message, "👎")


async def _wait_until(environment: simcord.Env, moment: datetime) -> None:
    await environment.advance_time(max(0.0, (moment - environment.now()).total_seconds()))


def _pictures(
    me: discord.ClientUser, people: Iterable[simcord.MemberActor], emoji: Iterable[discord.abc.Snowflake]
) -> dict[str, tuple[str, bytes]]:
    faces = {f"avatars/{one.id}/{one.name}.png": face(one.name, _PEOPLE[one.name]) for one in people}
    own = {f"emojis/{one.id}.png": emoji_picture(name) for one, name in zip(emoji, EMOJI, strict=True)}
    # Who has no face of their own has one of six, chosen by id.
    default = {f"embed/avatars/{(me.id >> 22) % 6}.png": bot_face()}
    return {f"{CDN_BASE}/{path}": (path.replace("/", "-"), png) for path, png in {**faces, **own, **default}.items()}
