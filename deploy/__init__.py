"""How Headwater runs: the command, the embedded stack, the demo."""
