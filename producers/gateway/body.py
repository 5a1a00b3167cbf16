"""Bodies of requests, bounded before and after decompression."""

import asyncio
import zlib

from starlette.requests import Request

_GZIP_WINDOW = zlib.MAX_WBITS | 16


class BodyError(Exception):
    """A body that is not taken.

    Args:
        status: The HTTP status that says why.
        message: What is wrong, for the client.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def read(request: Request, bytes_max: int, timeout_s: float) -> bytes:
    """Return the content of a request, plain or gzipped.

    Raises:
        BodyError: If it is too large or too slow, or encoded in a way that is not taken.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise BodyError(415, f"the encoding {encoding!r} is not taken; send gzip or none")
    try:
        async with asyncio.timeout(timeout_s):
            received = await _receive(request, bytes_max)
    except TimeoutError:
        raise BodyError(408, f"the body did not come within {timeout_s:g} s") from None
    return _unzip(received, bytes_max) if encoding == "gzip" else received


async def _receive(request: Request, bytes_max: int) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > bytes_max:
            raise BodyError(413, f"more than {bytes_max} bytes")
    return bytes(received)


def _unzip(packed: bytes, bytes_max: int) -> bytes:
    """Unpack, and stop before a bomb fills the memory."""
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = unpacker.decompress(packed, bytes_max + 1)
    except zlib.error as error:
        raise BodyError(400, "the body is no gzip") from error
    if len(content) > bytes_max:
        raise BodyError(413, f"more than {bytes_max} bytes once unpacked")
    if not unpacker.eof:
        raise BodyError(400, "the gzip of the body is cut off")
    if unpacker.unused_data:
        raise BodyError(400, "something follows the gzip of the body")
    return content
