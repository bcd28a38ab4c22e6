"""The list of commands, by what people want to do."""

from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperGroup

GROUPS: dict[str, dict[str, str]] = {
    "Make prompts": {
        "improve": "Turn an idea into a prompt.",
        "refine": "Change a prompt and save a new version.",
        "rerun": "Improve the same idea again.",
    },
    "Find prompts": {
        "history": "List the newest improvements.",
        "search": "Find improvements that contain words.",
        "show": "Print one improvement.",
        "versions": "List the versions of an improvement.",
        "diff": "Compare two versions, word by word.",
    },
    "Rate and sort prompts": {
        "star": "Add or remove a star.",
        "rate": "Rate an improvement.",
        "tag": "Add or remove tags.",
        "note": "Write a note.",
        "delete": "Delete improvements.",
    },
    "Manage the history": {
        "stats": "Print totals and the next cleanup.",
        "export": "Write all improvements to a file.",
        "import": "Import exported improvements.",
        "backup": "Back up the database, even while the server runs.",
        "restore": "Replace the database with a backup.",
        "check": "Check the database or a backup for damage.",
        "cleanup": "Delete old improvements.",
        "vacuum": "Rewrite the database to remove deleted text.",
        "migrate": "Upgrade the database to this version.",
    },
    "Serve": {
        "serve": "Start the web page and the HTTP API.",
        "mcp": "Serve agents and other MCP clients.",
        "completion": "Print a shell completion script.",
    },
}
"""Every command, with the line that the list has of it."""
_CLOSE = 0.75
"""How much alike a mistyped command is: `histry` is history, but `write` is not rate."""
_COLUMN = max(len(name) for group in GROUPS.values() for name in group)


class GroupedCommands(TyperGroup):
    """Lists its commands in GROUPS; those that are in none come last."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        left = dict.fromkeys(self.list_commands(ctx))
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(_COLUMN), said) for name, said in group.items() if name in left]
                )
            left = dict.fromkeys(name for name in left if name not in group)
        others = [(name, self.commands[name].get_short_help_str(60)) for name in left]
        if others:
            with formatter.section("Other commands"):
                formatter.write_dl(others)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")  # Pydantic's, not ours
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = get_close_matches(args[0], self.commands, n=1, cutoff=_CLOSE)
            mend = (
                f"Did you mean {near[0]}?"
                if near
                else f"To improve an idea, type: {ctx.command_path} improve {' '.join(args)}"
            )
            ctx.fail(f"There is no command {args[0]}. {mend}")
        return super().resolve_command(ctx, args)
