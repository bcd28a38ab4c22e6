"""The list of commands, by what people want to do."""

from difflib import get_close_matches
from typing import Any

from typer.core import TyperGroup

GROUPS: dict[str, dict[str, str]] = {
    "Make prompts": {
        "improve": "Improve an idea, and print the prompt.",
        "refine": "Change a prompt as you say, as a new version.",
        "rerun": "Improve the same idea once more.",
    },
    "Find them again": {
        "history": "List the newest improvements.",
        "search": "List improvements by their words.",
        "show": "Print one improvement.",
        "versions": "List the versions of an improvement.",
        "diff": "Compare two versions, word by word.",
    },
    "Say what you think": {
        "star": "Star an improvement, or take the star away.",
        "rate": "Rate it good or bad.",
        "tag": "Give it tags.",
        "note": "Write a note on it.",
        "delete": "Delete improvements.",
    },
    "Look after the history": {
        "stats": "Print totals, and what the next cleanup deletes.",
        "export": "Write all improvements to a file.",
        "import": "Take exported improvements in.",
        "backup": "Copy the database, also while the server runs.",
        "restore": "Put a backup in the place of the database.",
        "check": "Look for damage in the database or a backup.",
        "cleanup": "Delete what is older than a number of days.",
        "vacuum": "Write the database anew, without deleted text.",
        "migrate": "Bring the database to this version.",
    },
    "Serve": {
        "serve": "Serve the page and the HTTP API.",
        "mcp": "Serve coding agents and other MCP clients.",
        "completion": "Print what makes your shell complete commands.",
    },
}
"""Every command, with the line that the list has of it."""
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
            with formatter.section("Others"):
                formatter.write_dl(others)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = get_close_matches(args[0], self.commands, n=1)
            mend = (
                f"Did you mean {near[0]}?"
                if near
                else f"To improve an idea, type: {ctx.command_path} improve {' '.join(args)}"
            )
            ctx.fail(f"There is no command {args[0]}. {mend}")
        return super().resolve_command(ctx, args)
