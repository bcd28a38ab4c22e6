"""From settings to what keeps the history: what the API and the command line both need."""

from db.spool.file_spool import FileSpool
from db.sqlite.database import Database
from db.sqlite.read_only import ReadOnlyDatabase
from db.sqlite.repository import SQLitePromptRepository
from prompt_improver.domain.prompt_repository import PromptRepository
from prompt_improver.domain.prompt_spool import PromptSpool
from prompt_improver.domain.recorder import DisabledRecorder
from prompt_improver.recording import DirectRecorder
from prompt_improver.settings import Settings


def make_database(settings: Settings) -> Database:
    """The history's file, not yet open."""
    return Database(
        settings.database_file,
        wal=settings.sqlite_wal_mode,
        private_directory=settings.is_default_database,
        within=settings.database_boundary,
    )


def make_repository(settings: Settings) -> PromptRepository:
    """The history's repository, not yet open."""
    return SQLitePromptRepository(make_database(settings))


def make_history_reader(settings: Settings) -> PromptRepository:
    """The history's repository for commands that only read: makes, migrates and locks nothing."""
    return SQLitePromptRepository(
        ReadOnlyDatabase(settings.database_file, within=settings.database_boundary)
    )


def make_spool(settings: Settings) -> PromptSpool:
    """Where rows wait that the history cannot take, not yet open."""
    return FileSpool(settings.database_file, within=settings.database_boundary)


def make_direct_recorder(settings: Settings) -> DirectRecorder | DisabledRecorder:
    """What keeps improvements without a server."""
    if not settings.sqlite_enabled:
        return DisabledRecorder()
    return DirectRecorder(make_repository(settings), make_spool(settings))
