"""The page shows the default policy as it is."""

from pathlib import Path

from headwater.sinks.compliance import DEFAULT


def test_the_default_policy_stands_on_the_page() -> None:
    """All of it, word for word."""
    assert f"```yaml\n{DEFAULT.text}```" in Path("docs/compliance.md").read_text()
