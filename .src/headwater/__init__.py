"""Headwater: column-level lineage for data and ML, as a stream."""

__version__ = "0.1.0"
