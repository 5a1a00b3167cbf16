"""The query API: lineage answers over HTTP, and what happens as it happens."""
