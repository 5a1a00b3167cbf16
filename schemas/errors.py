"""The one exception family of Headwater."""


class HeadwaterError(Exception):
    """What went wrong, where, and what to do about it.

    Args:
        message: One sentence, lower case, naming the thing that failed.
        remedy: What the reader can do, as an imperative sentence; None where nothing helps.
    """

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
