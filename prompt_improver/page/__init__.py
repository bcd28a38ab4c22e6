"""The page that a browser shows: plain files, as they are sent. api/page.py is their door."""

from pathlib import Path

FOLDER = Path(__file__).parent
FILES = tuple(
    sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".js", ".css", ".svg"})
)
"""Names of the files that index.html and its modules load."""
