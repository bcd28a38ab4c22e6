"""The history in one SQLite file: the connection, the migrations and the repository."""
