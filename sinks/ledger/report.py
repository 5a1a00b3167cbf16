"""What verifying came to, of a log, an export or an archive."""

from dataclasses import dataclass, field

from .chain import Chain
from .verify import Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes:
        verdicts: Of each partition.
        problems: What concerns no offset: of the file, the heads, the graph.
    """

    chain: Chain
    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.faults()

    def faults(self) -> list[str]:
        """Return all that was found, in words."""
        found = [str(finding) for verdict in self.verdicts for finding in verdict.findings]
        return [*self.problems, *found]
