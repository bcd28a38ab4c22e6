"""Backup, restore and check of the SQLite file."""
