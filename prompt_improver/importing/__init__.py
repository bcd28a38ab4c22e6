"""Rows from files: exports, and the histories of other programs."""
