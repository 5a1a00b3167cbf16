"""What experiment trackers recorded, told as the same events that our own runs emit.

Each tracker is a file with one function `runs`, which reads what it keeps into `TrackedRun`s;
`run_events` tells these. To read another tracker: a file here, a line in `deploy/imports.py`.
"""

from .run import TrackedModel, TrackedRun, UnreadableError, run_events

__all__ = ["TrackedModel", "TrackedRun", "UnreadableError", "run_events"]
