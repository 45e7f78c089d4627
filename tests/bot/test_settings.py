"""Settings from the environment and .env."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import SETTING_KEYS, Settings, SettingsError
from model.bundle import PRETRAINED

ROOT = Path(__file__).parents[2]


def test_nothing_set_gives_the_defaults() -> None:
    settings = Settings.from_values({})

    assert settings.token is None
    assert settings.model_dir == PRETRAINED
    assert settings.threshold is None
    assert settings.stale_after == 30.0
    assert settings.log_level == "INFO"


def test_every_key_is_read(tmp_path: Path) -> None:
    settings = Settings.from_values(
        {
            "DISCORD_TOKEN": "a.b.c",
            "MODEL_DIR": str(tmp_path),
            "THRESHOLD": "0.5",
            "STALE_AFTER": "10",
            "REACTIONS_PER_SECOND": "20",
            "DATABASE_URL": "postgresql://bot:secret@db.example/emoji",
            "SHARD_COUNT": "16",
            "SHARD_IDS": "0-3,8",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "JSON",
            "METRICS_PORT": "9100",
            "METRICS_HOST": "::1",
        }
    )

    url = "postgresql://bot:secret@db.example/emoji"
    shards = (16, (0, 1, 2, 3, 8))
    assert settings == Settings("a.b.c", tmp_path, 0.5, 10.0, 20, url, *shards, "DEBUG", "json", 9100, "::1")


@pytest.mark.parametrize(
    ("count", "ids", "problem"),
    [
        ("4", "0-4", "SHARD_IDS must be below SHARD_COUNT, 4"),
        ("", "0-4", "SHARD_IDS needs SHARD_COUNT, which must be the same for all processes"),
        ("0", "", "SHARD_COUNT must be at least 1"),
        ("4", "3-1", "SHARD_IDS must be numbers or ranges as in 0-3,8, not '3-1'"),
        ("4", "1,0-2", "SHARD_IDS must name each shard once, not '1,0-2'"),
        ("4", "1;2", "SHARD_IDS must hold whole numbers up to 100000, not '1;2'"),
        ("999999", "1", "SHARD_COUNT must hold whole numbers up to 100000, not '999999'"),
    ],
)
def test_shards_that_make_no_sense_are_refused(count: str, ids: str, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_values({"SHARD_COUNT": count, "SHARD_IDS": ids})

    assert caught.value.problems == [problem]


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///", "emoji.db", "postgresql:bot"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL must be sqlite:///FILE or postgresql://"):
        Settings.from_values({"DATABASE_URL": url})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_name_of_postgresql_that_the_store_knows_is_taken(scheme: str) -> None:
    url = f"{scheme}://bot:secret@db.example/emoji?sslmode=require"

    assert Settings.from_values({"DATABASE_URL": url}).database_url == url


def test_the_password_of_the_database_shows_not_in_repr() -> None:
    assert "secret" not in repr(Settings.from_values({"DATABASE_URL": "postgresql://bot:secret@db.example/emoji"}))


def test_every_bad_key_is_named_at_once() -> None:
    values = dict.fromkeys(SETTING_KEYS, "no such thing")
    with pytest.raises(SettingsError) as caught:
        Settings.from_values(values)

    assert len(caught.value.problems) == len(SETTING_KEYS)
    for key in SETTING_KEYS:
        assert key in str(caught.value)


@pytest.mark.parametrize("text", ["-0.1", "1.1", "nan", "inf", "half", "0,5"])
def test_a_threshold_outside_zero_to_one_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="THRESHOLD must be a number from 0 to 1"):
        Settings.from_values({"THRESHOLD": text})


def test_the_token_shows_neither_in_repr_nor_in_errors() -> None:
    secret = "MTk4NjIy.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"

    assert secret not in repr(Settings.from_values({"DISCORD_TOKEN": secret}))
    with pytest.raises(SettingsError) as caught:
        Settings.from_values({"DISCORD_TOKEN": f"{secret} extra", "THRESHOLD": "x"})
    assert secret not in str(caught.value)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("DISCORD_TOKEN=from-file\nSTALE_AFTER=7\n", encoding="utf-8")
    monkeypatch.setenv("DISCORD_TOKEN", "from-environment")

    settings = Settings.load(file)
    assert settings.token == "from-environment"
    assert settings.stale_after == 7.0


def test_an_unreadable_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"DISCORD_TOKEN=\xff\xfe\n")

    with pytest.raises(SettingsError, match="not readable as UTF-8"):
        Settings.load(file)


@given(st.dictionaries(st.sampled_from(SETTING_KEYS), st.text(max_size=40)))
def test_any_values_are_parsed_or_refused_in_one_sentence(values: dict[str, str]) -> None:
    problems: list[str] = []
    try:
        Settings.from_values(values)
    except SettingsError as error:
        problems = error.problems
    assert len(problems) == len({problem.split()[0] for problem in problems} & set(SETTING_KEYS))


def test_the_example_file_names_every_setting_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")

    assert re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE) == list(SETTING_KEYS)


def test_the_example_file_shows_the_true_defaults() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^# ([A-Z_]+)=(.+)$", text, re.MULTILINE))

    assert Settings.from_values(shown) == Settings()


def test_the_readme_describes_every_setting() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    for key in SETTING_KEYS:
        assert f"| `{key}` |" in text
