"""How a test finds out that a bot works, after whatever it went through."""

from typing import Any, Final

from tests.wire.payloads import GENERAL, Channel, slash
from tests.wire.server import Route, WireServer

TEXT: Final = "we won the game last night!"


async def is_well(server: WireServer, channel: Channel = GENERAL) -> None:
    """A message in `channel` gets its reaction, exactly once, and /predict its answer.

    Raises:
        TimeoutError: one of them does not come.
    """
    message = await server.say(TEXT, channel=channel)
    await server.until_reacted(message)
    await passed(server, channel)
    assert server.rest.reacted[message] == 1
    await answers(server, slash("predict", channel=channel, options={"text": TEXT}))


async def passed(server: WireServer, channel: Channel = GENERAL) -> None:
    """Wait until the bot is through with what was said in this channel so far: it takes messages in order."""
    await server.until_reacted(await server.say(TEXT, channel=channel))


async def answers(server: WireServer, interaction: dict[str, Any]) -> None:
    """The interaction is answered.

    Raises:
        TimeoutError: it is not.
    """
    await server.dispatch("INTERACTION_CREATE", interaction)
    token = interaction["token"]
    await server.until(lambda: any(answer.variables["token"] == token for answer in server.received(Route.ANSWER)))
