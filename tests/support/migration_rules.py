"""What a migration may not do, because a running Lectern would wait for it or break: faults of a file's SQL."""

import re

LOCK_TIMEOUT = re.compile(r"\bSET\s+(LOCAL\s+)?lock_timeout\b", re.IGNORECASE)
CREATED = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE)
INDEX = re.compile(
    r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?:\w+\s+)?ON\s+(?:ONLY\s+)?(\w+)",
    re.IGNORECASE,
)
ALTER = re.compile(
    r"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(\w+)\s+([^;]*)", re.IGNORECASE
)
VOLATILE = re.compile(
    r"\bADD\s+COLUMN\b[^,;]*\bDEFAULT\b[^,;]*\b(random|clock_timestamp|gen_random_uuid|uuidv4|uuidv7|nextval)\s*\(",
    re.IGNORECASE,
)

# (pattern of an ALTER TABLE on a table that was there before, what is wrong with it)
ALTER_FAULTS = (
    (
        re.compile(r"\bRENAME\b", re.IGNORECASE),
        "renames: add the new name, and drop the old one a release later",
    ),
    (
        re.compile(r"\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b", re.IGNORECASE),
        "changes a type: that rewrites the table under a lock",
    ),
    (
        re.compile(
            r"\bADD\s+(CONSTRAINT\s+\w+\s+)?(FOREIGN\s+KEY|CHECK)\b(?!.*\bNOT\s+VALID\b)",
            re.IGNORECASE | re.DOTALL,
        ),
        "adds a constraint without NOT VALID: that scans the table under a lock",
    ),
    (
        re.compile(
            r"\bADD\s+(CONSTRAINT\s+\w+\s+)?(UNIQUE|PRIMARY\s+KEY)\b(?!\s+USING\s+INDEX)",
            re.IGNORECASE,
        ),
        "adds a key without USING INDEX: that builds its index under a lock",
    ),
    (VOLATILE, "adds a column with a volatile default: that rewrites the table under a lock"),
    (
        re.compile(r"\bADD\s+COLUMN\b[^,;]*\bNOT\s+NULL\b(?![^,;]*\bDEFAULT\b)", re.IGNORECASE),
        "adds a NOT NULL column without a default: the release before cannot insert",
    ),
)
SET_NOT_NULL = re.compile(r"\bALTER\s+(?:COLUMN\s+)?(\w+)\s+SET\s+NOT\s+NULL\b", re.IGNORECASE)


def faults(sql: str) -> list[str]:
    """Every fault of one migration, a sentence each; tables that it creates itself are nobody's yet."""
    plain = _without_words(sql)
    found = (
        []
        if LOCK_TIMEOUT.search(plain)
        else ["has no lock_timeout: it would make every reader wait behind it"]
    )
    own = {name.lower() for name in CREATED.findall(plain)}
    for concurrently, table in INDEX.findall(plain):
        if table.lower() not in own and not concurrently:
            found.append(
                f"indexes {table} without CONCURRENTLY: nobody could write to it meanwhile"
            )
    for table, change in ALTER.findall(plain):
        if table.lower() not in own:
            found += [
                f"{fault} ({table})" for pattern, fault in ALTER_FAULTS if pattern.search(change)
            ]
            found += _unproved_not_null(table, change, plain)
    return found


def _unproved_not_null(table: str, change: str, plain: str) -> list[str]:
    """SET NOT NULL scans the table, unless a CHECK that was validated before proves it."""
    proved = re.search(
        rf"\bALTER\s+TABLE\s+{table}\s+VALIDATE\s+CONSTRAINT\b", plain, re.IGNORECASE
    )
    return [
        f"sets {column} NOT NULL without a validated CHECK ({table})"
        for column in SET_NOT_NULL.findall(change)
        if not proved
    ]


def _without_words(sql: str) -> str:
    """The SQL without comments, quoted text and function bodies."""
    return re.sub(
        r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", " ", sql, flags=re.DOTALL
    )
