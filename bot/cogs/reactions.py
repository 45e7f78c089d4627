"""Listens to messages and reacts."""

import logging

import discord
from discord.ext import commands

from bot import policy
from bot.reactor import Outcome, Reactor
from model.service import PredictionService, ServiceBusyError, ServiceClosedError

log = logging.getLogger(__name__)

_ORDINARY = (discord.MessageType.default, discord.MessageType.reply)


class Reactions(commands.Cog):
    """Adds the predicted emoji to messages in servers."""

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        service: PredictionService,
        reactor: Reactor,
        settings: policy.ServerSettings,
    ) -> None:
        self._bot = bot
        self._service = service
        self._reactor = reactor
        self._settings = settings

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """React to `message` where policy and model say so."""
        reason = policy.skip_reason(self._facts(message))
        if reason is not None:
            log.debug("skipped reason=%s channel=%d message=%d", reason, message.channel.id, message.id)
            return
        try:
            prediction = await self._service.predict(message.content)
        except ServiceBusyError as error:
            log.warning("message dropped: model busy channel=%d waiting=%d", message.channel.id, error.waiting)
            return
        except ServiceClosedError:
            return
        emoji = policy.choose(prediction, self._settings)
        if emoji is None:
            return
        outcome = await self._reactor.add(message, emoji)
        if outcome is Outcome.ADDED:
            log.debug("reacted emoji=%s channel=%d message=%d", emoji, message.channel.id, message.id)

    def _facts(self, message: discord.Message) -> policy.MessageFacts:
        return policy.MessageFacts(
            text=message.content,
            own=self._bot.user is not None and message.author.id == self._bot.user.id,
            bot=message.author.bot,
            webhook=message.webhook_id is not None,
            system=message.type not in _ORDINARY,
            in_guild=message.guild is not None,
        )
