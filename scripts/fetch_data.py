"""Fetch the public data sets that the distillation learns from."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from model.errors import ModelError
from model.training import public
from model.training.public import PublicDataError, PublicFile, verified
from scripts.arguments import make_parser

_ORIGIN: Final = "https://raw.githubusercontent.com"
_EXAMPLES: Final = f"""examples:
  python -m scripts.fetch_data
  python -m scripts.fetch_data --out corpora/public
  python -m scripts.fetch_data --from copies/public

DIR then holds OWNER/REPOSITORY/COMMIT/PATH, as {_ORIGIN} does.
Each file is checked by its SHA-256. What is there is not fetched again; what was cut off is continued."""

_PAUSES: Final = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds to wait before each attempt to download a file."""
_TIMEOUT: Final = 30.0
_CHUNK: Final = 1 << 16
_ELSEWHERE: Final = "--url takes a mirror, --from a local copy"

_Sleep = Callable[[float], object]
_Bring = Callable[[PublicFile, Path], Iterator[int]]


class DownloadError(ModelError):
    """A file could not be downloaded. Carries `url` and `reason`."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} could not be fetched: {reason}.")
        self.url = url
        self.reason = reason


class _PassingError(Exception):
    """An attempt failed in a way that the next one may not."""


def main(argv: Sequence[str] | None = None, *, sleep: _Sleep = time.sleep) -> int:
    """Run the command line; returns the exit status. `sleep` waits between attempts."""
    parser = make_parser("fetch_data", __doc__, _EXAMPLES)
    out = f"where to keep them (default: {public.FOLDER})"
    parser.add_argument("--out", type=Path, default=public.FOLDER, metavar="DIR", help=out)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--url", type=_address, default=_ORIGIN, help=f"where to download from (default: {_ORIGIN})")
    source.add_argument(
        "--from", type=Path, dest="copy", metavar="DIR", help="copy them from a folder with the same layout"
    )
    arguments = parser.parse_args(argv)
    try:
        from tqdm import tqdm
    except ModuleNotFoundError as error:
        sys.stderr.write(f"Fetching needs the extra `train` ({error.name} is missing): pip install -e '.[train]'\n")
        return 2
    bring = partial(_copy, arguments.copy) if arguments.copy else partial(download, arguments.url, sleep)
    total = sum(file.size for file in public.FILES)
    try:
        with tqdm(total=total, unit="B", unit_scale=True, leave=False, disable=not sys.stderr.isatty()) as bar:
            for there in _complete(arguments.out, bring):
                bar.update(there - bar.n)
        counts = public.count_texts(arguments.out)
    except (ModelError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The same command resumes where this one was.\n")
        return 130
    for origin, count in counts.items():
        print(f"{origin.name:16}{count:>8,} texts   licence: {origin.licence}")
    return 0


def download(url: str, sleep: _Sleep, file: PublicFile, part: Path) -> Iterator[int]:
    """Download `file` from below `url` into `part`, after the bytes that are there; yields how many are.

    Raises:
        DownloadError: it is not there, has other content, or did not arrive in several attempts.
    """
    address = f"{url}/{file.location}"
    last: _PassingError | None = None
    for pause in _PAUSES:
        sleep(pause)
        try:
            yield from _attempt(address, file, part)
        except _PassingError as error:
            last = error
        else:
            return
    reason = f"{len(_PAUSES)} attempts failed, the last because {last}; the same command goes on from there"
    raise DownloadError(address, reason) from last


def _complete(folder: Path, bring: _Bring) -> Iterator[int]:
    """Bring what is missing or wrong in `folder`; yields how many bytes of all files are there."""
    done = 0
    for file in public.FILES:
        path = folder / file.location
        if not _is_right(path, file):
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.part")
            for there in bring(file, part):
                yield done + there
            part.replace(path)
        done += file.size
        yield done


def _copy(source: Path, file: PublicFile, part: Path) -> Iterator[int]:
    yield part.write_bytes(verified(source / file.location, file))


def _attempt(address: str, file: PublicFile, part: Path) -> Iterator[int]:
    there = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={there}-"} if 0 < there < file.size else {}
    with _open(Request(address, headers=headers)) as response, part.open("ab") as output:  # noqa: S310 - see _address
        resumed = response.status == HTTPStatus.PARTIAL_CONTENT
        there = there if resumed else 0
        output.truncate(there)
        for chunk in _chunks(response):
            there += output.write(chunk)
            yield there
            if there > file.size:
                break
    if there < file.size:
        raise _PassingError(f"the connection ended after {there:,} of {file.size:,} bytes")
    try:
        verified(part, file)
    except PublicDataError as error:
        part.unlink()
        if resumed:
            raise _PassingError("the rest did not fit what was there before") from error
        raise DownloadError(address, f"the file there {error.reason}; {_ELSEWHERE}") from error


def _open(request: Request) -> HTTPResponse:
    try:
        response: HTTPResponse = urlopen(request, timeout=_TIMEOUT)  # noqa: S310 - see _address
    except HTTPError as error:
        error.close()
        answer = f"the server answers {error.code} {error.reason}"
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code == HTTPStatus.TOO_MANY_REQUESTS:
            raise _PassingError(answer) from error
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            answer = "the file there is shorter than the published one"
        raise DownloadError(request.full_url, f"{answer}; {_ELSEWHERE}") from error
    except (OSError, HTTPException) as error:
        raise _PassingError(f"of {getattr(error, 'reason', error)}") from error
    return response


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read1(_CHUNK):
            yield chunk
    except (OSError, HTTPException) as error:
        raise _PassingError(f"of {error}") from error


def _is_right(path: Path, file: PublicFile) -> bool:
    try:
        verified(path, file)
    except PublicDataError:
        return False
    return True


def _address(value: str) -> str:
    """The web address `value` without a slash at its end."""
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("https", "http") and (parts.hostname or "").encode("idna") and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise argparse.ArgumentTypeError(f"{value!r} is not an address that begins with https:// or http://")
    return value.rstrip("/")


if __name__ == "__main__":
    sys.exit(main())
