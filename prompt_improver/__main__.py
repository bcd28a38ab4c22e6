"""The process of a command: ``python -m prompt_improver``, and the script ``prompt-improver``."""

import gc
import os


def run(arguments: list[str] | None = None) -> None:
    """Run the command line of this process; without ``arguments`` with the process's own."""
    # A start makes some 130,000 objects, and all stay. Looking for garbage among them, and once
    # more at the end, took a fifth of a command's time.
    gc.set_threshold(200_000)
    # pydantic would look through every installed package for plugins to itself.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from prompt_improver.cli.commands import main

    try:
        main(arguments)
    finally:
        gc.freeze()


if __name__ == "__main__":
    run()
