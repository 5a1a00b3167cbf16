"""The live feed: bounded, honest about what it left out, and resumable."""

import asyncio

import pytest

from headwater.sinks.answers import Position
from headwater.sinks.server import live
from headwater.sinks.server.live import Live, LiveEvent, live_event
from headwater.sinks.server.problem import ProblemError


def event(offset: int) -> LiveEvent:
    return live_event(Position("lineage.records", 1, offset), "record", {"n": offset})


def test_a_client_gets_what_comes_with_its_position() -> None:
    """The id of an event is where it stood."""

    async def follow() -> bytes:
        feed = Live()
        stream = feed.subscribe(None)
        await anext(stream)
        feed.publish([event(7)])
        return await anext(stream)

    place, told = asyncio.run(follow()).split(b"@")
    assert b"id: lineage.records:1:7" == place
    assert told.endswith(b'\nevent: record\ndata: {"n":7}\n\n')


def test_a_slow_client_is_told_how_much_it_missed() -> None:
    """Its queue is bounded; the newest are kept."""

    async def follow() -> bytes:
        feed = Live()
        stream = feed.subscribe(None)
        await anext(stream)
        feed.publish([event(n) for n in range(live.QUEUE_MAX + 1)])
        return await anext(stream)

    told = asyncio.run(follow())
    assert told.startswith(b'event: resync\ndata: {"missed":256}\n\n')
    assert told.endswith(event(live.QUEUE_MAX).data)


@pytest.mark.parametrize(
    ("last", "first", "then"),
    [
        (event(1).id, b": resumed\n\n", [2]),
        (event(9).id, b'event: resync\ndata: {"missed":null}\n\n', []),
        ("lineage.records:1:1@another", b'event: resync\ndata: {"missed":null}\n\n', []),
        ("nonsense", b'event: resync\ndata: {"missed":null}\n\n', []),
    ],
)
def test_a_client_goes_on_where_it_was(last: str, first: bytes, then: list[int]) -> None:
    """After an event that is remembered; else it is told to ask anew."""

    async def follow() -> tuple[bytes, bytes]:
        feed = Live()
        feed.publish([event(0), event(1), event(2)])
        stream = feed.subscribe(last)
        begin = await anext(stream)
        feed.publish([event(3)])
        return begin, await anext(stream)

    assert (first, b"".join(event(n).data for n in [*then, 3])) == asyncio.run(follow())


def test_what_stands_is_told_to_all_and_to_whoever_comes() -> None:
    """Also to those who see little; it is no event to go on after."""
    down = live_event(None, "kafka", {"reachable": False})

    async def follow() -> tuple[bytes, bytes]:
        feed = Live()
        stream = feed.subscribe(None, frozenset({"nobody"}))
        await anext(stream)
        feed.stand(down)
        return await anext(stream), await anext(feed.subscribe("nonsense"))

    told, first = asyncio.run(follow())
    assert down.data == told
    assert first == b'event: resync\ndata: {"missed":null}\n\n' + down.data


def test_a_quiet_stream_has_a_heartbeat() -> None:
    """So that both ends notice when the other is gone."""

    async def follow() -> bytes:
        stream = Live(heartbeat_s=0.01).subscribe(None)
        await anext(stream)
        return await anext(stream)

    assert b": heartbeat\n\n" == asyncio.run(follow())


def test_there_are_only_so_many_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is refused, and a place that is left is free again."""

    async def follow() -> None:
        feed = Live()
        stream = feed.subscribe(None)
        await anext(stream)
        with pytest.raises(ProblemError):
            feed.subscribe(None)
        await stream.aclose()
        feed.subscribe(None)

    monkeypatch.setattr(live, "CLIENTS_MAX", 1)
    asyncio.run(follow())
