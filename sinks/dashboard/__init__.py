"""The dashboard: web pages over the query API, and how they are built."""
