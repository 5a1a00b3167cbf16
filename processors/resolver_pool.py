"""Resolver pool: what the pipeline asks about SQL, answered."""

from collections.abc import Sequence

from .derive import Question
from .resolve import Answer, SchemaLookup, resolve


class ResolverPool:
    """Answers a batch of questions."""

    def __call__(self, questions: Sequence[tuple[Question, SchemaLookup]]) -> list[Answer]:
        """Resolve each question with the schemas as of its event."""
        return [
            resolve(q.sql, dialect=q.dialect, naming=q.naming, schemas=lookup)
            for q, lookup in questions
        ]
