"""Resolver pool: questions about SQL, answered from what was answered before or in a sandbox."""

from collections.abc import Sequence

from .derive import Question
from .resolve import Answer, Naming, SchemaLookup
from .resolve.cache import Cache
from .resolve.sandbox import Request, Sandbox

Asked = tuple[Question, SchemaLookup]


class ResolverPool:
    """Answers batches of questions; what it has not answered before goes to child processes.

    Args:
        sandbox: Where those are, which then stays open; one of its own if none is given.
    """

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self.cache = Cache()
        self._sandbox = sandbox or Sandbox()
        self._lent = sandbox is not None

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
        """End the child processes, if they are its own."""
        if not self._lent:
            self._sandbox.close()

    def _keep(self, asked: Asked, answer: Answer) -> Answer:
        self.cache.put(*_key(asked), answer)
        return answer


def _key(asked: Asked) -> tuple[str, str | None, Naming, SchemaLookup, tuple[str, ...]]:
    question, schemas = asked
    return question.sql, question.dialect, question.naming, schemas, question.earlier
