"""The OpenAPI document, made from the same table that answers."""

from typing import Any

from .policy import Power
from .questions import QUESTIONS, Question, WholeQuestion

PREFIX = "/api/v1"

REDRIVE = "/dead-letters/redrive"

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
            PREFIX + REDRIVE: {"post": _redrive()},
        },
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operations(question: Question | WholeQuestion) -> dict[str, Any]:
    operation = _operation(question)
    if isinstance(question, WholeQuestion):
        return {"get": {**operation, **_needing(question.needs)}}
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


def _operation(question: Question | WholeQuestion) -> dict[str, Any]:
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


def _redrive() -> dict[str, Any]:
    place = {name: {"type": "integer", "minimum": 0} for name in ("partition", "offset")}
    schema = {"type": "object", "required": [*place], "properties": place}
    return {
        "summary": "Send a dead letter's original bytes to the topic that they came from.",
        "operationId": "redrive",
        **_needing(Power.REDRIVE),
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {
            "200": {
                "description": "Where the message now lies.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **_problems(),
        },
    }


def _needing(power: Power | None) -> dict[str, Any]:
    """Return what says which power an operation needs of those who do not see everything."""
    return {} if power is None else {"x-headwater-may": power}


def _problems() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"default": {"description": "Why there is no answer.", "content": content}}
