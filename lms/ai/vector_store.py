"""SQL of item_vectors: what items mean, and which are alike. The role that serves learners cannot read it."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from lms.ai.gates.model import Near
from lms.ai.vectors import NGRAM_SPACE
from lms.questions import store as questions
from lms.questions.model import Content, Filter, Key, Listed, Question

# How many the index looks at before it gives its best, and how it goes on when rows of others were among them.
EF_SEARCH = 120
# A plan that was made for any place and any number of rows would pass the index by.
_AS_LOOKED_FOR = (
    f"SET LOCAL hnsw.ef_search = {EF_SEARCH}; SET LOCAL hnsw.iterative_scan = 'strict_order';"
    " SET LOCAL plan_cache_mode = force_custom_plan"
)
TEXT_MAX_CHARS = 8_000
_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose vectors: of one course, in one space. Only those are compared."""

    tenant_id: str
    course_id: str
    space: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectored:
    """An item of the bank, or of the staging, with its vector; `digest` is of the text that the vector is of."""

    subject_id: str
    digest: bytes
    vector: Sequence[float]
    staged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What an item says, to be turned into a vector."""

    subject_id: str
    text: str

    @property
    def digest(self) -> bytes:
        """The same text has the same vector."""
        return digest_of(self.text)


def text_of(title: str, content: Content, key: Key) -> str:
    """What of an item its vector is made of: what it asks and what is right, so that two questions of one form are told apart."""
    right = [*key.accepted, *(text for accepted in key.gaps.values() for text in accepted)]
    right += [key.number or "", "" if key.truth is None else str(key.truth).lower()]
    asked = [one.text for one in (*content.left, *content.options)]
    asked += [one.text for gap in content.gaps for one in gap.options]
    said = [title, content.prompt, *sorted(asked), *right]
    return "\n".join(one for one in said if one)[:TEXT_MAX_CHARS]


def digest_of(text: str) -> bytes:
    """By which a text is known again."""
    return hashlib.sha256(text.encode()).digest()


def _sent(vector: Sequence[float]) -> str:
    return f"[{','.join(format(number, '.7g') for number in vector)}]"


async def known(
    connection: asyncpg.Connection, tenant_id: str, space: str, digests: Collection[bytes]
) -> dict[bytes, list[float]]:
    """The vectors of texts that some item of the school has already: those cost nothing."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (digest) digest, vector::real[] AS vector FROM item_vectors"
        " WHERE tenant_id = $1 AND space = $2 AND digest = ANY ($3::bytea[])",
        tenant_id,
        space,
        list(digests),
    )
    return {row["digest"]: row["vector"] for row in rows}


async def put(
    connection: asyncpg.Connection, place: Place, rows: Sequence[Vectored], now: datetime
) -> None:
    """Write vectors of items, in the place of those they had in this space."""
    await connection.execute(
        "INSERT INTO item_vectors AS v (tenant_id, course_id, space, created_at, subject_id, staged, digest, vector)"
        " SELECT $1, $2, $3, $4, n.subject_id, n.staged, n.digest, n.vector::vector"
        " FROM unnest($5::uuid[], $6::boolean[], $7::bytea[], $8::text[]) AS n (subject_id, staged, digest, vector)"
        " ON CONFLICT (tenant_id, subject_id, space) DO UPDATE SET course_id = EXCLUDED.course_id, staged = EXCLUDED.staged,"
        " digest = EXCLUDED.digest, created_at = EXCLUDED.created_at,"
        # An unchanged vector is left where it is in the index.
        " vector = CASE WHEN v.digest = EXCLUDED.digest THEN v.vector ELSE EXCLUDED.vector END",
        place.tenant_id,
        place.course_id,
        place.space,
        now,
        [one.subject_id for one in rows],
        [one.staged for one in rows],
        [one.digest for one in rows],
        [_sent(one.vector) for one in rows],
    )


async def neighbours(
    connection: asyncpg.Connection,
    place: Place,
    vector: Sequence[float],
    most: int,
) -> list[Near]:
    """The items of a course that are most like this vector, the nearest first."""
    await connection.execute(_AS_LOOKED_FOR)
    rows = await connection.fetch(
        "SELECT subject_id, staged, 1 - (vector <=> $4::text::vector) AS cosine FROM item_vectors"
        " WHERE tenant_id = $1 AND course_id = $2 AND space = $3"
        " ORDER BY vector <=> $4::text::vector LIMIT $5",
        place.tenant_id,
        place.course_id,
        place.space,
        _sent(vector),
        most,
    )
    return [_near(row) for row in rows]


def _near(row: asyncpg.Record) -> Near:
    return Near(
        subject_id=str(row["subject_id"]), staged=row["staged"], cosine=float(row["cosine"])
    )


async def similar(
    connection: asyncpg.Connection, place: tuple[str, str], wanted: Filter, most: int
) -> list[tuple[Listed, float]]:
    """The items of the bank that are most like one that has a vector, (tenant, question), and fit the filter; each with its cosine.

    Of its vectors that of a model counts before that of n-grams.
    """
    tenant_id, question_id = place
    row = await connection.fetchrow(
        "SELECT course_id, space, vector::text AS vector FROM item_vectors WHERE tenant_id = $1 AND subject_id = $2 AND NOT staged"
        " ORDER BY space = $3, created_at DESC LIMIT 1",
        tenant_id,
        question_id,
        NGRAM_SPACE,
    )
    if row is None:
        return []
    await connection.execute(_AS_LOOKED_FOR)
    rows = await connection.fetch(
        f"SELECT {questions.LISTED}, 1 - (v.vector <=> $4::text::vector) AS cosine FROM item_vectors v"
        " JOIN questions q ON q.tenant_id = v.tenant_id AND q.question_id = v.subject_id"
        " WHERE v.tenant_id = $1 AND v.course_id = $2 AND v.space = $3 AND v.subject_id <> $5 AND q.state <> 'retired'"
        " AND ($6::int IS NULL OR q.level = $6) AND ($7::text IS NULL OR q.language = $7)"
        " ORDER BY v.vector <=> $4::text::vector LIMIT $8",
        tenant_id,
        row["course_id"],
        row["space"],
        row["vector"],
        question_id,
        wanted.level,
        wanted.language,
        most,
    )
    return [(questions.listed_of(one), float(one["cosine"])) for one in rows]


BEHIND = (
    "SELECT DISTINCT q.course_id FROM questions q LEFT JOIN item_vectors v"
    " ON v.tenant_id = q.tenant_id AND v.subject_id = q.question_id AND v.space = $2"
    " WHERE q.tenant_id = $1 AND q.updated_at >= $3 AND (v.subject_id IS NULL OR v.created_at < q.updated_at)"
    " ORDER BY q.course_id LIMIT $4"
)


async def behind(
    connection: asyncpg.Connection, place: tuple[str, str], since: datetime | None, most: int
) -> list[str]:
    """Some courses in whose banks items that were changed since (or any) lack a vector; `place` is (tenant, space)."""
    rows = await connection.fetch(BEHIND, *place, since or _BEFORE_ALL, most)
    return [str(row["course_id"]) for row in rows]


async def lacking(
    connection: asyncpg.Connection, place: Place, after: str | None, most: int
) -> list[Text]:
    """Items of a bank, by id after this one, that have no vector in this space or were changed since they got it."""
    rows = await connection.fetch(
        "SELECT q.question_id FROM questions q LEFT JOIN item_vectors v"
        " ON v.tenant_id = q.tenant_id AND v.subject_id = q.question_id AND v.space = $3"
        " WHERE q.tenant_id = $1 AND q.course_id = $2 AND ($5::uuid IS NULL OR q.question_id > $5)"
        " AND (v.subject_id IS NULL OR v.created_at < q.updated_at) ORDER BY q.question_id LIMIT $4",
        place.tenant_id,
        place.course_id,
        place.space,
        most,
        after,
    )
    wanted = [str(row["question_id"]) for row in rows]
    found = await questions.get_all(connection, place.tenant_id, wanted)
    return [_text(found[one]) for one in wanted if one in found]


def _text(question: Question) -> Text:
    listed = question.listed
    said = text_of(listed.labels.title, question.content, question.key)
    return Text(subject_id=listed.question_id, text=said)


async def forget_decided(connection: asyncpg.Connection, place: Place) -> None:
    """Remove the vectors of staged items that are staged no more: what was taken into the bank has one as an item of it."""
    await connection.execute(
        "DELETE FROM item_vectors v USING questions_staging s WHERE v.tenant_id = $1 AND v.course_id = $2 AND v.staged"
        " AND s.tenant_id = v.tenant_id AND s.candidate_id = v.subject_id"
        " AND s.state IN ('ingested', 'rejected', 'withdrawn', 'recalled')",
        place.tenant_id,
        place.course_id,
    )


def vectored(texts: Iterable[Text], vectors: Mapping[bytes, Sequence[float]]) -> list[Vectored]:
    """The texts whose vectors are at hand."""
    return [
        Vectored(subject_id=one.subject_id, digest=one.digest, vector=vectors[one.digest])
        for one in texts
        if one.digest in vectors
    ]
