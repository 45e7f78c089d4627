"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "guild_settings",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("channel_mode", sa.String(10), nullable=False),
        sa.Column("threshold", sa.Double),
        sa.Column("channel_cooldown", sa.Integer, nullable=False),
        sa.Column("member_cooldown", sa.Integer, nullable=False),
        sa.Column("shortest", sa.Integer, nullable=False),
        sa.Column("longest", sa.Integer, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "guild_list",
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guild_settings.guild_id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("target_id", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "guild_emoji",
        sa.Column(
            "guild_id",
            sa.BigInteger,
            sa.ForeignKey("guild_settings.guild_id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("label", sa.String(40), primary_key=True),
        sa.Column("replacement", sa.String(60)),
    )
    op.create_table(
        "opt_out",
        sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_index("ix_opt_out_guild_id", "opt_out", ["guild_id"])
    op.create_table(
        "counter",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "taste",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("label", sa.String(40), primary_key=True),
        sa.Column("gained", sa.Double, nullable=False),
        sa.Column("lost", sa.Double, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
