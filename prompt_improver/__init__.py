"""Prompt Improver: a rough idea goes in, a structured prompt comes out and is remembered."""

__version__ = "0.2.0"
