"""Training with PyTorch: profiles of each layer, and the passport of what was trained."""

from .profiler import Profile, profile

__all__ = ["Profile", "profile"]
