"""Decoding takes what real clients send and refuses, with a reason, what cannot be placed."""

import orjson
import pytest

from headwater.processors.decode import EVENT_BYTES_MAX, Decoded, RefusedError, decode
from headwater.schemas.session import SessionClose, to_event

EVENT = {
    "eventTime": "2026-01-02T03:04:05Z",
    "producer": "test",
    "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    "eventType": "COMPLETE",
    "run": {"runId": "0176a8c2-fe01-7439-87e6-56a1a1b4029f"},
    "job": {"namespace": "etl", "name": "daily"},
    "inputs": [{"namespace": "postgres://db:5432", "name": "shop.public.orders"}],
}


def test_key_order_and_blanks_do_not_change_the_id() -> None:
    """The id is of the content, so a client that writes it otherwise states the same event."""
    plain = decode(orjson.dumps(EVENT))
    shuffled = decode(orjson.dumps(dict(reversed(EVENT.items())), option=orjson.OPT_INDENT_2))
    assert plain == shuffled


SLOPPY = {
    "no event type": {"eventType": None},
    "a lower-case event type": {"eventType": "complete"},
    "a time without a zone": {"eventTime": "2026-01-02T03:04:05.678"},
    "a time with an offset": {"eventTime": "2026-01-02T05:04:05+02:00"},
    "null for an empty list": {"inputs": None, "outputs": None},
    "null facets": {"job": {"namespace": "etl", "name": "daily", "facets": None}},
    "a run id that is no UUID": {"run": {"runId": "manual__2026-01-02"}},
    "no producer and no schema URL": {"producer": None, "schemaURL": None},
    "members of its own": {"vendor": {"x": 1}},
    "an integer beyond the doubles": {"vendor": 2**63},
}


@pytest.mark.parametrize("change", SLOPPY.values(), ids=SLOPPY)
def test_sloppy_clients_are_understood(change: dict[str, object]) -> None:
    """What real clients send is accepted."""
    event = {key: value for key, value in (EVENT | change).items() if value is not None}
    event |= {key: None for key in ("inputs", "outputs") if key in change}
    decoded = decode(orjson.dumps(event))
    assert isinstance(decoded, Decoded)
    assert "daily" == getattr(decoded.event.job, "name", None)


def test_a_closing_event_is_told_from_a_lineage_event() -> None:
    """An emitter's last word travels on the same topic and is no dead letter."""
    close = SessionClose("s", "lineage.events", "2026-01-02T03:04:05Z", 7, {"spool_full": 1})
    assert close == decode(orjson.dumps(to_event(close)))


REFUSED = {
    "nothing": (None, "empty"),
    "no bytes": (b"", "empty"),
    "no JSON": (b"\xff\xfe\x00", "not_json"),
    "cut off": (orjson.dumps(EVENT)[:-1], "not_json"),
    "NaN": (b'{"x": NaN}', "not_json"),
    "a lone surrogate": (b'{"x": "\\ud800"}', "not_json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "not_json"),
    "a deep bomb": (b"[" * 100_000, "too_deep"),
    "a deep facet": (
        orjson.dumps(EVENT)[:-1] + b',"x":' + b"[" * 900 + b"]" * 900 + b"}",
        "too_deep",
    ),
    "too many bytes": (b" " * (EVENT_BYTES_MAX + 1), "too_large"),
    "a list": (b"[]", "not_an_event"),
    "neither job nor dataset": (b'{"eventTime": "2026-01-02T03:04:05Z"}', "not_an_event"),
    "job and dataset": (
        orjson.dumps(EVENT | {"dataset": {"namespace": "n", "name": "d"}}),
        "not_an_event",
    ),
    "no time": (
        orjson.dumps({k: v for k, v in EVENT.items() if k != "eventTime"}),
        "not_an_event",
    ),
    "a time as a number": (orjson.dumps(EVENT | {"eventTime": 1767323045}), "not_an_event"),
    "an empty name": (
        orjson.dumps(EVENT | {"job": {"namespace": "n", "name": ""}}),
        "not_an_event",
    ),
    "an unknown state": (orjson.dumps(EVENT | {"eventType": "DONE"}), "not_an_event"),
    "facets that are a list": (
        orjson.dumps(EVENT | {"job": {"namespace": "n", "name": "j", "facets": []}}),
        "not_an_event",
    ),
}


@pytest.mark.parametrize(("value", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_placed_is_refused_with_a_reason(value: bytes | None, reason: str) -> None:
    """A refusal names one reason of a fixed list."""
    with pytest.raises(RefusedError) as refusal:
        decode(value)
    assert reason == refusal.value.reason


def test_a_refusal_never_repeats_a_value() -> None:
    """Values may be personal; the reason says where and what, not which value."""
    with pytest.raises(RefusedError) as refusal:
        decode(orjson.dumps(EVENT | {"eventType": "jane.doe@example.com"}))
    assert "jane" not in refusal.value.detail
    assert "eventType" in refusal.value.detail
