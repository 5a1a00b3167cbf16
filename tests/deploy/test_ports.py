"""Ports are free, distinct, and the same as before where possible."""

import socket

from headwater.deploy.ports import HOST, choose_ports, port_answers, port_free


def test_ports_are_distinct_and_free() -> None:
    """Each name gets its own."""
    chosen = choose_ports(["a", "b", "c"], {})
    assert len(set(chosen.values())) == 3
    assert all(port_free(port) for port in chosen.values())


def test_the_preferred_port_is_kept() -> None:
    """What points at it goes on."""
    before = choose_ports(["a"], {})
    assert before == choose_ports(["a"], before)


def test_a_taken_port_is_replaced() -> None:
    """Another program has it now."""
    with socket.create_server((HOST, 0)) as other:
        taken = other.getsockname()[1]
        assert port_answers(taken)
        assert choose_ports(["a"], {"a": taken})["a"] != taken
