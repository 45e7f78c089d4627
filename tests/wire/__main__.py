"""The server as a process of its own: `python -m tests.wire`. It prints its URLs as one line of JSON and serves."""

import argparse
import asyncio
import json
import sys

from tests.wire.server import TOKEN, WireServer


async def serve(reaction_interval: float) -> None:
    """Serve until the standard input ends, so that the server does not outlive who started it."""
    async with WireServer() as server:
        server.reaction_interval = reaction_interval
        server.keeps_requests = False
        urls = {"api": server.api_url, "gateway": server.gateway_url, "token": TOKEN}
        sys.stdout.write(json.dumps(urls) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.wire", description=__doc__)
    parser.add_argument("--reaction-interval", type=float, default=0.25, help="seconds (default: 0.25)")
    asyncio.run(serve(parser.parse_args().reaction_interval))
