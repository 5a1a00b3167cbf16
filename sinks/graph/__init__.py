"""Records in a Gremlin graph, and the questions asked of it."""
