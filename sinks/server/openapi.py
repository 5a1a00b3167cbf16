"""The OpenAPI document, made from the same table that answers."""

from typing import Any

from .questions import QUESTIONS, Question

PREFIX = "/api/v1"

_PROBLEM = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "remedy"],
            "properties": {
                "code": {"type": "string", "description": "A word that never changes."},
                "message": {"type": "string"},
                "remedy": {"type": ["string", "null"]},
            },
        }
    },
}


def document(version: str) -> dict[str, Any]:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headwater query API", "version": version},
        "paths": {
            **{PREFIX + each.path: _operations(each) for each in QUESTIONS},
            f"{PREFIX}/live": {"get": _live()},
        },
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operations(question: Question) -> dict[str, Any]:
    operation = _operation(question)
    if question.body is None:
        return {"get": operation}
    post = {
        **operation,
        "operationId": f"{operation['operationId']}_by",
        "requestBody": {
            "description": question.body,
            "content": {"application/yaml": {"schema": {"type": "string"}}},
        },
    }
    return {"get": operation, "post": post}


def _operation(question: Question) -> dict[str, Any]:
    return {
        "summary": question.summary,
        "operationId": question.path.strip("/").replace("/", "_").replace("-", "_"),
        "parameters": [parameter.document() for parameter in question.parameters],
        "responses": {
            "200": {
                "description": "The answer, with the offsets that it reflects as its ETag.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "304": {"description": "Nothing has come since the ETag given."},
            **_problems(),
        },
    }


def _live() -> dict[str, Any]:
    return {
        "summary": "Records and dead letters as they come, as server-sent events.",
        "operationId": "live",
        "parameters": [
            {
                "name": "Last-Event-ID",
                "in": "header",
                "description": "`topic:partition:offset` of the last event that came.",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            "200": {"description": "The stream.", "content": {"text/event-stream": {}}},
            **_problems(),
        },
    }


def _problems() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"default": {"description": "Why there is no answer.", "content": content}}
