"""What consumes records: the graph, the index, the ledger, the pages."""
