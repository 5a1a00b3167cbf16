"""What travels: OpenLineage events, training profiles, records, their names, ids and topics.

Nothing here imports another folder of Headwater. `topics`, `names`, `facets` and
`errors` need only the standard library, so that an emitter stays light; `openlineage`,
`profile` and `records` are pydantic models, for whoever reads.
"""
