"""The HTTP door: OpenLineage events by POST, written to Kafka before the answer."""
