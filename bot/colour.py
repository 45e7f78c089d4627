"""The colour of the bot's cards."""

from typing import Final

import discord

YELLOW: Final = discord.Colour(0xFFCC4D)
"""Of emoji faces."""
