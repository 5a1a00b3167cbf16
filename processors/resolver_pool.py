"""Resolver pool: questions about SQL, answered from what was answered before or in a sandbox."""

from collections.abc import Sequence

from .derive import Question
from .resolve import Answer, Naming, SchemaLookup
from .resolve.cache import Cache
from .resolve.sandbox import Request, Sandbox

Asked = tuple[Question, SchemaLookup]


class ResolverPool:
    """Answers batches of questions; statements that may be heavy go to child processes.

    Args:
        processes: How many child processes at most.
    """

    def __init__(self, processes: int = 1) -> None:
        self.cache = Cache()
        self._sandbox = Sandbox(processes)

    def __call__(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return the answers, each with the schemas as of its event. Never raises."""
        answers = [self.cache.get(*_key(each)) for each in asked]
        unknown = [each for each, answer in zip(asked, answers, strict=True) if answer is None]
        found = iter(self._sandbox.resolve_many([Request(*_key(each)) for each in unknown]))
        return [
            answer or self._keep(each, next(found))
            for each, answer in zip(asked, answers, strict=True)
        ]

    def close(self) -> None:
        """End the child processes."""
        self._sandbox.close()

    def _keep(self, asked: Asked, answer: Answer) -> Answer:
        self.cache.put(*_key(asked), answer)
        return answer


def _key(asked: Asked) -> tuple[str, str | None, Naming, SchemaLookup, tuple[str, ...]]:
    question, schemas = asked
    return question.sql, question.dialect, question.naming, schemas, question.earlier
