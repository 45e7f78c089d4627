"""/predict and the message menu, through the real client in a simulated Discord."""

import discord
import pytest
import simcord

from bot.client import EmojiBot
from bot.cogs.predict import Predict, prediction_embed
from bot.policy import ServerSettings
from bot.settings import Settings
from model.predictor import Candidate, Prediction
from tests.bot.conftest import Server


def _embed(result: simcord.InteractionResult) -> discord.Embed:
    assert result.response is not None
    (embed,) = result.response.embeds
    return embed


async def test_predict_answers_privately_with_five_emoji(server: Server) -> None:
    result = await server.alice.slash(server.channel, "predict", text="we won the finals!!!")

    assert result.ephemeral
    assert len(str(_embed(result).fields[0].value).splitlines()) == 5
    assert server.channel.history() == []


async def test_predict_says_what_the_bot_would_do(server: Server) -> None:
    result = await server.alice.slash(server.channel, "predict", text="we won the finals!!!")

    first = str(_embed(result).fields[0].value).split()[0]
    assert _embed(result).title == f"I would react with {first}"


@pytest.mark.parametrize("settings", [Settings(threshold=1.0)])
async def test_predict_says_when_the_bot_would_stay_silent(server: Server) -> None:
    result = await server.alice.slash(server.channel, "predict", text="the meeting is at 5")

    assert _embed(result).title == "I would stay silent"


async def test_the_menu_answers_for_a_message_of_somebody_else(server: Server) -> None:
    bob = server.guild.add_member(server.environment.create_user("bob"))
    message = await bob.send(server.channel, "my dog died this morning")
    result = await server.alice.context_menu(server.channel, "Predict emoji", message)

    assert result.ephemeral
    assert "my dog died" in str(_embed(result).description)


async def test_the_menu_says_when_there_is_no_text(server: Server) -> None:
    message = await server.alice.send(server.channel, "", attachments=[("cat.png", b"not really a png")])
    result = await server.alice.context_menu(server.channel, "Predict emoji", message)

    assert result.response is not None
    assert result.response.content == "That message has no text to read."


async def test_blank_text_is_answered_too(server: Server) -> None:
    result = await server.alice.slash(server.channel, "predict", text="   ")

    assert result.response is not None
    assert result.response.content == "That message has no text to read."


async def test_predict_works_in_direct_messages(server: Server) -> None:
    result = await server.environment.create_user("carol").slash("predict", text="good night everyone")

    assert "Likeliest emoji" in str(_embed(result).fields[0].name)


async def test_mentions_in_the_text_reach_nobody(server: Server) -> None:
    await server.alice.slash(server.channel, "predict", text="@everyone <@1> look at this")

    request = server.environment.http_requests[-1]
    assert request.json is not None
    assert request.json["data"]["allowed_mentions"] == {"parse": []}


async def test_a_failure_is_answered_and_logged_once(
    server: Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(server.environment.bot, EmojiBot)
    cog = server.environment.bot.get_cog("Predict")
    assert isinstance(cog, Predict)

    def broken(texts: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cog._service.predictor, "predict_batch", broken)
    server.environment.check_errors = False
    result = await server.alice.slash(server.channel, "predict", text="hello there")

    assert result.response is not None
    assert result.response.content == "Something went wrong on my side. Please try again in a moment."
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "command failed command=predict"
    ]


def test_a_long_text_is_shortened_to_one_line_in_the_card() -> None:
    prediction = Prediction((Candidate("🔥", 0.5),), 0.1, 0.6)
    embed = prediction_embed("first line\n" + "very " * 500, prediction, ServerSettings(0.5))

    assert str(embed.description).startswith("> first line very")
    assert "\n" not in str(embed.description)
    assert str(embed.description).endswith("…")
