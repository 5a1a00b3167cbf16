"""Query logs: what engines write down of the statements they ran."""
