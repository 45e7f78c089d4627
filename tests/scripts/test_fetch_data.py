"""The downloader against a real HTTP server on this machine. The files that it serves are invented."""

import hashlib
import io
import re
import socket
import struct
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import tqdm

from model.training import public
from model.training.public import PublicFile
from scripts.fetch_data import main

TEXTS = "".join(f"{boats} boats came back before the rain\n" for boats in range(40))
TWEETS = '1,"first frost \\u2744\\ufe0f"\n2,"no emoji"\n'
CONTENT = {
    "data/original/train.tsv": TEXTS,
    "data/original/dev.tsv": "the kettle is on\t27\tabc1\nour team lost\t25\tabc2\n",
    "data/original/test.tsv": "a long walk\t27\tabc3\n",
    "data/original/labels.txt": "admiration\namusement",
    "data/tweets.csv": TWEETS,
    "datasets/emoji/train_text.txt": TEXTS,
    "datasets/emoji/train_labels.txt": "0\n" * 40,
    "datasets/emoji/val_text.txt": "harbour lights\n",
    "datasets/emoji/val_labels.txt": "1\n",
    "datasets/emoji/test_text.txt": "the last tram\n",
    "datasets/emoji/test_labels.txt": "0\n",
    "datasets/emoji/mapping.txt": "0\t❤\t_red_heart_\t\n1\t🎈\t_balloon_\t\n",
}
SUMMARY = """\
goemotions            43 texts   licence: Apache-2.0
tweets_natural         1 texts   licence: none stated
tweeteval_emoji       42 texts   licence: no restrictions of its own; Twitter's may apply
"""


class Mirror(ThreadingHTTPServer):
    """Serves `files` by location; `faults` of a location befall its next requests, one each."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.faults: defaultdict[str, list[str]] = defaultdict(list)
        self.ranges = True
        self.requests: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients may go before they have heard all."""


class _Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        location, wanted = self.path.removeprefix("/"), self.headers["Range"]
        self.server.requests.append((location, wanted))
        faults = self.server.faults[location]
        fault = faults.pop(0) if faults else ""
        content = self.server.files.get(location)
        if content is None or fault.isdigit():
            self.send_error(int(fault or 404))
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : (start + len(content)) // 2] if fault else content[start:])
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *arguments: object) -> None:
        pass


@dataclass
class Workplace:
    """What a test needs: the mirror, the folder to fill and the waits between attempts."""

    mirror: Mirror
    out: Path
    pauses: list[float] = field(default_factory=list)

    def fetch(self, *arguments: str) -> int:
        self.mirror.requests.clear()
        self.pauses.clear()
        source = arguments or ("--url", f"{self.mirror.url}/")
        return main(["--out", str(self.out), *source], sleep=self.pauses.append)

    def kept(self) -> dict[str, bytes]:
        paths = (path for path in self.out.rglob("*") if path.is_file())
        return {path.relative_to(self.out).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    def invented(file: PublicFile) -> PublicFile:
        content = CONTENT[file.path].encode()
        return replace(file, sha256=hashlib.sha256(content).hexdigest(), size=len(content))

    monkeypatch.setattr(public, "FILES", tuple(map(invented, public.FILES)))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Mirror({file.location: CONTENT[file.path].encode() for file in public.FILES}) as mirror:
        thread = Thread(target=mirror.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield Workplace(mirror, tmp_path / "out")
        mirror.shutdown()
        thread.join()


@pytest.fixture
def tweets(place: Workplace) -> str:
    """Where a file in the middle of the table lies."""
    return next(location for location in place.mirror.files if location.endswith("/data/tweets.csv"))


def test_all_files_arrive_and_are_summed_up(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.fetch() == 0

    assert place.kept() == place.mirror.files
    assert [wanted for _, wanted in place.mirror.requests] == [None] * 12
    assert capsys.readouterr() == (SUMMARY, "")


def test_a_second_run_downloads_nothing(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    place.fetch()
    capsys.readouterr()

    assert place.fetch() == 0

    assert place.mirror.requests == []
    assert capsys.readouterr().out == SUMMARY


def test_a_file_that_was_changed_on_disk_is_fetched_anew(place: Workplace, tweets: str) -> None:
    place.fetch()
    (place.out / tweets).write_bytes(b"spilt")

    assert place.fetch() == 0

    assert place.mirror.requests == [(tweets, None)]
    assert place.kept() == place.mirror.files


@pytest.mark.parametrize(
    ("published", "reason"),
    [
        pytest.param(None, "the server answers 404 Not Found", id="missing"),
        pytest.param(TWEETS.replace("frost", "thaws"), "the file there has another SHA-256", id="tampered"),
        pytest.param(f"{TWEETS}more", "the file there holds 46 bytes instead of 42", id="longer"),
        pytest.param(TWEETS[:20], "the file there is shorter than the published one", id="truncated"),
        pytest.param("", "the connection ended after 0 of 42 bytes", id="empty"),
    ],
)
def test_a_wrong_file_is_named_and_not_kept(
    place: Workplace, tweets: str, capsys: pytest.CaptureFixture[str], published: str | None, reason: str
) -> None:
    good = place.mirror.files.pop(tweets)
    if published is not None:
        place.mirror.files[tweets] = published.encode()

    assert place.fetch() == 2

    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"{place.mirror.url}/{tweets} could not be fetched: ")
    assert reason in err
    kept = place.kept()
    assert TWEETS.encode().startswith(kept.pop(f"{tweets}.part", b""))
    assert kept.keys() == {file.location for file in public.FILES[:4]}

    place.mirror.files[tweets] = good
    assert place.fetch() == 0
    assert len(place.mirror.requests) == 8
    assert place.kept() == place.mirror.files


def test_a_truncated_file_is_noticed_without_ranges_too(
    place: Workplace, tweets: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place.mirror.ranges = False
    place.mirror.files[tweets] = TWEETS[:20].encode()

    assert place.fetch() == 2

    assert "attempts failed, the last because the connection ended after 20 of 42 bytes" in capsys.readouterr().err
    assert tweets not in place.kept()


def test_a_file_without_end_is_not_read_to_its_end(
    place: Workplace, tweets: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place.mirror.files[tweets] = TWEETS.encode() * 100_000

    assert place.fetch() == 2

    held = re.search(r"the file there holds ([\d,]+) bytes instead of 42", capsys.readouterr().err)
    assert held
    assert int(held[1].replace(",", "")) < 100_000


def test_a_wrong_file_of_an_earlier_run_does_not_stay(place: Workplace, tweets: str) -> None:
    place.fetch()
    (place.out / tweets).write_bytes(b"spilt")
    del place.mirror.files[tweets]

    assert place.fetch() == 2

    assert place.kept() == place.mirror.files


def test_a_dropped_download_goes_on_where_it_was(place: Workplace, tweets: str) -> None:
    place.mirror.faults[tweets] = ["drop", "drop"]

    assert place.fetch() == 0

    requests = [wanted for where, wanted in place.mirror.requests if where == tweets]
    assert requests == [None, "bytes=21-", "bytes=31-"]
    assert place.kept() == place.mirror.files


def test_a_connection_that_is_reset_is_made_again(place: Workplace, tweets: str) -> None:
    place.mirror.faults[tweets] = ["reset"]

    assert place.fetch() == 0

    assert place.kept() == place.mirror.files


def test_a_server_without_ranges_sends_the_whole_file_again(place: Workplace, tweets: str) -> None:
    place.mirror.ranges = False
    place.mirror.faults[tweets] = ["drop"]

    assert place.fetch() == 0

    assert [wanted for where, wanted in place.mirror.requests if where == tweets] == [None, "bytes=21-"]
    assert place.kept() == place.mirror.files


@pytest.mark.parametrize(
    ("part", "requests"),
    [
        (b"of another file", ["bytes=15-", None]),
        (b"of another file, and longer than this one may ever be", [None]),
        (TWEETS.encode(), [None]),
    ],
)
def test_a_part_that_does_not_fit_is_begun_anew(
    place: Workplace, tweets: str, part: bytes, requests: list[str | None]
) -> None:
    path = place.out / f"{tweets}.part"
    path.parent.mkdir(parents=True)
    path.write_bytes(part)

    assert place.fetch() == 0

    assert [wanted for where, wanted in place.mirror.requests if where == tweets] == requests
    assert place.kept() == place.mirror.files


@pytest.mark.parametrize("status", ["429", "500", "503"])
def test_a_busy_server_is_asked_again(place: Workplace, tweets: str, status: str) -> None:
    place.mirror.faults[tweets] = [status]

    assert place.fetch() == 0

    assert [where for where, _ in place.mirror.requests].count(tweets) == 2
    assert place.kept() == place.mirror.files


def test_attempts_grow_further_apart_and_end(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    place.mirror.faults[public.FILES[0].location] = ["503"] * 9

    assert place.fetch() == 2

    assert place.pauses == [0, 1, 2, 4, 8]
    assert "5 attempts failed, the last because the server answers 503 Service Unavailable" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_one_sentence(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    with Mirror({}) as gone:
        url = gone.url

    assert place.fetch("--url", url) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{url}/{public.FILES[0].location} could not be fetched: 5 attempts failed")
    assert "Connection refused" in err
    assert err.count("\n") == 1


def test_after_an_interruption_the_next_run_resumes(
    place: Workplace, tweets: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(seconds: float) -> None:
        if seconds:
            raise KeyboardInterrupt

    place.mirror.faults[tweets] = ["drop"]
    assert main(["--out", str(place.out), "--url", place.mirror.url], sleep=interrupt) == 130
    assert capsys.readouterr() == ("", "Stopped. The same command resumes where this one was.\n")

    assert place.fetch() == 0
    assert place.mirror.requests[0] == (tweets, "bytes=21-")
    assert place.kept() == place.mirror.files


def test_files_are_copied_from_a_folder(place: Workplace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.fetch()
    copies = place.out.rename(tmp_path / "copies")
    capsys.readouterr()

    assert place.fetch("--from", str(copies)) == 0

    assert place.kept() == place.mirror.files
    assert place.mirror.requests == []
    assert capsys.readouterr().out == SUMMARY


def test_a_wrong_copy_is_named_and_not_kept(
    place: Workplace, tweets: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.fetch()
    copies = place.out.rename(tmp_path / "copies")
    (copies / tweets).write_bytes(b"spilt")
    capsys.readouterr()

    assert place.fetch("--from", str(copies)) == 2

    sentence = (
        f"The public file {copies / tweets} holds 5 bytes instead of 42; `python -m scripts.fetch_data` fetches it."
    )
    assert capsys.readouterr() == ("", f"{sentence}\n")
    assert place.kept().keys() == {file.location for file in public.FILES[:4]}


def test_a_folder_that_cannot_be_written_is_one_sentence(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    place.out.write_text("in the way", encoding="utf-8")

    assert place.fetch() == 2

    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert str(place.out) in err


def test_progress_on_a_terminal_grows_to_the_whole(
    place: Workplace, tweets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(tqdm, "tqdm", partial(tqdm.tqdm, mininterval=0, miniters=1))
    place.mirror.faults[tweets] = ["drop"]

    assert place.fetch() == 0

    shares = [int(share) for share in re.findall(r"(\d+)%\|", terminal.getvalue())]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)


@pytest.mark.parametrize("address", ["ftp://mirror", "mirror", "http://", "http://a..b", "http://mirror:99999"])
def test_only_web_addresses_are_mirrors(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--url", address])

    assert caught.value.code == 2
    assert f"{address!r} is not an address" in capsys.readouterr().err


def test_without_the_extra_the_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)

    assert main([]) == 2

    assert "extra `train` (tqdm is missing)" in capsys.readouterr().err


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])

    assert caught.value.code == 0
    assert "examples:\n" in capsys.readouterr().out
