"""After a busy day, neither database nor log nor metrics hold what anybody wrote, or what anybody is called."""

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import discord
import pytest
import simcord

from bot.client import EmojiBot
from bot.counts import Count
from bot.exposition import Exposition
from bot.guild_settings import GuildSettings
from bot.policy import Skip
from bot.settings import Settings
from bot.store import Store
from model.bundle import load_bundle

HOURS = 5
TEXTS = (
    "Hooray, grandmother's marmalade took the blue ribbon in Shropshire!!!",
    "my hamster Ptolemy passed away during breakfast, inconsolable",
    "happy birthday dearest Clementine, may your trombone never rust",
    "the plumber arrives Wednesday, password for the shed is Rumpelstiltskin99",
    "call me at +44 20 7946 0958 or write to wendelin@buttercup.example",
    "lol that penguin video absolutely destroyed me, hysterical",
)
EDITED = "oh dear, the marmalade got disqualified, heartbroken"
TYPED = "should the orchestra rehearse Tchaikovsky tomorrow evening?"
DIRECT = "psst, privately: the treasurer embezzled everything"
PEOPLE = ("brunhilde_1987", "ottokar.zeppelin", "wendelin")
DISPLAYED = ("Brunhilde the Brave", "Ottokar Quetzalcoatl", "Doktor Wendelin")
ROBOT, HOOK, ROLE, FILE = "clockwork_butler", "Telegraph Office", "Gargoyle Keepers", "passport-scan.png"
SERVER, OTHER = "Quokkaville Townhall", "Mongoose Embassy"
CHANNEL, QUIET, THREAD = "xylophone-lounge", "whispering-gallery", "Marzipan Debate"
SAID_AND_NAMED = (
    *(*TEXTS, EDITED, TYPED, DIRECT, *PEOPLE, *DISPLAYED),
    *(ROBOT, HOOK, ROLE, FILE, SERVER, OTHER, CHANNEL, QUIET, THREAD),
)
OWN_EMOJI = "snazzy_otter"
"""The name of a server's own emoji is a part of its settings: the only name that is stored."""


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All that an operator can switch on."""
    caplog.set_level(logging.INFO)
    for ours in ("bot", "model"):
        caplog.set_level(logging.DEBUG, logger=ours)
    return caplog


class BusyDay:
    """Two servers and their members; the first one stays."""

    def __init__(self, environment: simcord.Env) -> None:
        assert isinstance(environment.bot, EmojiBot)
        self.environment = environment
        self.bot = environment.bot
        self.guild = environment.create_guild(SERVER)
        self.other = environment.create_guild(OTHER)
        self.channel = self.guild.create_text_channel(CHANNEL)
        self.quiet = self.guild.create_text_channel(QUIET)
        self.role = self.guild.create_role(ROLE)
        users = [
            environment.create_user(name, global_name=shown) for name, shown in zip(PEOPLE, DISPLAYED, strict=True)
        ]
        self.members = [self.guild.add_member(user, nick=shown) for user, shown in zip(users, DISPLAYED, strict=True)]
        self.strangers = [self.other.add_member(user) for user in users]
        self.robot = self.guild.add_member(environment.create_user(ROBOT, bot=True), roles=[self.role])

    @property
    def store(self) -> Store:
        assert self.bot._store is not None
        return self.bot._store

    @property
    def me(self) -> int:
        assert self.bot.user is not None
        return self.bot.user.id

    async def live(self) -> None:
        """All that members, admins and moderators can do, for hours."""
        await self.environment.settle()
        await self.open_thread()
        for hour in range(HOURS):
            await self.choose(hour)
            await self.talk()
            await self.answer_reactions()
            await self.use_commands(hour)
            await self.run_into_trouble()
            await self.environment.advance_time(3600)
        await self.leave_the_other_server()

    async def open_thread(self) -> None:
        channel = self.bot.get_channel(self.channel.id)
        assert isinstance(channel, discord.TextChannel)
        await channel.create_thread(name=THREAD, type=discord.ChannelType.public_thread)
        await self.environment.settle()

    async def choose(self, hour: int) -> None:
        """What admins change, a bit more every hour."""
        own = self.guild.create_emoji(OWN_EMOJI)
        labels = [label.name for label in load_bundle(Settings().model_dir).labels]
        chosen: list[dict[str, object]] = [
            {},
            {"emoji": {labels[0]: f"<:{OWN_EMOJI}:{own.id}>", labels[1]: None}},
            {"channels": frozenset({self.quiet.id}), "channel_cooldown": 2},
            {"ignored_roles": frozenset({self.role.id}), "ignored_members": frozenset({self.members[2].id})},
            {"threshold": 0.2, "shortest": 3, "longest": 3000},
        ]

        def change(settings: GuildSettings) -> GuildSettings:
            return replace(settings, **chosen[hour % len(chosen)])  # type: ignore[arg-type]

        await self.store.change(self.guild.id, change)
        await self.store.change(self.other.id, change)

    async def talk(self) -> None:
        places = (self.channel, self.quiet, *self.channel.threads)
        for index, text in enumerate(TEXTS):
            member, place = self.members[index % len(self.members)], places[index % len(places)]
            message = await member.send(place, text)
            await member.send(place, text, reply_to=message, attachments=[(FILE, b"not really a png")])
            await self.strangers[0].send(
                self.other.channels.get(CHANNEL) or self.other.create_text_channel(CHANNEL), text
            )
        await self.robot.send(self.channel, TEXTS[0])
        await self.guild.create_webhook(self.channel, HOOK).send(TEXTS[1], username=HOOK)
        await self.members[0].send_dm(DIRECT)

    async def answer_reactions(self) -> None:
        """Join one, dislike one, take one off, edit a message, delete one."""
        happy, sad = self.members[0], self.members[1]
        for index, text in enumerate(TEXTS):
            message = await happy.send(self.channel, text)
            stored = self.environment.backend.get_message(self.channel.id, message.id)
            for reaction in [one for one in stored.reactions if self.me in one.user_ids]:
                await sad.react(message, (reaction.emoji, "👎")[index % 2])
                if index == 2:
                    self.environment.backend.remove_reaction(self.channel.id, message.id, reaction.emoji, self.me)
                    await self.environment.settle()
            if index == 3:
                await happy.edit(message, EDITED)
            if index == 4:
                await happy.delete(message)

    async def use_commands(self, hour: int) -> None:
        member = self.members[hour % len(self.members)]
        message = await self.members[0].send(self.channel, TEXTS[hour % len(TEXTS)])
        await member.slash(self.channel, "predict", text=TYPED, explain=True, share=True)
        await member.user.slash("predict", text=TYPED, explain=True)
        for menu in ("Predict emoji", "React for me"):
            await member.context_menu(self.channel, menu, message)
        where = ("server", "everywhere")[hour % 2]
        await member.slash(self.channel, "privacy opt-out", where=where)
        for command in ("about-me", "forget-me"):
            await member.slash(self.channel, f"privacy {command}")
        if hour % 3 == 2:
            await member.slash(self.channel, "privacy opt-in", where=where)

    async def run_into_trouble(self) -> None:
        """What Discord refuses is logged, and so are commands that fail."""
        for code in (50013, 10008, 0):
            self.environment.inject_error("PUT", "/channels/*/reactions/*", status=403, code=code, message=TEXTS[0])
            await self.members[0].send(self.channel, TEXTS[2])
        self.environment.inject_error("POST", "/interactions/*/callback", status=404, code=10062, message="gone")
        await self.members[0].slash(self.channel, "predict", text=TYPED)

    async def leave_the_other_server(self) -> None:
        await self.store.opt_out(self.members[0].id, self.other.id)
        self.environment.backend.emit("GUILD_DELETE", {"id": str(self.other.id)})
        await self.environment.settle()


async def test_after_a_busy_day_nothing_that_was_said_is_in_the_database_the_log_or_the_metrics(
    environment: simcord.Env, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    day = BusyDay(environment)
    environment.check_errors = False
    await day.live()
    assert {type(getattr(error, "original", error)) for error in environment.errors} == {discord.NotFound}
    labels = {label.name for label in load_bundle(Settings().model_dir).labels}
    busy = await day.store.counters(day.guild.id, environment.now().date())  # written down before the files are read
    open_files = _bytes(tmp_path)
    await day.bot.close()
    closed_files = _bytes(tmp_path)
    page = Exposition(day.bot.metrics, day.bot.vitals).page().decode().lower()
    cells = list(_cells(tmp_path / "bot.db"))
    stored = "\n".join(cells).lower()
    logged = log.text.lower()
    secrets = _secrets(labels)

    # It was a day on which everything was counted, logged and written, and all that is stored is found.
    assert {Count.SEEN, Count.REACTED, Count.JOINED, Count.DISLIKED, Count.REMOVED} <= {one.name for one in busy}
    assert {str(day.guild.id), str(day.role.id), str(day.members[2].id), "seen", "reacted"} <= set(cells)
    assert {"guild_settings", "guild_list", "guild_emoji", "opt_out", "counter", "taste"} <= set(cells)
    assert any(name.startswith("skipped.") for name in cells)
    assert OWN_EMOJI in stored
    assert str(day.other.id) not in stored
    assert str(day.channel.id) in logged
    assert "reaction refused" in logged
    assert 'emoji_bot_messages_skipped_total{reason="refused"}' in page
    assert re.search(r'emoji_bot_command_seconds_count{command="privacy opt-out"} [1-9]', page)
    assert "-wal" in "".join(open_files)
    assert OWN_EMOJI.encode() in closed_files["bot.db"]
    assert len(secrets) > 60

    # And nothing of what was said, and nobody's name.
    assert [secret for secret in secrets if secret in stored] == []
    assert [secret for secret in secrets if secret in logged] == []
    assert [secret for secret in secrets if secret in page] == []
    assert re.findall(r'="[^"]*\d{15}[^"]*"', page) == []
    files = {**open_files, **{f"{name} at the end": content for name, content in closed_files.items()}}
    assert [(name, secret) for name, content in files.items() for secret in secrets if secret.encode() in content] == []


def test_the_walk_finds_what_is_stored(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "bot.db")) as connection:
        connection.execute("CREATE TABLE one (id INTEGER, note TEXT, picture BLOB)")
        connection.execute("INSERT INTO one VALUES (7, 'Marmalade', ?)", (b"hidden rumpelstiltskin",))
        connection.commit()
    cells = list(_cells(tmp_path / "bot.db"))

    assert {"one", "id", "note", "picture", "7", "Marmalade", "hidden rumpelstiltskin"} <= set(cells)
    assert "marmalade" in _secrets(set())
    assert b"marmalade" in _bytes(tmp_path)["bot.db"]


def _secrets(labels: set[str]) -> list[str]:
    """All texts and names, and all their words of six letters or more that are no names of labels or reasons."""
    words = {word for text in SAID_AND_NAMED for word in re.findall("[a-z]{6,}", text.lower())}
    ours = set(re.findall("[a-z]+", " ".join([*labels, *Skip, *Count]).lower()))
    return sorted((words - ours) | {text.lower() for text in SAID_AND_NAMED})


def _cells(path: Path) -> Iterator[str]:
    """All tables, columns and values of a database, each as text."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            yield table
            cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name of this very database
            yield from (column[0] for column in cursor.description)
            for row in cursor:
                yield from (value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in row)


def _bytes(folder: Path) -> dict[str, bytes]:
    """The content of the database's files, the log of what was written last included, in small letters."""
    return {path.name: path.read_bytes().lower() for path in sorted(folder.glob("bot.db*"))}
