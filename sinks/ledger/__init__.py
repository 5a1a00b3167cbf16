"""The ledger: a Merkle tree over every partition, its signed heads, and what they prove."""
