"""The statements: between rows and the plain values of `bot.guild_settings`, on a connection that the caller brings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, Table, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.guild_settings import ChannelMode, Counter, GuildSettings, GuildState, Known
from bot.store import tables
from bot.store.database import StoreError
from bot.store.tables import EVERYWHERE
from bot.store.tally import Key
from bot.taste import Taste

_LISTS: Final = {"channel": "channels", "role": "ignored_roles", "member": "ignored_members"}
"""The kinds of `guild_list` and their fields."""

_SCALARS: Final = ("enabled", "threshold", "channel_cooldown", "member_cooldown", "shortest", "longest")
"""The fields that are columns of the same name; `channel_mode` is kept as its value."""

_PAIRS_AT_ONCE: Final = 400
"""Keys of two columns in one statement: SQLite before 3.32 takes 999 values."""

TasteKey = tuple[int, str]
"""Server, label."""

Answers = tuple[float, float]
"""Members who joined the bot's reaction, and such reactions removed or answered with disapproval."""


async def read_state(connection: AsyncConnection, guild_id: int) -> GuildState:
    """All of a server.

    Raises:
        StoreError: the rows hold what the settings do not allow.
    """
    opted_out = select(tables.opt_out.c.user_id).where(tables.opt_out.c.guild_id == guild_id)
    taste = select(tables.taste).where(tables.taste.c.guild_id == guild_id)
    with _possible(guild_id):
        return GuildState(
            await read_settings(connection, guild_id),
            frozenset((await connection.execute(opted_out)).scalars()),
            {row.label: Taste(row.gained, row.lost, row.updated_at) for row in await connection.execute(taste)},
        )


async def read_settings(connection: AsyncConnection, guild_id: int) -> GuildSettings:
    """The settings of a server, the defaults where it has none.

    Raises:
        StoreError: the rows hold what the settings do not allow.
    """
    scalars = select(tables.guild_settings).where(tables.guild_settings.c.guild_id == guild_id)
    row = (await connection.execute(scalars)).one_or_none()
    if row is None:
        return GuildSettings()
    entries = select(tables.guild_list).where(tables.guild_list.c.guild_id == guild_id)
    emoji = select(tables.guild_emoji).where(tables.guild_emoji.c.guild_id == guild_id)
    with _possible(guild_id):
        lists: dict[str, set[int]] = {kind: set() for kind in _LISTS}
        for entry in await connection.execute(entries):
            lists[entry.kind].add(entry.target_id)
        values: dict[str, Any] = {name: getattr(row, name) for name in _SCALARS}
        values |= {_LISTS[kind]: frozenset(ids) for kind, ids in lists.items()}
        return GuildSettings(
            channel_mode=ChannelMode(row.channel_mode),
            emoji={entry.label: entry.replacement for entry in await connection.execute(emoji)},
            **values,
        )


async def change_settings(
    connection: AsyncConnection, guild_id: int, change: Callable[[GuildSettings], GuildSettings], now: datetime
) -> None:
    """Read, change and write the settings of a server, whose row is locked before it is read.

    Raises:
        StoreError: the rows hold what the settings do not allow.
    """
    defaults = {"guild_id": guild_id, "updated_at": now, **_columns(GuildSettings())}
    # Also where the row is there already, it is written, which locks it: PostgreSQL then reads what is newest.
    await _upsert(connection, tables.guild_settings, defaults, updated_at=now)
    before = await read_settings(connection, guild_id)
    after = change(before)
    settings = tables.guild_settings
    await connection.execute(update(settings).where(settings.c.guild_id == guild_id).values(**_columns(after)))
    for kind, name in _LISTS.items():
        await _write_list(connection, guild_id, kind, getattr(before, name), getattr(after, name))
    if after.emoji != before.emoji:
        await connection.execute(delete(tables.guild_emoji).where(tables.guild_emoji.c.guild_id == guild_id))
        await _insert(
            connection,
            tables.guild_emoji,
            [{"guild_id": guild_id, "label": label, "replacement": own} for label, own in after.emoji.items()],
        )


async def _write_list(
    connection: AsyncConnection, guild_id: int, kind: str, before: frozenset[int], after: frozenset[int]
) -> None:
    table = tables.guild_list
    if gone := before - after:
        of_kind = (table.c.guild_id == guild_id) & (table.c.kind == kind)
        await connection.execute(delete(table).where(of_kind & table.c.target_id.in_(gone)))
    added = [{"guild_id": guild_id, "kind": kind, "target_id": target_id} for target_id in sorted(after - before)]
    await _insert(connection, table, added)


async def delete_settings(connection: AsyncConnection, guild_id: int) -> None:
    """Delete the settings of a server; its lists and emoji refer to them and go along."""
    await connection.execute(delete(tables.guild_settings).where(tables.guild_settings.c.guild_id == guild_id))


async def delete_guild(connection: AsyncConnection, guild_id: int) -> None:
    """Delete all rows of a server."""
    await delete_settings(connection, guild_id)
    for table in (tables.opt_out, tables.counter, tables.taste):
        await connection.execute(delete(table).where(table.c.guild_id == guild_id))


async def read_everywhere(connection: AsyncConnection) -> frozenset[int]:
    """The users who opted out of all servers."""
    users = select(tables.opt_out.c.user_id).where(tables.opt_out.c.guild_id == EVERYWHERE)
    return frozenset((await connection.execute(users)).scalars())


async def insert_opt_out(connection: AsyncConnection, user_id: int, guild_id: int) -> None:
    """Opt out, also where that was so already."""
    await _upsert(connection, tables.opt_out, {"user_id": user_id, "guild_id": guild_id})


async def delete_opt_out(connection: AsyncConnection, user_id: int, guild_id: int) -> None:
    """Opt in, also where that was so already."""
    table = tables.opt_out
    await connection.execute(delete(table).where((table.c.user_id == user_id) & (table.c.guild_id == guild_id)))


async def delete_opt_outs(connection: AsyncConnection, user_id: int) -> None:
    """Delete all opt-outs of a user."""
    await connection.execute(delete(tables.opt_out).where(tables.opt_out.c.user_id == user_id))


async def read_known(connection: AsyncConnection, user_id: int) -> Known:
    """All rows about a user."""
    lists = tables.guild_list
    ignored = select(lists.c.guild_id).where((lists.c.target_id == user_id) & (lists.c.kind == "member"))
    opted_out = select(tables.opt_out.c.guild_id).where(tables.opt_out.c.user_id == user_id)
    guilds = frozenset((await connection.execute(opted_out)).scalars())
    ignored_in = frozenset((await connection.execute(ignored)).scalars())
    return Known(EVERYWHERE in guilds, guilds - {EVERYWHERE}, ignored_in)


async def add_counts(connection: AsyncConnection, counts: Mapping[Key, int]) -> None:
    """Add to the counters, those that are not there yet from 0."""
    rows = [
        {"guild_id": guild_id, "day": day, "name": name, "count": n}
        for (guild_id, day, name), n in sorted(counts.items())  # in one order, or two processes wait for each other
    ]
    statement = _dialect(connection).insert(tables.counter)
    added = tables.counter.c["count"] + statement.excluded["count"]
    key = list(tables.counter.primary_key)
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"count": added}), rows)


async def read_counters(connection: AsyncConnection, guild_id: int, since: date) -> list[Counter]:
    """The counters of a server from the day `since` on, by day and name."""
    table = tables.counter
    rows = select(table).where((table.c.guild_id == guild_id) & (table.c.day >= since)).order_by("day", "name")
    return [Counter(row["day"], row["name"], row["count"]) for row in (await connection.execute(rows)).mappings()]


async def delete_counters(connection: AsyncConnection, before: date) -> int:
    """Delete the counters of the days before; how many they were."""
    result = await connection.execute(delete(tables.counter).where(tables.counter.c.day < before))
    return cast("CursorResult[Any]", result).rowcount


async def add_tastes(
    connection: AsyncConnection, answers: Mapping[TasteKey, Answers], at: datetime, half_life: float
) -> dict[TasteKey, Taste]:
    """Add answers to tastes, those that are not there yet from nothing; the new ones.

    Raises:
        ValueError: as `Taste.after` says.
    """
    key = list(tables.taste.primary_key)
    insert = _dialect(connection).insert(tables.taste)
    keys = sorted(answers)  # in one order, or two processes wait for each other
    nothing = Taste(0.0, 0.0, at)
    # Also where a row is there already, it is written, which locks it, as in `change_settings`.
    lock = insert.on_conflict_do_update(index_elements=key, set_={"label": insert.excluded.label})
    await connection.execute(lock, [_taste_row(one, nothing) for one in keys])
    known = await _read_tastes(connection, keys)
    new = {one: known.get(one, nothing).after(*answers[one], at=at, half_life=half_life) for one in keys}
    changed = {name: insert.excluded[name] for name in ("gained", "lost", "updated_at")}
    write = insert.on_conflict_do_update(index_elements=key, set_=changed)
    await connection.execute(write, [_taste_row(one, taste) for one, taste in new.items()])
    return new


async def _read_tastes(connection: AsyncConnection, keys: Sequence[TasteKey]) -> dict[TasteKey, Taste]:
    """The tastes of these keys that can be: one that cannot must not hold up the others, and begins anew."""
    table = tables.taste
    tastes = {}
    for start in range(0, len(keys), _PAIRS_AT_ONCE):
        these = tuple_(table.c.guild_id, table.c.label).in_(keys[start : start + _PAIRS_AT_ONCE])
        for row in await connection.execute(select(table).where(these)):
            with suppress(ValueError):
                tastes[row.guild_id, row.label] = Taste(row.gained, row.lost, row.updated_at)
    return tastes


async def delete_taste(connection: AsyncConnection, guild_id: int) -> None:
    """Delete the taste of a server."""
    await connection.execute(delete(tables.taste).where(tables.taste.c.guild_id == guild_id))


@contextmanager
def _possible(guild_id: int) -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError) as error:
        raise StoreError(f"The database holds rows of server {guild_id} that cannot be: {error}.") from error


def _columns(settings: GuildSettings) -> dict[str, Any]:
    """The columns of `guild_settings` that are settings."""
    values = {name: getattr(settings, name) for name in _SCALARS}
    return {**values, "channel_mode": settings.channel_mode.value}


def _taste_row(key: TasteKey, taste: Taste) -> dict[str, Any]:
    values = {"gained": taste.gained, "lost": taste.lost, "updated_at": taste.updated_at}
    return {"guild_id": key[0], "label": key[1], **values}


async def _insert(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(table.insert(), rows)


async def _upsert(connection: AsyncConnection, table: Table, row: dict[str, Any], **update: Any) -> None:
    """Insert a row; where its key is there already, update that one, or leave it where `update` is empty."""
    statement = _dialect(connection).insert(table).values(**row)
    if update:
        statement = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=update)
    else:
        statement = statement.on_conflict_do_nothing()
    await connection.execute(statement)


def _dialect(connection: AsyncConnection) -> Any:
    """The module whose `insert` knows ON CONFLICT."""
    return postgresql if connection.dialect.name == "postgresql" else sqlite
