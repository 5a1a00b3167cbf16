"""The models that profiles are measured on, and a training loop over each."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn


class _Block(nn.Module):
    """A residual block of two convolutions."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        same = stride == 1 and channels_in == channels
        self.down: nn.Module = (
            nn.Identity() if same else nn.Conv2d(channels_in, channels, 1, stride, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        activated: Tensor = self.relu(out + self.down(x))
        return activated


def _resnet() -> nn.Module:
    """An 18-layer residual network of a quarter's width, for 16 × 16 images."""
    layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)]
    channels_in = 16
    for channels, stride in ((16, 1), (32, 2), (64, 2), (128, 2)):
        layers += [_Block(channels_in, channels, stride), _Block(channels, channels, 1)]
        channels_in = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


def _mlp() -> nn.Module:
    """Fifty thin layers: the worst case, since there is hardly any work in a layer."""
    return nn.Sequential(
        *(layer for _ in range(50) for layer in (nn.Linear(64, 64), nn.ReLU())), nn.Linear(64, 10)
    )


def _encoder() -> nn.Module:
    layer = nn.TransformerEncoderLayer(128, 4, 256, dropout=0.1, batch_first=True)
    return nn.TransformerEncoder(layer, 6, enable_nested_tensor=False)


@dataclass(frozen=True)
class Workload:
    """A model and its batch; a block of so many steps is timed as one."""

    name: str
    batch: tuple[int, ...]
    block_steps: int

    def build(self) -> nn.Module:
        torch.manual_seed(0)
        return {"mlp50": _mlp, "resnet18s": _resnet, "enc6": _encoder}[self.name]()


WORKLOADS = (
    Workload("mlp50", (32, 64), 20),
    Workload("resnet18s", (4, 3, 16, 16), 8),
    Workload("enc6", (4, 16, 128), 8),
)


class Loop:
    """A model in training, a block of steps at a time."""

    def __init__(self, workload: Workload) -> None:
        self.model = workload.build()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-3)
        self._batch = torch.randn(workload.batch)
        self._steps = workload.block_steps

    def step(self) -> None:
        self.optimizer.zero_grad()
        self.model(self._batch).square().mean().backward()
        self.optimizer.step()

    def block_ns(self) -> int:
        """Train a block of steps and return the time it took of the processor.

        All threads of the process count, and what others do on a shared machine does not.
        """
        start = time.process_time_ns()
        for _ in range(self._steps):
            self.step()
        return time.process_time_ns() - start
