"""Texts that JSON can hold."""


def json_text(text: str) -> str:
    """Return a text without what only stands for bytes: those of a path that are no UTF-8.

    One of them in an event would keep the whole event from being written.
    """
    return text.encode(errors="replace").decode()
