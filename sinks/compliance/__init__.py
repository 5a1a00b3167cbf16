"""Compliance: which personal data a report shows, by whose consent, as of a date."""

from .exposure import pii
from .policy import DEFAULT, Policy, PolicyError, read_policy

__all__ = ["DEFAULT", "Policy", "PolicyError", "pii", "read_policy"]
