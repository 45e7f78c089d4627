"""/settings emoji through the real client: replaced, switched off, back again, and what becomes of deleted emoji."""

import pytest

from bot.settings import Settings
from model.bundle import load_bundle
from model.labels import Label
from tests.bot.admin import Admin, reaction_to, store_of
from tests.bot.conftest import Server


@pytest.fixture
def admin(server: Server) -> Admin:
    return Admin(server)


async def _usual(server: Server) -> Label:
    """The label that good news get."""
    emoji = await reaction_to(server)
    return next(label for label in load_bundle(Settings().model_dir).labels if label.emoji == emoji)


async def test_an_emoji_of_the_server_stands_in_and_goes_again(server: Server, admin: Admin) -> None:
    usual = await _usual(server)
    own = server.guild.create_emoji("blob_party")
    await server.environment.settle()

    answer = await admin.set("emoji replace", emoji=usual.name, **{"with": f"<:blob_party:{own.id}>"})
    assert answer == f"Instead of {usual.emoji} I react with <:blob_party:{own.id}> from now on."
    assert await reaction_to(server) == f"blob_party:{own.id}"
    assert (await admin.show())["Emoji: replaced"] == f"{usual.emoji} → <:blob_party:{own.id}>"
    assert await admin.set("emoji back", emoji=usual.emoji) == f"{usual.emoji} is back."
    assert await reaction_to(server) == usual.emoji
    assert (await admin.show())["Emoji"] == "All as usual"


async def test_an_emoji_that_is_off_is_never_used(server: Server, admin: Admin) -> None:
    usual = await _usual(server)

    assert "no longer" in await admin.set("emoji off", emoji=usual.name)
    assert await reaction_to(server) not in (usual.emoji, None)
    assert (await admin.show())["Emoji: switched off"] == usual.emoji


async def test_when_the_replacement_is_deleted_the_original_returns(server: Server, admin: Admin) -> None:
    usual = await _usual(server)
    own = server.guild.create_emoji("blob")
    await server.environment.settle()
    await admin.set("emoji replace", emoji=usual.name, **{"with": "blob"})
    server.environment.backend.delete_emoji(server.guild.id, own.id)
    server.guild.create_emoji("blob")  # another one, which nobody chose
    await server.environment.settle()

    assert await reaction_to(server) == usual.emoji
    assert (await admin.show())["Emoji: replacement gone"].endswith(f"with the original: {usual.emoji} (:blob:)")
    result = await server.alice.slash(server.channel, "predict", text="we won the finals!!!")
    assert result.response is not None
    assert result.response.embeds[0].title == f"I would react with {usual.emoji}"


async def test_a_replacement_kept_for_roles_waits_until_it_may_be_used_again(server: Server, admin: Admin) -> None:
    usual = await _usual(server)
    role = server.guild.create_role("supporters")
    own = server.guild.create_emoji("blob")
    await server.environment.settle()
    await admin.set("emoji replace", emoji=usual.name, **{"with": "blob"})

    server.environment.backend.edit_emoji(server.guild.id, own.id, {"role_ids": [role.id]})
    await server.environment.settle()
    assert await reaction_to(server) == usual.emoji
    assert "certain roles" in await admin.set("emoji replace", emoji=usual.name, **{"with": "blob"})
    assert await admin.offers("emoji replace", "with", "blob") == []

    server.environment.backend.edit_emoji(server.guild.id, own.id, {"role_ids": [], "name": "bloblet"})
    await server.environment.settle()
    assert await reaction_to(server) == f"bloblet:{own.id}"


@pytest.mark.parametrize(
    ("emoji", "instead", "line"),
    [
        ("unicorn", "blob", "I don't know that emoji"),
        ("fire", "<:blob:1>", "no such emoji"),
        ("fire", "nonsense", "no such emoji"),
        ("fire", "🎉", "no such emoji"),
    ],
)
async def test_what_is_no_choice_is_refused(server: Server, admin: Admin, emoji: str, instead: str, line: str) -> None:
    server.guild.create_emoji("blob")
    await server.environment.settle()

    assert line in await admin.set("emoji replace", emoji=emoji, **{"with": instead})
    assert not (await store_of(server).load(server.guild.id)).settings.emoji


async def test_an_emoji_typed_instead_of_chosen_works(server: Server, admin: Admin) -> None:
    moving = server.guild.create_emoji("Blob", animated=True)
    await server.environment.settle()

    for emoji, instead in (("❤", "blob"), (":fire:", ":Blob:"), ("Broken Heart", str(moving.id))):
        assert "from now on" in await admin.set("emoji replace", emoji=emoji, **{"with": instead})
    stored = (await store_of(server).load(server.guild.id)).settings.emoji
    assert stored == dict.fromkeys(("heart", "fire", "broken_heart"), f"<a:Blob:{moving.id}>")


async def test_choices_are_few_and_fitting(server: Server, admin: Admin) -> None:
    for number in range(30):
        server.guild.create_emoji(f"blob_{number:02}")
    server.guild.create_emoji("cat_blob")
    await server.environment.settle()

    assert len(await admin.offers("emoji replace", "emoji", "")) == 25
    assert await admin.offers("emoji replace", "emoji", "fir") == ["🔥 fire"]
    assert await admin.offers("emoji replace", "emoji", "🔥") == ["🔥 fire"]
    assert await admin.offers("emoji replace", "emoji", "unicorn") == []
    assert len(await admin.offers("emoji replace", "with", "")) == 25
    assert await admin.offers("emoji replace", "with", "_blob") == [":cat_blob:"]
    assert (await admin.offers("emoji replace", "with", "blob"))[0] == ":blob_00:"


async def test_what_is_off_can_come_back_and_what_is_on_can_go(server: Server, admin: Admin) -> None:
    assert await admin.offers("emoji back", "emoji", "") == []
    await admin.set("emoji off", emoji="fire")

    assert await admin.offers("emoji back", "emoji", "") == ["🔥 fire"]
    assert await admin.offers("emoji off", "emoji", "fire") == []
    assert "don't know" in await admin.set("emoji back", emoji="unicorn")
    assert "don't know" in await admin.set("emoji off", emoji="unicorn")
