"""The checker of migrations: what it refuses, what it lets through, and that our own files pass."""

import pytest

from server.storage.migrate import found
from tests.support.migration_rules import faults

HEAD = "SET LOCAL lock_timeout = '2s';\n"


@pytest.mark.parametrize("migration", found(), ids=lambda migration: migration.name)
def test_our_migrations_pass(migration: object) -> None:
    assert faults(migration.sql) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("CREATE INDEX i ON users (name);", "without CONCURRENTLY"),
        ("CREATE UNIQUE INDEX IF NOT EXISTS i ON users (name);", "without CONCURRENTLY"),
        ("ALTER TABLE users RENAME COLUMN name TO full_name;", "renames"),
        ("ALTER TABLE users ALTER COLUMN name TYPE varchar(3);", "changes a type"),
        ("ALTER TABLE users ADD CONSTRAINT c CHECK (name <> '');", "NOT VALID"),
        ("ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES b (a);", "NOT VALID"),
        ("ALTER TABLE users ADD CONSTRAINT u UNIQUE (tenant_id, name);", "USING INDEX"),
        ("ALTER TABLE users ADD COLUMN mark uuid DEFAULT gen_random_uuid();", "volatile"),
        ("ALTER TABLE users ADD COLUMN mark text NOT NULL;", "without a default"),
        ("ALTER TABLE users ALTER COLUMN name SET NOT NULL;", "validated CHECK"),
    ],
)
def test_what_would_block_or_break_is_refused(sql: str, fault: str) -> None:
    assert [found for found in faults(HEAD + sql) if fault in found]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b int); CREATE INDEX i ON a (b); ALTER TABLE a ADD CHECK (b > 0);",
        "CREATE INDEX CONCURRENTLY i ON users (tenant_id, name);",
        "ALTER TABLE users ADD COLUMN note text NOT NULL DEFAULT '';",
        "ALTER TABLE users ADD CONSTRAINT c CHECK (name <> '') NOT VALID;",
        "ALTER TABLE users VALIDATE CONSTRAINT c; ALTER TABLE users ALTER COLUMN name SET NOT NULL;",
        "-- ALTER TABLE users RENAME COLUMN a TO b;\nSELECT 'CREATE INDEX i ON users (a)';",
        "ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX i;",
    ],
)
def test_what_blocks_nobody_passes(sql: str) -> None:
    assert faults(HEAD + sql) == []


def test_a_file_without_lock_timeout_is_refused() -> None:
    assert "lock_timeout" in faults("SELECT 1;")[0]
