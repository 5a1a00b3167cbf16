"""Everything that emits. Importing this package pulls in nothing beyond its base needs."""
