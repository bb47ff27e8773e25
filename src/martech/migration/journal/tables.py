"""The tables of the journal. Whatever is personal is in a sealed text or behind a salted hash."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, String, Table, Text

from martech.stores.database import metadata

__all__ = [
    "ATTEMPTS", "BLOCKS", "EVIDENCE", "JOBS", "MEMBERS", "NAMES", "PEOPLE", "RECORDS", "RUNS", "SALT",
    "SHELVES", "STEPS", "SURVEY", "THINGS", "TOMBSTONES",
]  # fmt: skip

RUNS = Table(
    "martech_migration_runs",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("phase", String(32), nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("previous", String(64)),
    Column("order", Text, nullable=False),
    Column("why", Text),
    Column("began_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("writes", Integer, nullable=False, default=0),
    Column("undone", Text),
)
PEOPLE = Table(
    "martech_migration_people",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("name", String(32), nullable=False),
    Column("page", Text),
    Column("group", String(8), nullable=False),
    Column("contact", Text),
    Column("before", Text),
    Column("said", Text),
    Column("digest", String(32)),
    Column("class", String(32)),
    Column("outcome", String(16)),
    Column("reason", Text),
    Column("verdicts", Text),
    Column("losses", Text),
    Column("opted_out", Boolean, nullable=False, default=False),
    Column("undelivered", Boolean, nullable=False, default=False),
    Column("written_at", Float),
    Index("martech_migration_people_name", "name", "run"),
    Index("martech_migration_people_group", "run", "group", "seq"),
    Index("martech_migration_people_class", "run", "class"),
)
NAMES = Table(
    "martech_migration_names",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
)
SURVEY = Table(
    "martech_migration_survey",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("contact", Text, nullable=False),
)
BLOCKS = Table(
    "martech_migration_blocks",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("identifier", Text, nullable=False),
    Column("at", Float),
    Column("reason", String(16)),
)
JOBS = Table(
    "martech_migration_jobs",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("batch", String(64), primary_key=True),
    Column("job", Text, nullable=False),
    Column("rows", Text, nullable=False),
)
THINGS = Table(
    "martech_migration_things",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("part", String(24), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("target_id", Text),
    Column("class", String(32), nullable=False),
    Column("reason", Text),
    Column("made", Boolean, nullable=False, default=False),
)
MEMBERS = Table(
    "martech_migration_members",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("list", String(255), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("class", String(32)),
    Column("reason", Text),
    Column("was_there", Boolean, nullable=False, default=False),
)
SHELVES = Table(
    "martech_migration_shelves",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("part", String(24), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("target_id", Text, nullable=False),
)
"""What the target had of each part before the run made anything, by name."""
RECORDS = Table(
    "martech_migration_records",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("dataset", String(255), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("digest", String(32), nullable=False),
    Column("class", String(32)),
    Column("reason", Text),
)
"""One row per record of a dataset, named by a salted hash of its key, with a digest of what was written."""
EVIDENCE = Table(
    "martech_migration_evidence",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("class", String(32)),
    Column("reason", Text),
)
"""Whose evidence the target is to keep, and whether it does."""
ATTEMPTS = Table(
    "martech_migration_attempts",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("batch", String(64), primary_key=True),
)
"""Batches that were begun, be it that nobody knows how it went."""
STEPS = Table(
    "martech_migration_steps",
    metadata,
    Column("run", String(64), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("result", Text, nullable=False),
)
TOMBSTONES = Table(
    "martech_migration_tombstones",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("erased_at", Float, nullable=False),
)
SALT = Table(
    "martech_migration_salt",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
)
