"""What is answered when a question cannot be: one shape, with a code that stays."""

from starlette.responses import JSONResponse

from ...schemas.errors import HeadwaterError


class ProblemError(HeadwaterError):
    """A request that is refused.

    Args:
        status: The HTTP status.
        code: A word for programs, which never changes.
        message: A sentence for people.
    """

    def __init__(self, status: int, code: str, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code

    def response(self) -> JSONResponse:
        """Return the answer that says so."""
        told = {"code": self.code, "message": self.message, "remedy": self.remedy}
        headers = {"www-authenticate": "Bearer"} if self.status == 401 else {}
        headers["cache-control"] = "no-store"
        return JSONResponse({"error": told}, self.status, headers)
