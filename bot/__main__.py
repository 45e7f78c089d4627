"""The command line of the bot: `python -m bot [run | check | invite | demo]`."""

import argparse
import asyncio
import contextlib
import logging
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import discord

from bot.client import EmojiBot
from bot.collector import spare_what_stays
from bot.invite import ask_application_id, invite_link
from bot.logs import last_words, set_up_logging
from bot.memory import share_memory_between_threads
from bot.model_reload import ReloadUnderWayError, load_model
from bot.settings import Settings, SettingsError
from bot.signals import hangup_signals, stop_signals
from bot.store import Store, StoreError
from model.bundle import BundleError

log = logging.getLogger("bot")

_EXAMPLES = """examples:
  python -m bot                     connect to Discord (needs DISCORD_TOKEN in the environment or in .env)
  python -m bot check               test settings, database and model without connecting
  python -m bot invite              print the link that adds the bot to a server
  python -m bot demo --port 8080    the same bot in a simulated Discord, in the browser, without a token"""


STOP_SECONDS = 5.0
"""What is under way at the first signal to stop is finished or dropped in this time."""

_AUTHENTICATION_FAILED: Final = 4004
_REFUSED: Final = "Discord refused the token: copy DISCORD_TOKEN anew from the developer portal."
_INTENT_OFF: Final = (
    "The Message Content intent is off: switch it on in the developer portal, Bot > Privileged Gateway Intents."
)


_CANNOT_START: Final = 2
_TRY_LATER: Final = 75  # EX_TEMPFAIL of sysexits.h
"""Exit statuses: of what the operator must mend, and of what may pass by itself."""


class StartError(Exception):
    """The bot cannot start or go on. The message is one sentence for the operator.

    Args:
        message: that sentence.
        temporary: whether it may well work later, with nothing changed.
    """

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="A Discord bot that reacts with the emoji a friendly member would have added.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command="run")
    subparsers = parser.add_subparsers(dest="command", metavar="{run,check,invite,demo}")
    subparsers.add_parser("run", help="connect to Discord (the default)")
    subparsers.add_parser("check", help="test settings, database and model without connecting")
    invite = subparsers.add_parser("invite", help="print the link that adds the bot to a server")
    invite.add_argument(
        "--application-id",
        type=_snowflake,
        metavar="ID",
        help="of the developer portal's General Information; without it, Discord is asked whose token this is",
    )
    demo = subparsers.add_parser("demo", help="the bot in a simulated Discord, in the browser, without a token")
    demo.add_argument("--port", type=int, default=8080, help="on 127.0.0.1 (default: 8080)")
    demo.add_argument(
        "--channel", default="general", help="of its server: general (default), game-night, pets, study-hall"
    )
    arguments = parser.parse_args(argv)
    if arguments.command == "invite" and arguments.application_id is not None:  # needs no settings
        print(invite_link(arguments.application_id))
        return 0
    try:
        settings = Settings.load(token_needed=arguments.command != "demo")
        set_up_logging(settings.log_level, settings.log_format)
        if arguments.command == "check":
            asyncio.run(_check(settings))
        elif arguments.command == "invite":
            asyncio.run(_invite(settings))
        elif arguments.command == "demo":
            asyncio.run(_demo(settings, arguments.port, arguments.channel))
        else:
            asyncio.run(_run(settings))
    except (SettingsError, BundleError) as error:
        last_words(str(error))
        return _CANNOT_START
    except (StoreError, StartError) as error:
        last_words(str(error))
        return _TRY_LATER if error.temporary else _CANNOT_START
    except KeyboardInterrupt:  # only where the platform has no signal handlers for asyncio
        return 130
    return 0


def _snowflake(text: str) -> int:
    if not re.fullmatch("[0-9]{15,20}", text):
        raise argparse.ArgumentTypeError(f"must be the 15 to 20 digits of an id, not {text!r}")
    return int(text)


async def _check(settings: Settings) -> None:
    predictor = load_model(settings.model_dir, must_react=False)
    async with await Store.open(settings.database_url):
        pass
    model = f"{settings.model_dir}, {len(predictor.bundle.labels)} emoji"
    print(f"Settings, database and model are fine: {model}.")


async def _invite(settings: Settings) -> None:
    assert settings.token is not None  # noqa: S101 - it was needed
    logging.getLogger("discord").setLevel(logging.ERROR)  # what it tells of a login is no news here
    try:
        print(invite_link(await ask_application_id(settings.token)))
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise StartError(_reason(error), temporary=_is_temporary(error)) from error


async def _run(settings: Settings) -> None:
    assert settings.token is not None  # noqa: S101 - it was needed
    share_memory_between_threads()
    async with EmojiBot(settings) as bot, _watched(bot):
        spare_what_stays(bot)
        with stop_signals() as stopped, hangup_signals(stopped) as asked:
            reloading = asyncio.create_task(_reload_whenever(asked, bot))
            running = asyncio.create_task(bot.start(settings.token))
            stopping = asyncio.create_task(stopped.wait())
            await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
            reloading.cancel()
            if stopped.is_set():
                running.cancel()
                await _end(bot, running)
                return
            stopping.cancel()
            try:
                await running
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                raise StartError(_reason(error), temporary=_is_temporary(error)) from error


@asynccontextmanager
async def _watched(bot: EmojiBot) -> AsyncIterator[None]:
    """Serve metrics and probes, where there is a port for them."""
    port = bot.settings.metrics_port
    if port is None:
        yield
        return
    # Here, as an HTTP server and `prometheus_client` take a tenth of a second and 2.5 MB.
    from bot.status_page import StatusPageError, status_page

    try:
        async with status_page(bot, bot.settings.metrics_host, port):
            yield
    except StatusPageError as error:
        raise StartError(str(error)) from error


async def _end(bot: EmojiBot, running: asyncio.Task[None]) -> None:
    """Let the bot leave; what still hangs a second after its time is left behind with the process."""
    ending = asyncio.create_task(_leave(bot, running))
    done, _ = await asyncio.wait([ending], timeout=STOP_SECONDS + 1)
    if not done:
        # No exception: asyncio would wait for all tasks, and Python for all threads, however long they hang.
        log.warning("stopped though not everything came to its end")
        logging.shutdown()
        os._exit(0)
    await ending


async def _leave(bot: EmojiBot, running: asyncio.Task[None]) -> None:
    await bot.leave(STOP_SECONDS)
    await asyncio.gather(running, return_exceptions=True)  # a start cut short fails in many ways
    await asyncio.get_running_loop().shutdown_default_executor()  # a name may be looked up there for long


async def _reload_whenever(asked: asyncio.Event, bot: EmojiBot) -> None:
    """Reload the model each time the event is set; once more where that happens during a reload."""
    while True:
        await asked.wait()
        asked.clear()
        with contextlib.suppress(BundleError, ReloadUnderWayError):  # it is in the log
            await bot.reload_model()


def _reason(error: Exception) -> str:
    """Why Discord and the bot parted, in one sentence."""
    if isinstance(error, discord.LoginFailure):
        return _REFUSED
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return _INTENT_OFF
    if isinstance(error, discord.ConnectionClosed):
        return _REFUSED if error.code == _AUTHENTICATION_FAILED else f"Discord closed the connection: {error.code}."
    if isinstance(error, discord.DiscordException):
        return f"Discord ended the connection: {_one_line(error)}."
    return f"Discord cannot be reached: {_one_line(error)}."


def _is_temporary(error: Exception) -> bool:
    """Whether Discord is out of reach, out of order or asks for patience; not where it refuses this bot."""
    if isinstance(error, discord.HTTPException):
        return error.status >= 500 or error.status == 429
    return isinstance(error, aiohttp.ClientError | OSError | discord.GatewayNotFound | discord.RateLimited)


async def _demo(settings: Settings, port: int, channel: str) -> None:
    logging.getLogger("discord").setLevel(logging.ERROR)  # the simulated Discord has nothing to tell an operator
    try:
        from bot.demo import DemoError, serve
    except ModuleNotFoundError as error:
        raise StartError(
            f"The demo needs the extra `demo` ({error.name} is missing): pip install -e '.[demo]'"
        ) from error
    try:
        await serve(settings, port, channel)
    except DemoError as error:
        raise StartError(str(error)) from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
