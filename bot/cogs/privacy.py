"""/privacy: members decide whether the bot reacts to them, see what it keeps about them, and delete it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final
from weakref import WeakSet

import discord
from discord import app_commands
from discord.ext import commands

from bot.buttons import Buttons, stop_all
from bot.guild_settings import Known
from bot.plain_text import plain
from bot.store import Store, StoreError
from bot.texts import phrase, say

_SERVER: Final = "server"
_EVERYWHERE: Final = "everywhere"
_WHERE: Final = [
    app_commands.Choice(name=phrase("privacy.this_server"), value=_SERVER),
    app_commands.Choice(name=phrase("privacy.everywhere"), value=_EVERYWHERE),
]

_MOST_NAMED: Final = 15
_LONGEST_NAME: Final = 50
"""Both keep the longest answer within the 4,096 characters of a card."""
_BUTTON_SECONDS: Final = 600.0
"""Less than the 15 minutes in which Discord lets an answer be changed."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a member gets to see: a line or a card, and maybe a button."""

    content: str | None = None
    embed: discord.Embed | None = None
    view: Buttons | None = None


class Privacy(commands.GroupCog, group_name="privacy", group_description=phrase("privacy.group")):
    """Opt out and in, "what do you know about me" and "delete it". All answers are private.

    Args:
        store: keeps the opt-outs.
        bot: knows the names of servers.
    """

    def __init__(self, store: Store, bot: commands.AutoShardedBot) -> None:
        self._store = store
        self._bot = bot
        self._buttons: WeakSet[Buttons] = WeakSet()

    async def cog_unload(self) -> None:
        """Wait for no more presses."""
        stop_all(self._buttons)

    @app_commands.command(name="opt-out", description=phrase("privacy.opt_out"))
    @app_commands.describe(where=phrase("privacy.where"))
    @app_commands.choices(where=_WHERE)
    async def opt_out(self, interaction: discord.Interaction, where: str) -> None:
        """Answer `/privacy opt-out`."""
        await _tell(interaction, partial(self._opt_out, where=where))

    @app_commands.command(name="opt-in", description=phrase("privacy.opt_in"))
    @app_commands.describe(where=phrase("privacy.where"))
    @app_commands.choices(where=_WHERE)
    async def opt_in(self, interaction: discord.Interaction, where: str) -> None:
        """Answer `/privacy opt-in`."""
        await _tell(interaction, partial(self._opt_in, where=where))

    @app_commands.command(name="about-me", description=phrase("privacy.about_me"))
    async def about_me(self, interaction: discord.Interaction) -> None:
        """Answer `/privacy about-me`."""
        await _tell(interaction, self._about)

    @app_commands.command(name="forget-me", description=phrase("privacy.forget_me"))
    async def forget_me(self, interaction: discord.Interaction) -> None:
        """Answer `/privacy forget-me`."""
        await _tell(interaction, self._forget)

    async def _opt_out(self, interaction: discord.Interaction, where: str) -> _Answer:
        guild_id, locale = interaction.guild_id, interaction.locale
        if where == _EVERYWHERE:
            await self._store.opt_out(interaction.user.id, None)
            return _Answer(say("privacy.out_everywhere", locale))
        if guild_id is None:
            return _Answer(say("privacy.no_server", locale))
        await self._store.opt_out(interaction.user.id, guild_id)
        return _Answer(say("privacy.out_server", locale))

    async def _opt_in(self, interaction: discord.Interaction, where: str) -> _Answer:
        guild_id, locale = interaction.guild_id, interaction.locale
        if where == _SERVER and guild_id is None:
            return _Answer(say("privacy.no_server", locale))
        known = await self._store.known_of(interaction.user.id)
        await self._store.opt_in(interaction.user.id, None if where == _EVERYWHERE else guild_id)
        if where == _EVERYWHERE:
            lines = [say("privacy.in_everywhere", locale)]
            if known.opted_out_in:
                lines.append(say("privacy.in_but_servers", locale, servers=self._names(known.opted_out_in, locale)))
        else:
            lines = [say(f"privacy.{'in_but_everywhere' if known.opted_out_everywhere else 'in_server'}", locale)]
        if guild_id in known.ignored_in:
            lines.append(say("privacy.in_but_ignored", locale))
        return _Answer("\n".join(lines))

    async def _about(self, interaction: discord.Interaction) -> _Answer:
        known, locale = await self._store.known_of(interaction.user.id), interaction.locale
        kept = self._kept(known, locale) or [say("privacy.nothing", locale)]
        return _Answer(embed=_card([*kept, say("privacy.not_kept", locale), say("privacy.in_memory", locale)], locale))

    async def _forget(self, interaction: discord.Interaction) -> _Answer:
        known, locale = await self._store.forget_user(interaction.user.id), interaction.locale
        if known == Known():
            return _Answer(say("privacy.nothing_to_forget", locale))
        lines = self._kept(known, locale)
        if known.ignored_in:
            lines.append(say("privacy.ignored_stay", locale))
        if not known.opted_out_everywhere and not known.opted_out_in:
            return _Answer(embed=_card(lines, locale))
        lines.append(say("privacy.opt_outs_stay", locale))
        return _Answer(embed=_card(lines, locale), view=OptOutButton(self, interaction, self._buttons))

    async def forget_opt_outs(self, interaction: discord.Interaction) -> None:
        """Answer the button below the answer to `/privacy forget-me`, whose press Discord knows of."""
        await _show(interaction, self._forget_opt_outs)

    async def _forget_opt_outs(self, interaction: discord.Interaction) -> _Answer:
        known, locale = await self._store.forget_user(interaction.user.id, opt_outs=True), interaction.locale
        done = say("privacy.forgotten", locale)
        if known == Known():
            return _Answer(done)
        return _Answer(done, _card([*self._kept(known, locale), say("privacy.ignored_stay", locale)], locale))

    def _kept(self, known: Known, locale: discord.Locale) -> list[str]:
        """What is stored about a member, a line a fact."""
        lines = [say("privacy.kept_everywhere", locale)] if known.opted_out_everywhere else []
        for key, servers in (("kept_servers", known.opted_out_in), ("kept_ignored", known.ignored_in)):
            if servers:
                lines.append(say(f"privacy.{key}", locale, servers=self._names(servers, locale)))
        return lines

    def _names(self, guild_ids: Iterable[int], locale: discord.Locale) -> str:
        ids = sorted(guild_ids)
        names = [self._name(guild_id, locale) for guild_id in ids[:_MOST_NAMED]]
        if len(ids) > _MOST_NAMED:
            names[-1] += f" {say('common.more', locale, n=len(ids) - _MOST_NAMED)}"
        return ", ".join(names)

    def _name(self, guild_id: int, locale: discord.Locale) -> str:
        """The name of a server, or its id where this process does not know it."""
        guild = self._bot.get_guild(guild_id)
        if guild is None:
            return say("privacy.server", locale, id=guild_id)
        return f"**{plain(guild.name, _LONGEST_NAME) or guild.id}**"


class OptOutButton(Buttons):
    """Deletes the opt-outs, too. Only the member who asked sees it."""

    def __init__(self, privacy: Privacy, asked: discord.Interaction, waiting: WeakSet[Buttons]) -> None:
        super().__init__(asked, waiting, _BUTTON_SECONDS)
        self._privacy = privacy
        self.delete.label = say("privacy.delete_opt_outs", asked.locale)

    @discord.ui.button(style=discord.ButtonStyle.danger)
    async def delete(self, interaction: discord.Interaction, _: "discord.ui.Button[OptOutButton]") -> None:
        """Answer the button."""
        if await self.accept(interaction):
            await self._privacy.forget_opt_outs(interaction)

    async def on_timeout(self) -> None:
        """Take the button away before Discord calls it broken."""
        await self._rewrite(view=None)


def _card(lines: Iterable[str], locale: discord.Locale) -> discord.Embed:
    return discord.Embed(title=say("privacy.about", locale), description="\n".join(f"• {line}" for line in lines))


async def _tell(interaction: discord.Interaction, answer: Callable[[discord.Interaction], Awaitable[_Answer]]) -> None:
    """Send what `answer` gives; the database may take longer than Discord waits, so that is told first."""
    await interaction.response.defer(ephemeral=True)
    await _show(interaction, answer)


async def _show(interaction: discord.Interaction, answer: Callable[[discord.Interaction], Awaitable[_Answer]]) -> None:
    """Show what `answer` gives in place of what the member sees now."""
    try:
        told = await answer(interaction)
    except StoreError:
        told = _Answer(say("common.database", interaction.locale))
    await interaction.edit_original_response(content=told.content, embed=told.embed, view=told.view)
