"""The process of a command: ``python -m prompt_improver``, and the script ``prompt-improver``."""

import gc
import os


def run() -> None:
    """Run the command line of this process. A command makes its modules, works for a moment and
    ends: looking for garbage all the while, and once more at the end, took a fifth of its time."""
    gc.set_threshold(100_000)
    # pydantic would look through every installed package for plugins to itself.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from prompt_improver.cli.commands import main

    try:
        main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    run()
