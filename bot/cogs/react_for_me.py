"""The message menu "React for me": a member asks the bot to react to a message now."""

from dataclasses import replace
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot import policy
from bot.facts import facts_of, is_place_known, places, roles_of
from bot.guild_settings import GuildSettings, GuildState
from bot.invite import PERMISSIONS
from bot.judge import Judge
from bot.own_reactions import OwnReactions
from bot.policy import MessageFacts, Skip
from bot.reacting import Reacting
from bot.reactor import Outcome, Reactor
from bot.server_emoji import usable_emoji
from bot.store import Store
from bot.texts import phrase, say
from model.service import ServiceBusyError, ServiceClosedError

_SKIPPED: Final = {
    Skip.OWN: "react.not_a_member",
    Skip.BOT: "react.not_a_member",
    Skip.WEBHOOK: "react.not_a_member",
    Skip.SYSTEM: "react.not_a_member",
    Skip.DIRECT: "react.not_a_member",
    Skip.EMPTY: "react.no_text",
    Skip.UNREAD: "common.database",
    Skip.OFF: "react.off",
    Skip.CHANNEL: "react.channel",
    # One line for all three: who it was that wished so is not the asking member's business.
    Skip.OPTED_OUT: "react.left_alone",
    Skip.MEMBER: "react.left_alone",
    Skip.ROLE: "react.left_alone",
    Skip.LEFT_ALONE: "react.removed",
    Skip.BUSY: "common.busy",
}
_FAILED: Final = {
    Outcome.STALE: "react.slow",
    Outcome.OVERTAKEN: "react.slow",
    Outcome.FULL: "react.full",
    Outcome.UNWANTED: "react.unwanted",
    Outcome.NOT_ALLOWED: "react.refused",
    Outcome.REFUSED: "react.refused",
    Outcome.FAILED: "react.unreachable",
    Outcome.CLOSED: "common.busy",
}


class ReactForMe(commands.Cog):
    """Reacts where a member asks for it: however unsure, old, long or soon, but never where somebody does not want it.

    Args:
        bot: reacts.
        judge: chooses the emoji.
        store: knows what the server and its members want.
        reactor: adds the reaction.
        own: the reactions that the bot made lately.
        tree: gets the menu.
    """

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        judge: Judge,
        store: Store,
        reactor: Reactor,
        own: OwnReactions,
        tree: app_commands.CommandTree[Any],
    ) -> None:
        self._bot = bot
        self._judge = judge
        self._store = store
        self._own = own
        self._reacting = Reacting(bot, store, reactor, own)
        self._tree = tree
        self._menu = app_commands.ContextMenu(
            name=phrase("react.menu"),
            callback=self._react_for,
            # All three: what is left open here is taken from the client.
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        )

    async def cog_load(self) -> None:
        """Add the message menu, which a cog does not register by itself."""
        self._tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Take the message menu away again."""
        self._tree.remove_command(self._menu.name, type=self._menu.type)

    async def _react_for(self, interaction: discord.Interaction, message: discord.Message) -> None:
        # Database, model and Discord's limits on reactions may take longer than an answer has time for.
        await interaction.response.defer(ephemeral=True)
        await interaction.edit_original_response(content=await self._answer(interaction, message))

    async def _answer(self, interaction: discord.Interaction, message: discord.Message) -> str:
        """React where nothing forbids it; returns what to tell the member who asked."""
        guild, locale = interaction.guild, interaction.locale
        facts = facts_of(message, self._bot.user)
        reason = policy.skip_reason(facts)
        if reason is not None or guild is None:
            return say(_SKIPPED[reason or Skip.DIRECT], locale)
        if self._own.has_unknown(message):
            return say("react.already", locale)
        state = await self._store.current(guild.id)
        if state is None:
            return say(_SKIPPED[Skip.UNREAD], locale)
        roles = await _author_roles(interaction, guild, message, state.settings)
        if roles is None:
            return say("react.unreachable", locale)
        where = interaction.channel
        facts = replace(
            facts,
            role_ids=roles,
            places=facts.places | places(where),
            place_known=facts.place_known or is_place_known(where),
        )
        async with self._own.turn(message.id):
            refused = self._refused(interaction, message, guild, facts)
            return await self._react(interaction, message, guild, facts, state) if refused is None else refused

    def _refused(
        self, interaction: discord.Interaction, message: discord.Message, guild: discord.Guild, facts: MessageFacts
    ) -> str | None:
        """What to say where the message must not have a reaction, or has one."""
        reason = self._reacting.refusal(message.id, guild.id, facts, asked=True)
        if reason is Skip.OPTED_OUT and facts.author_id == interaction.user.id:
            return say("react.you_opted_out", interaction.locale)
        if reason is not None:
            return say(_SKIPPED[reason], interaction.locale)
        return None if self._own.of(message.id) is None else say("react.already", interaction.locale)

    async def _react(
        self,
        interaction: discord.Interaction,
        message: discord.Message,
        guild: discord.Guild,
        facts: MessageFacts,
        state: GuildState,
    ) -> str:
        locale = interaction.locale
        try:
            choice = (await self._judge.judge(message.content, usable_emoji(state, guild))).choice
        except (ServiceBusyError, ServiceClosedError):
            return say(_SKIPPED[Skip.BUSY], locale)
        if choice is None:
            return say("react.switched_off", locale)
        if not choice.readable:
            return say("react.unreadable", locale)
        outcome = await self._reacting.react(message, guild.id, facts, choice, asked=True)
        if outcome is Outcome.ADDED:
            return say("react.done", locale, emoji=choice.emoji)
        refused = outcome in (Outcome.NOT_ALLOWED, Outcome.REFUSED)
        if refused and not interaction.app_permissions.is_superset(PERMISSIONS):
            return say("react.permissions", locale)
        return say(_FAILED[outcome], locale)


async def _author_roles(
    interaction: discord.Interaction, guild: discord.Guild, message: discord.Message, settings: GuildSettings
) -> frozenset[int] | None:
    """Ids of the author's roles; None where Discord does not tell.

    The payload of a message menu says nothing of them, so they are asked for, but only where a server ignores roles.
    """
    if message.author.id == interaction.user.id:
        return roles_of(interaction.user)
    if isinstance(message.author, discord.Member) or not settings.ignored_roles:
        return roles_of(message.author)
    try:
        return roles_of(await guild.fetch_member(message.author.id))
    except discord.NotFound:
        return frozenset()  # has left
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        return None
