"""Runs the migrations. Apart from `database`, for Alembic takes longer to import than everything else there."""

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from bot.store.database import UnknownRevisionError


def migrate(connection: Connection, revision: str) -> None:
    """Bring the tables to `revision`, within the transaction of `connection`.

    Raises:
        UnknownRevisionError: they are of a revision that this version of the bot does not know.
    """
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise UnknownRevisionError(str(error)) from error
