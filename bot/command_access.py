"""Checks again on this side what Discord's client checks: who may use a command."""

from typing import Final

import discord
from discord import app_commands

from bot.texts import CATALOGS, ENGLISH, say

REFUSAL: Final = "settings.not_allowed"
"""The line for commands that have no `not_allowed` in their own topic."""


async def has_access(interaction: discord.Interaction) -> bool:
    """Whether the member has the default permissions of the command in this channel; says so politely where not.

    A server can open a command to members without them; what the commands of admins change is for admins all the same.
    """
    command = interaction.command
    root = command.root_parent or command if isinstance(command, app_commands.Command) else command
    if root is None or root.default_permissions is None or root.default_permissions <= interaction.permissions:
        return True
    if interaction.type is discord.InteractionType.autocomplete:
        await interaction.response.autocomplete([])
    else:
        line = f"{root.name}.not_allowed"
        await refuse(interaction, line if line in CATALOGS[ENGLISH] else REFUSAL)
    return False


async def refuse(interaction: discord.Interaction, line: str = REFUSAL) -> None:
    """Say politely that this is for those who manage the server."""
    await interaction.response.send_message(say(line, interaction.locale), ephemeral=True)
