"""What the policy needs to know of a message, taken from Discord's objects."""

from typing import Final

import discord

from bot.policy import MessageFacts

_ORDINARY: Final = (discord.MessageType.default, discord.MessageType.reply)


def facts_of(message: discord.Message, me: discord.abc.Snowflake | None) -> MessageFacts:
    """The facts of `message`, as far as they are known; `me` is the bot's own user."""
    author = message.author
    return MessageFacts(
        text=message.content,
        own=me is not None and author.id == me.id,
        bot=author.bot,
        webhook=message.webhook_id is not None,
        system=message.type not in _ORDINARY,
        in_guild=message.guild is not None,
        author_id=author.id,
        role_ids=roles_of(author),
        places=places(message.channel),
        place_known=is_place_known(message.channel),
    )


def roles_of(author: discord.abc.User) -> frozenset[int]:
    """Ids of the roles of a member; none where Discord said nothing of them."""
    return frozenset(role.id for role in author.roles) if isinstance(author, discord.Member) else frozenset()


def places(channel: object) -> frozenset[int]:
    """Ids of a channel, of the channel that a thread belongs to, and of their category, as far as they are known."""
    found = {getattr(channel, "id", None)}
    if isinstance(channel, discord.Thread):
        found.add(channel.parent_id)
        channel = channel.parent
    found.add(getattr(channel, "category_id", None))
    return frozenset(one for one in found if one is not None)


def is_place_known(channel: object) -> bool:
    """Whether `places` finds all there are: discord.py holds neither every thread nor every thread's channel."""
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    return isinstance(channel, discord.abc.GuildChannel)
