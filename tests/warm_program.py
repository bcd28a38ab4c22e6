"""What the process that is forked has done before: the imports of commands and server, and what the
first idea reads and compiles."""

import gc
import importlib

from prompt_improver.improvement.offline import compose

for _name in (
    "anyio._backends._asyncio",
    "dspy",
    "db.sqlite.upkeep.backup",
    "db.sqlite.upkeep.check",
    "db.sqlite.upkeep.restore",
    "db.sqlite.upkeep.vacuum",
    "prompt_improver.cli.commands",
    "prompt_improver.cli.preview",
    "prompt_improver.importing.export_file",
    "prompt_improver.importing.prompt_raycast_ext",
    "prompt_improver.server",
    "rich.live",
    "rich.progress",
    "rich.table",
    "typer._adapters",
    "uvicorn.lifespan.on",
    "uvicorn.loops.asyncio",
    "uvicorn.protocols.http.h11_impl",
):
    importlib.import_module(_name)
compose("Write a function that sorts")
gc.freeze()  # so that no child copies all of it at its first search for garbage
