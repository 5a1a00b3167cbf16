"""Training with PyTorch: profiles of each layer, and the passport of what was trained."""

from .profile import Profile, profile

__all__ = ["Profile", "profile"]
