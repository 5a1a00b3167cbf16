"""The gateway's OpenAPI document."""

from typing import Any

from ... import __version__

_ERROR = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_FAILURES = {
    "400": {
        "description": "No JSON, or no OpenLineage event; says which member is wrong",
        **_ERROR,
    },
    "401": {"description": "No token that the gateway knows", **_ERROR},
    "408": {"description": "The body took too long to come", **_ERROR},
    "413": {"description": "Too large, as sent or once unpacked, or too many events", **_ERROR},
    "415": {"description": "An encoding other than gzip", **_ERROR},
    "429": {"description": "Too many events wait for Kafka; see Retry-After", **_ERROR},
    "503": {"description": "Kafka does not acknowledge; see Retry-After", **_ERROR},
}


def _post(summary: str, schema: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": answers | _FAILURES,
            "security": [{}, {"bearer": []}],
        }
    }


def _get(summary: str) -> dict[str, Any]:
    return {"get": {"summary": summary, "responses": {"200": {"description": "As said"}}}}


_EVENT = {"$ref": "https://openlineage.io/spec/2-0-2/OpenLineage.json"}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Headwater gateway", "version": __version__},
    "paths": {
        "/api/v1/lineage": _post(
            "Take one OpenLineage event", _EVENT, {"201": {"description": "Kafka has it"}}
        ),
        "/api/v1/lineage/batch": _post(
            "Take an array of OpenLineage events",
            {"type": "array", "items": _EVENT},
            {
                "200": {
                    "description": "What became of each event",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Batch"}}
                    },
                }
            },
        ),
        "/healthz": _get("Whether the process runs"),
        "/readyz": _get("Whether Kafka answers; 503 if not"),
        "/metrics": _get("Counters for Prometheus"),
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "Error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
            },
            "Batch": {
                "type": "object",
                "required": ["status", "summary", "failed_events"],
                "properties": {
                    "status": {"enum": ["success", "partial_success"]},
                    "summary": {
                        "type": "object",
                        "additionalProperties": {"type": "integer"},
                    },
                    "failed_events": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "index": {"type": "integer"},
                                "reason": {"type": "string"},
                                "retriable": {"type": "boolean"},
                            },
                        },
                    },
                },
            },
        },
    },
}
