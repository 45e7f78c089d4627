"""The texts for operators agree with the bot: docs/deploy.md and the files beside it."""

import inspect
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import discord
import kubernetes_validate
import pytest
import yaml

from bot.__main__ import STOP_SECONDS, main
from bot.settings import SETTING_KEYS, Settings, SettingsError
from bot.store import Store

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
UNIT = (ROOT / "docs/deploy/emoji-bot.service").read_text(encoding="utf-8")
MANIFEST = (ROOT / "docs/deploy/kubernetes.yaml").read_text(encoding="utf-8")
ALERTS = (ROOT / "docs/deploy/alerts.yaml").read_text(encoding="utf-8")
IMAGE = (ROOT / "docs/deploy/Containerfile").read_text(encoding="utf-8")

OTHERS = {"POD_INDEX", "YOUR_TOKEN"}
"""Names in the texts that look like settings and are none."""


def _only(pattern: str, text: str) -> str:
    """The one group of the one match."""
    found: list[str] = re.findall(pattern, text, re.MULTILINE)
    assert len(found) == 1, f"{pattern} occurs {len(found)} times"
    return found[0]


def _pod(index: str) -> dict[str, str]:
    """The shard settings of the pod with this index, as Kubernetes expands them."""
    values = dict(re.findall(r'- name: (SHARD_\w+)\n +value: "(.+)"', MANIFEST))
    return {key: value.replace("$(POD_INDEX)", index) for key, value in values.items()}


@pytest.mark.parametrize("text", [PAGE, MANIFEST], ids=["page", "manifest"])
def test_every_variable_is_a_setting(text: str) -> None:
    named = set(re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b", text))

    assert named - OTHERS <= set(SETTING_KEYS)
    assert {"DISCORD_TOKEN", "DATABASE_URL", "SHARD_COUNT", "SHARD_IDS"} <= named


def test_the_unit_runs_a_command_of_the_bot_and_gives_up_on_its_status_for_bad_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in SETTING_KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.chdir(tmp_path)
    program, *arguments = _only(r"^ExecStart=(.+)$", UNIT).split()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]

    assert scripts[Path(program).name] == "bot.__main__:main"
    status = main(arguments)
    assert "DISCORD_TOKEN" in capsys.readouterr().err
    assert status == int(_only(r"^RestartPreventExitStatus=(\d+)$", UNIT))
    assert status == int(_only(r"not after exit status (\d+)", PAGE))


def test_the_unit_tries_again_where_discord_is_out_of_reach(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a.b.c")
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api/v10")
    monkeypatch.chdir(tmp_path)

    status = main(["run"])
    assert "Discord cannot be reached" in capsys.readouterr().err
    assert status == int(_only(r"after exit status (\d+): Discord", PAGE)) != 2


def test_the_file_of_the_backup_is_the_one_that_the_unit_writes() -> None:
    folder = _only(r"^WorkingDirectory=(.+)$", UNIT)
    file = Settings().database_url.removeprefix("sqlite:///")

    assert folder == "/var/lib/" + _only(r"^StateDirectory=(.+)$", UNIT)
    assert _only(r'sqlite3 (\S+) "\.backup', PAGE) == f"{folder}/{file}"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "emoji-bot.service"
    unit.write_text(re.sub(r"^(Exec\w+)=.+$", rf"\1={sys.executable}", UNIT, flags=re.MULTILINE), encoding="utf-8")

    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)

    assert "emoji-bot" not in verified.stdout + verified.stderr


@pytest.mark.parametrize(
    "version", [_only(r"It needs Kubernetes (1\.\d+)", PAGE), kubernetes_validate.latest_version()]
)
def test_the_manifest_keeps_the_schema_of_kubernetes(version: str) -> None:
    kinds = []
    for document in yaml.safe_load_all(MANIFEST):
        kubernetes_validate.validate(document, version, strict=True)
        kinds.append(document["kind"])

    assert kinds == ["Secret", "Service", "StatefulSet", "NetworkPolicy"]


def test_the_pods_run_every_shard_once() -> None:
    pods = [Settings.from_values(_pod(str(index))) for index in range(int(_only(r"^  replicas: (\d+)$", MANIFEST)))]

    shards = [shard for pod in pods for shard in pod.shard_ids or ()]
    assert {pod.shard_count for pod in pods} == {len(pods)}
    assert shards == list(range(len(pods)))


def test_a_pod_without_an_index_is_refused_instead_of_running_all_shards() -> None:
    with pytest.raises(SettingsError, match="SHARD_IDS"):
        Settings.from_values(_pod(""))


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
@pytest.mark.parametrize(("index", "shards"), [("0", (0, 1, 2, 3)), ("2", (8, 9, 10, 11)), ("", None)])
def test_the_command_for_several_shards_a_pod_counts_on(index: str, shards: tuple[int, ...] | None) -> None:
    command = _only(r"^  - (SHARD_IDS=.+)$", PAGE).replace("$$(", "$(")
    shown = command.replace("exec /opt/emoji-bot/bin/python -m bot", "exec printenv SHARD_IDS")
    assert shown != command

    environment = {"PATH": "/usr/bin:/bin", "POD_INDEX": index}
    done = subprocess.run(["sh", "-c", shown], env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode == 0) is (shards is not None)
    if shards is not None:
        assert Settings.from_values({"SHARD_COUNT": "12", "SHARD_IDS": done.stdout}).shard_ids == shards


@pytest.mark.parametrize("text", [PAGE, MANIFEST], ids=["page", "manifest"])
def test_the_shown_database_is_one_that_the_bot_accepts(text: str) -> None:
    url = _only(r"\b(postgresql://[^`\"\s]+)", text)

    assert Settings.from_values({"DATABASE_URL": url}).database_url == url


def test_the_time_limit_of_the_memory_is_the_true_one() -> None:
    limit = inspect.signature(Store.open).parameters["cache_seconds"].default

    assert float(_only(r"remembers what it read for (\d+) seconds", PAGE)) == limit


@pytest.mark.parametrize(
    ("text", "pattern"),
    [(UNIT, r"^TimeoutStopSec=(\d+)$"), (MANIFEST, r"terminationGracePeriodSeconds: (\d+)$")],
    ids=["unit", "manifest"],
)
def test_the_bot_has_time_to_stop(text: str, pattern: str) -> None:
    assert int(_only(pattern, text)) > 2 * STOP_SECONDS
    assert int(_only(r"has (\d+) seconds to finish", text)) == STOP_SECONDS
    assert int(_only(r"has (\d+) seconds to finish", PAGE)) == STOP_SECONDS


def test_a_reload_sends_the_signal_that_reloads_the_model() -> None:
    assert _only(r"^ExecReload=(.+)$", UNIT) == "/bin/kill -HUP $MAINPID"
    assert _only(r"^RestartForceExitStatus=(.+)$", UNIT) == "SIGHUP"
    assert "systemctl reload emoji-bot" in PAGE


def test_the_permissions_are_those_that_the_bot_uses() -> None:
    needed = discord.Permissions(view_channel=True, read_message_history=True, add_reactions=True)

    assert int(_only(r"the permissions (\d+)", PAGE)) == needed.value


def test_the_image_is_the_one_that_the_manifest_expects() -> None:
    assert _only(r"^USER (\d+):\d+$", IMAGE) == _only(r"runAsUser: (\d+)$", MANIFEST)
    assert set(re.findall(r"^COPY (\w+) ", IMAGE, re.MULTILINE)) == {"bot", "model"}
    assert "'/source[postgres]'" in IMAGE
    assert _only(r"^CMD (.+)$", IMAGE) == '["/opt/emoji-bot/bin/python", "-m", "bot"]'


def test_probes_monitoring_and_bot_agree_on_the_port() -> None:
    documents = {document["kind"]: document for document in yaml.safe_load_all(MANIFEST)}
    pod = documents["StatefulSet"]["spec"]["template"]
    [container] = pod["spec"]["containers"]
    environment = {variable["name"]: variable.get("value", "") for variable in container["env"]}
    settings = Settings.from_values({key: environment[key] for key in ("METRICS_PORT", "METRICS_HOST", "LOG_FORMAT")})
    [ingress] = documents["NetworkPolicy"]["spec"]["ingress"]
    [port] = container["ports"]
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}

    assert port["containerPort"] == settings.metrics_port
    assert ingress["ports"] == [{"protocol": "TCP", "port": settings.metrics_port}]
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(settings.metrics_port)
    assert {probe["port"] for probe in probes.values()} == {port["name"]}
    assert {kind: probe["path"] for kind, probe in probes.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }
    assert settings.metrics_host == "0.0.0.0"  # noqa: S104
    assert _only(r'targets: \["127\.0\.0\.1:(\d+)"\]', PAGE) == _only(r"`METRICS_PORT=(\d+)`", PAGE)


def test_the_page_explains_every_alert() -> None:
    named: list[str] = re.findall(r"^      - alert: (\w+)$", ALERTS, re.MULTILINE)

    assert len(named) > 4
    assert re.findall(r"^\| `(EmojiBot\w+)` \|", PAGE, re.MULTILINE) == named
