"""What the tests of training share: events kept in a list, and small models."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch

from headwater.schemas.profile import ProfileEvent


class Events(list[dict[str, Any]]):
    """Profile events as emitted; each one is read back by the published model."""

    def emit(self, event: Mapping[str, Any]) -> None:
        ProfileEvent.model_validate(event)
        self.append(dict(event))

    def column(self, name: str) -> list[Any]:
        return [value for event in self for value in event.get(name, ())]

    @property
    def samples(self) -> list[dict[str, Any]]:
        return self.column("samples")

    @property
    def closing(self) -> dict[str, Any]:
        found: dict[str, Any] = self[-1]["closing"]
        return found


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
