"""What a prompt is written for."""

from enum import StrEnum


class Target(StrEnum):
    """Who or what is to read the prompt."""

    CHAT = "chat"
    """A model that answers."""
    AGENT = "agent"
    """A model with tools and files, which acts."""
    SYSTEM = "system"
    """An assistant, as its standing instructions."""
    IMAGE = "image"
    """A model that makes pictures."""
    PLAIN = "plain"
    """A model that answers, in the user's own form: the request, clearer, without headings."""
