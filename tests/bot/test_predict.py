"""/predict and the message menu, through the real client in a simulated Discord."""

import asyncio
from unittest.mock import Mock

import discord
import pytest
import simcord

from bot.client import EmojiBot
from bot.cogs import predict
from bot.cogs.predict import Predict, explanation_embed, prediction_embed
from bot.guild_settings import GuildSettings, GuildState
from bot.judge import Verdict
from bot.policy import Choice
from bot.settings import Settings
from bot.store import Store, StoreError
from model.predictor import Candidate, Explanation, Prediction, Predictor
from model.service import MAX_EXPLAINING, ServiceBusyError
from tests.bot.admin import Admin
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


async def test_predict_says_that_the_bot_is_switched_off_in_this_server(server: Server) -> None:
    await Admin(server).set("switch", state="off")
    result = await server.alice.slash(server.channel, "predict", text="we won the finals!!!")

    assert _embed(result).title == "I would stay silent"
    assert str(_embed(result).footer.text).startswith("I am switched off in this server.\n")


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


@pytest.mark.parametrize("hangs", [True, False])
@pytest.mark.parametrize(
    ("known", "title"),
    [(None, "I would react with"), (GuildState(GuildSettings(threshold=1.0)), "I would stay silent")],
)
async def test_while_the_database_is_away_predict_answers_in_time_with_what_memory_knows(
    server: Server, monkeypatch: pytest.MonkeyPatch, known: GuildState | None, title: str, hangs: bool
) -> None:
    assert isinstance(server.environment.bot, EmojiBot)
    cog = server.environment.bot.get_cog("Predict")
    assert isinstance(cog, Predict)

    async def load(guild_id: int) -> GuildState:
        if hangs:
            await asyncio.Event().wait()
        raise StoreError("down")

    away = Mock(spec=Store, load=load, peek=Mock(return_value=known))
    monkeypatch.setattr(cog, "_store", away)
    assert predict.PATIENCE <= 1.0
    monkeypatch.setattr(predict, "PATIENCE", 0.0)  # no time passes by itself in the simulated Discord
    result = await server.alice.slash(server.channel, "predict", text="we won the finals!!!")

    assert str(_embed(result).title).startswith(title)


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

    monkeypatch.setattr(cog._judge._service.predictor, "predict_batch", broken)
    server.environment.check_errors = False
    result = await server.alice.slash(server.channel, "predict", text="hello there")

    assert result.response is not None
    assert result.response.content == "Something went wrong on my side. Please try again in a moment."
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "command failed command=predict"
    ]


PREDICTION = Prediction((Candidate("🔥", 0.5, 0.6),), 0.1)
VERDICT = Verdict(PREDICTION, Choice("fire", "🔥", 0.6, 0.5))


def test_a_long_text_is_shortened_to_one_line_in_the_card() -> None:
    embed = prediction_embed("first line\n" + "very " * 500, VERDICT)

    assert str(embed.description).startswith("> first line very")
    assert "\n" not in str(embed.description)
    assert str(embed.description).endswith("…")


def _fields(*words: tuple[str, float]) -> dict[str, list[str]]:
    """What the card says below the candidates: the lines of each field."""
    embed = explanation_embed("text", VERDICT, Explanation(PREDICTION, words))
    return {str(field.name): str(field.value).splitlines() for field in embed.fields[1:]}


async def test_predict_explains_when_asked_to(server: Server) -> None:
    text = "we won the finals!!!"
    result = await server.alice.slash(server.channel, "predict", text=text, explain=True)

    embed = _embed(result)
    explanation = Predictor.load().explain(text)
    first = explanation.prediction.candidates[0]
    verdict = Verdict(explanation.prediction, Choice("first", first.emoji, first.confidence, 0.0))
    explained = explanation_embed(text, verdict, explanation)
    assert result.ephemeral
    assert [(field.name, field.value) for field in embed.fields] == [(f.name, f.value) for f in explained.fields]
    assert [str(field.name).split()[0] for field in embed.fields][:2] == ["Likeliest", "Words"]
    assert server.channel.history() == []


async def test_predict_does_not_explain_unasked(server: Server) -> None:
    result = await server.alice.slash(server.channel, "predict", text="we won the finals!!!")

    assert [field.name for field in _embed(result).fields] == ["Likeliest emoji"]


async def test_an_explanation_repeats_no_mention(server: Server) -> None:
    text = "@everyone @here <@123456789012345678> <@&123456789012345678>"
    await server.alice.slash(server.channel, "predict", text=text, explain=True)

    request = server.environment.http_requests[-1]
    assert request.json is not None
    data = request.json["data"]
    assert data["allowed_mentions"] == {"parse": []}
    words = "\n".join(field["value"] for field in data["embeds"][0]["fields"][1:])
    assert "@\u200b" in words
    assert not any(mention in words for mention in text.split())


async def test_too_many_explanations_are_refused_with_a_friendly_word(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(server.environment.bot, EmojiBot)
    cog = server.environment.bot.get_cog("Predict")
    assert isinstance(cog, Predict)

    async def busy(text: str, state: object) -> Explanation:
        raise ServiceBusyError(MAX_EXPLAINING)

    monkeypatch.setattr(cog._judge, "explain", busy)
    result = await server.alice.slash(server.channel, "predict", text="hello there", explain=True)

    assert result.response is not None
    assert result.response.content == "The model has its hands full right now. Try again in a moment."


def test_the_words_stand_on_their_side_strongest_first() -> None:
    assert _fields(("a", 0.7), ("b", -5.0), ("c", 2.5), ("d", 0.01), ("e", -0.1)) == {
        "Words for 🔥": ["`███░░░ ×12 ` c", "`█░░░░░ ×2.0` a"],
        "Words against 🔥": ["`██████ ÷99+` b", "`█░░░░░ ÷1.1` e"],
    }


def test_at_most_five_words_stand_on_each_side() -> None:
    words = [(str(i), 1.0 + i) for i in range(9)] + [(str(-i), -1.0 - i) for i in range(9)]

    assert [len(lines) for lines in _fields(*words).values()] == [5, 5]


def test_a_message_in_which_no_word_stands_out_says_so() -> None:
    assert _fields(("a", 0.01)) == _fields() == {"Words": ["No single word moves the odds of 🔥."]}


def test_words_in_the_card_neither_format_nor_break() -> None:
    words = ["**loud**", "<a:blob_cat:123456789012345678>", "```\na\n```", "@everyone"]
    lines = _fields(*[(word, 3.0) for word in words])["Words for 🔥"]

    assert [line.removeprefix("`██████ ×20 ` ") for line in lines] == [
        r"\*\*loud\*\*",
        r":blob\_cat:",
        r"\`\`\` a \`\`\`",
        "@\u200beveryone",
    ]


def test_the_longest_words_fit_into_the_card() -> None:
    fields = _fields(*[("*" * 4000, weight) for weight in (1.0, -1.0) for _ in range(64)])

    assert [len(lines) for lines in fields.values()] == [5, 5]
    assert max(len("\n".join(lines)) for lines in fields.values()) <= 1024
