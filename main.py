"""python main.py is python -m prompt_improver serve."""

import sys

from prompt_improver.cli.commands import main

if __name__ == "__main__":
    main(["serve", *sys.argv[1:]])
