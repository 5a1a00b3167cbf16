"""By whom: the run and the version of the code of each resolution, in few bytes."""

import uuid
from array import array
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_RUN_BYTES = 16
_NONE = -1


class Cause(NamedTuple):
    """The run, and the id of the version of its job's code."""

    run_id: str | None
    code: str | None


class Causes:
    """A run and a version of code for each row, in the order of the rows."""

    def __init__(self) -> None:
        self._runs = bytearray()
        self._other_runs: dict[int, str] = {}
        self._code = array("i")
        self._codes: dict[str, int] = {}
        self._named: list[str] = []

    def append(self, run_id: str | None, code: str | None) -> None:
        """Add a row."""
        packed = _packed(run_id)
        if packed is None and run_id is not None:
            self._other_runs[len(self._code)] = run_id
        self._runs += packed or bytes(_RUN_BYTES)
        self._code.append(_NONE if code is None else self._number(code))

    def of(self, row: int) -> Cause:
        """Return by whom a row was."""
        packed = bytes(self._runs[row * _RUN_BYTES : (row + 1) * _RUN_BYTES])
        run_id = str(uuid.UUID(bytes=packed)) if any(packed) else self._other_runs.get(row)
        number = self._code[row]
        return Cause(run_id, None if number == _NONE else self._named[number])

    def _number(self, code: str) -> int:
        number = self._codes.setdefault(code, len(self._named))
        if number == len(self._named):
            self._named.append(code)
        return number

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return the rows as arrays."""
        return {
            "runs": np.frombuffer(bytes(self._runs), np.uint8),
            "code": np.array(self._code, np.int32),
        }

    def told(self) -> dict[str, Any]:
        """Return what no array holds."""
        return {"codes": self._named, "other_runs": list(self._other_runs.items())}

    @classmethod
    def restore(cls, state: Mapping[str, NDArray[np.generic]], told: Mapping[str, Any]) -> "Causes":
        """Return the rows of which this is the state."""
        causes = cls()
        causes._runs = bytearray(state["runs"].tobytes())
        causes._code = array("i", state["code"].astype("i").tobytes())
        for code in told["codes"]:
            causes._number(code)
        causes._other_runs = {int(row): run for row, run in told["other_runs"]}
        return causes


def _packed(run_id: str | None) -> bytes | None:
    """Return a UUID as bytes; None for what is no UUID in its usual form, or none at all."""
    try:
        packed = uuid.UUID(run_id or "")
    except ValueError:
        return None
    return packed.bytes if str(packed) == run_id and packed.int else None
