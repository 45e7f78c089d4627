"""Who runs the bot: the owner of its application, or the team that has it."""

from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

OWNER_ONLY: Final = {"owner_only": True}
"""The `extras` of a command that is for those who run the bot, whatever anybody permits in a server."""

_Command = app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | app_commands.Group
_ROLES: Final = (discord.TeamMemberRole.admin, discord.TeamMemberRole.developer)


def owners_of(application: discord.AppInfo) -> set[int]:
    """Ids of the users who run the bot: the owner, or of a team its owner and who administers or develops for it."""
    team = application.team
    if team is None:
        return {application.owner.id}
    accepted = discord.TeamMembershipState.accepted
    members = {one.id for one in team.members if one.membership_state is accepted and one.role in _ROLES}
    return members if team.owner_id is None else members | {team.owner_id}


def is_owner(interaction: discord.Interaction[Any]) -> bool:
    """Whether the one who asks runs the bot."""
    client = interaction.client
    return isinstance(client, commands.AutoShardedBot) and interaction.user.id in (client.owner_ids or ())


def is_for_owners(command: _Command) -> bool:
    """Whether a command, or the group that it is in, is for those who run the bot."""
    root = command if isinstance(command, app_commands.ContextMenu) else command.root_parent or command
    return root.extras.items() >= OWNER_ONLY.items()
