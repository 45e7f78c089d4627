"""Indexes for what does not ask by server: deleting old counters, and the lists that a user is on."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_counter_day", "counter", ["day"])
    op.create_index("ix_guild_list_target_id", "guild_list", ["target_id"])
