"""Fuzzes what takes input from elsewhere, guided by the coverage that each input reaches (atheris, on libFuzzer)."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from scripts.fuzzing.linear_time import LinearTime
from scripts.fuzzing.targets import FROM_BUNDLE, TARGETS

_EXAMPLES = """examples:
  python -m scripts.fuzz --list
  python -m scripts.fuzz text                        100,000 inputs
  python -m scripts.fuzz graph --runs 1000000 --seed 7

A crash ends the run with exit status 1, and its input is kept in runs/fuzz. Needs the extra `fuzz`."""

_FOUND = Path("runs", "fuzz")
"""Where inputs that broke a contract are kept."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.fuzz",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", nargs="?", choices=TARGETS, metavar="TARGET", help="one of --list")
    parser.add_argument("--list", action="store_true", help="print the targets")
    parser.add_argument("--runs", type=_positive, default=100_000, help="inputs (default: 100,000)")
    parser.add_argument("--seed", type=_positive, default=1, help="of chance (default: 1)")
    parser.add_argument("--max-len", type=_positive, help="bytes of the largest input (default: the target's)")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.list or arguments.target is None:
        print("\n".join(f"{name:14} {target.about}" for name, target in TARGETS.items()))
        return 0 if arguments.list else 2
    largest = arguments.max_len or TARGETS[arguments.target].largest
    if arguments.inside is not None:
        _fuzz(arguments.target, arguments.runs, arguments.seed, largest, arguments.inside)
        return 0
    return _watch(arguments.target, arguments.runs, arguments.seed, largest)


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _watch(name: str, runs: int, seed: int, largest: int) -> int:
    """Fuzz in a process of its own: libFuzzer ends its process, and a crash of native code does, too."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        command = [sys.executable, "-m", "scripts.fuzz", name, "--inside", folder]
        command += ["--runs", str(runs), "--seed", str(seed), "--max-len", str(largest)]
        try:
            status = subprocess.run(command, check=False).returncode  # noqa: S603 - this program
        except KeyboardInterrupt:
            return 130
        for found in Path(folder).glob("found-*"):
            _FOUND.mkdir(parents=True, exist_ok=True)
            kept = _FOUND / f"{name}-{found.name}"
            kept.write_bytes(found.read_bytes())
            print(f"Kept {kept}.", file=sys.stderr)
    ended = "no crash and no super-linear time" if status == 0 else f"stopped with exit status {status}"
    print(f"{name}: {runs} inputs of up to {largest} bytes in {time.monotonic() - started:.0f} s: {ended}.")
    return 0 if status == 0 else 1


def _fuzz(name: str, runs: int, seed: int, largest: int, folder: Path) -> None:
    """Fuzz in this process, which ends with it."""
    try:
        import atheris
    except ModuleNotFoundError:
        sys.exit("Fuzzing needs the extra `fuzz`: pip install -e '.[dev,fuzz]'")
    target = TARGETS[name]
    work, corpus = folder / "work", folder / "corpus"
    work.mkdir()
    corpus.mkdir()
    with atheris.instrument_imports(include=["bot", "model", "dotenv"]):
        run = target.prepare(work)
    seeds = target.seeds or ((work / FROM_BUNDLE[name]).read_bytes(),)
    for i, seed_input in enumerate(seeds):
        (corpus / str(i)).write_bytes(seed_input)
    measured = LinearTime(run, seeds, largest)
    count = 0

    def test_one(content: bytes) -> None:
        nonlocal count
        count += 1
        try:
            measured(content)
        except BaseException:
            (folder / f"found-{sha256(content).hexdigest()[:12]}").write_bytes(content)
            raise
        if count == runs:
            seconds, size = measured.slowest
            print(
                f"{count} inputs; the slowest took {1000 * seconds:.1f} ms for {size} bytes, of "
                f"{1000 * measured.bound(size):.1f} ms allowed.",
                flush=True,
            )

    options = [f"-runs={runs}", f"-seed={seed}", f"-max_len={largest}", "-len_control=20", "-verbosity=0"]
    atheris.Setup(
        [
            sys.argv[0],
            *options,
            "-timeout=600",
            "-report_slow_units=600",
            f"-artifact_prefix={folder}/found-",
            str(corpus),
        ],
        test_one,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
