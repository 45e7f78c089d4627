"""The tables. The migrations make them; what is written here says how the store reads and writes them."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

from bot.guild_settings import LONGEST_NAME

EVERYWHERE: Final = 0
"""Stands for all servers in `opt_out.guild_id`."""

metadata: Final = MetaData()


class _Moment(TypeDecorator[datetime]):
    """An aware moment. SQLite has no type with a time zone: there it is kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def _id(name: str) -> Column[int]:
    """A part of the primary key. Discord gives the number, never the database."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


guild_settings: Final = Table(
    "guild_settings",
    metadata,
    _id("guild_id"),
    Column("enabled", Boolean, nullable=False),
    Column("channel_mode", String(10), nullable=False),
    Column("threshold", Double),
    Column("channel_cooldown", Integer, nullable=False),
    Column("member_cooldown", Integer, nullable=False),
    Column("shortest", Integer, nullable=False),
    Column("longest", Integer, nullable=False),
    Column("updated_at", _Moment, nullable=False),
)


def _of_settings() -> Column[int]:
    """The server whose settings a row belongs to, and goes with."""
    owner = ForeignKey("guild_settings.guild_id", ondelete="CASCADE")
    return Column("guild_id", BigInteger, owner, primary_key=True, autoincrement=False)


guild_list: Final = Table(
    "guild_list",
    metadata,
    _of_settings(),
    Column("kind", String(10), primary_key=True),  # channel, role or member
    _id("target_id"),
    Index("ix_guild_list_target_id", "target_id"),
)

guild_emoji: Final = Table(
    "guild_emoji",
    metadata,
    _of_settings(),
    Column("label", String(LONGEST_NAME), primary_key=True),
    Column("replacement", String(60)),  # null: switched off
)

opt_out: Final = Table(
    "opt_out",
    metadata,
    _id("user_id"),
    _id("guild_id"),
    Index("ix_opt_out_guild_id", "guild_id"),
)

counter: Final = Table(
    "counter",
    metadata,
    _id("guild_id"),
    Column("day", Date, primary_key=True),
    Column("name", String(LONGEST_NAME), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("ix_counter_day", "day"),
)

taste: Final = Table(
    "taste",
    metadata,
    _id("guild_id"),
    Column("label", String(LONGEST_NAME), primary_key=True),
    Column("gained", Double, nullable=False),
    Column("lost", Double, nullable=False),
    Column("updated_at", _Moment, nullable=False),
)
