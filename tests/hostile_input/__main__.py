"""python -m tests.hostile_input --seed 1 --count 50000, or --show 17 for the bytes of one."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.hostile_input.campaign import campaign
from tests.hostile_input.hostile_requests import make_request


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile_input", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10_000, help="requests to send")
    parser.add_argument("--show", type=int, help="write the bytes of the request of this number")
    asked = parser.parse_args()
    if asked.show is not None:
        sys.stdout.buffer.write(b"".join(make_request(asked.seed, asked.show).pieces))
        return
    with tempfile.TemporaryDirectory() as folder:
        outcome = campaign(Path(folder), asked.seed, asked.count)
    sys.stdout.write(f"{outcome}\n")
    sys.exit(bool(outcome.problems))


if __name__ == "__main__":
    main()
