"""Somebody else holds the store."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Iterator


@contextlib.contextmanager
def store_locked(folder: Path) -> Iterator[None]:
    """Nobody can write to a sandbox's SQLite store within the block."""
    line = sqlite3.connect(folder / "store" / "store.db", timeout=30, isolation_level=None)
    try:
        line.execute("BEGIN IMMEDIATE")
        yield
    finally:
        line.close()
