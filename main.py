"""python main.py is python -m prompt_improver serve."""

import sys

from prompt_improver.__main__ import run

if __name__ == "__main__":
    run(["serve", *sys.argv[1:]])
