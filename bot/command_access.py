"""Checks again on this side what Discord's client checks: who may use a command."""

from typing import Any, Final

import discord
from discord import app_commands

from bot.owners import is_for_owners, is_owner
from bot.texts import CATALOGS, ENGLISH, say

REFUSAL: Final = "settings.not_allowed"
"""The line for commands that have no `not_allowed` in their own topic."""


async def has_access(interaction: discord.Interaction) -> bool:
    """Whether the command is for the one who asks; says so politely where not.

    It is for those who run the bot, or else for those who have its default permissions in this channel. A server can
    open a command to members without them; what the commands of admins change is for admins all the same.
    """
    command = interaction.command
    root = command.root_parent or command if isinstance(command, app_commands.Command) else command
    line = None if root is None else _obstacle(interaction, root)
    if line is not None:
        await refuse(interaction, line)
    return line is None


def _obstacle(
    interaction: discord.Interaction,
    root: app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group,
) -> str | None:
    """What to say where the command is not for the one who asks."""
    if is_for_owners(root):
        return None if is_owner(interaction) else "common.not_owner"
    if root.default_permissions is None or root.default_permissions <= interaction.permissions:
        return None
    line = f"{root.name}.not_allowed"
    return line if line in CATALOGS[ENGLISH] else REFUSAL


async def refuse(interaction: discord.Interaction, line: str = REFUSAL) -> None:
    """Say politely why not; to somebody who is still typing, offer nothing."""
    if interaction.type is discord.InteractionType.autocomplete:
        await interaction.response.autocomplete([])
    else:
        await interaction.response.send_message(say(line, interaction.locale), ephemeral=True)
