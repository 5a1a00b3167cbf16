"""Policies are read strictly, and wrong ones are refused with the line."""

from pathlib import Path

import pytest

from headwater.sinks.compliance import DEFAULT, PolicyError, read_policy
from headwater.sinks.compliance.policy import Verdict, parse_policy
from headwater.sinks.index.edges import Kind

SMALL = """\
version: 1
name: small
classes:
  - name: health
    annotations: {classification: [health]}
    allowed: none
"""


def test_a_small_policy_has_defaults_that_hide_nothing() -> None:
    """What it does not say travels as far as it could."""
    policy = parse_policy(SMALL)
    assert (Verdict.NONE, Verdict.EXPOSED) == (
        policy.classes[0].allowed,
        policy.classes[0].allowed_with_consent,
    )
    assert Verdict.EXPOSED is policy.left_by(Kind("DIRECT", "IDENTITY", False, None))
    assert Verdict.MASKED is policy.left_by(Kind("DIRECT", "TRANSFORMATION", True, None))
    assert Verdict.UNKNOWN is policy.left_by(Kind("INDIRECT", "FILTER", False, None))
    assert Verdict.UNKNOWN is policy.left_by(Kind("INDIRECT", "UNKNOWN_COLUMNS", False, None))
    assert Verdict.NONE is policy.left_by(Kind("INDIRECT", "EXISTENCE", False, None))


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (("DIRECT", "IDENTITY", False), "EXPOSED"),
        (("DIRECT", "TRANSFORMATION", False), "EXPOSED"),
        (("DIRECT", "UNPIVOT", False), "EXPOSED"),
        (("DIRECT", "IDENTITY", True), "MASKED"),
        (("DIRECT", "AGGREGATION", False), "WEAKENED"),
        (("DIRECT", "AGGREGATION", True), "MASKED"),
        (("INDIRECT", "JOIN", False), "NONE"),
        (("INDIRECT", "JOIN", True), "NONE"),
        (("INDIRECT", "CONDITIONAL", False), "WEAKENED"),
        (("INDIRECT", "LATERAL", False), "UNKNOWN"),
    ],
)
def test_the_default_policy_says_what_each_kind_of_edge_leaves(
    kind: tuple[str, str, bool], left: str
) -> None:
    """Words of a client's own are not taken for harmless."""
    assert Verdict[left] is DEFAULT.left_by(Kind(*kind, None))


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("classification", "pii", "personal data"),
        ("Classification", " PII ", "personal data"),
        ("contains_pii", "true", "personal data"),
        ("classification", "public", None),
        ("owner", "pii", None),
    ],
)
def test_annotations_name_a_class_in_any_case(key: str, value: str, name: str | None) -> None:
    """`PII` is `pii`: nothing is clean by its spelling."""
    found = DEFAULT.class_of(key, value)
    assert name == (found and found.name)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: is no mapping of words"),
        ("[]", "line 1: is no mapping of words"),
        ("42", "line 1: is no mapping of words"),
        ("version: 2\n", "line 1: `version` input should be 1"),
        (SMALL.replace("none", "nothing"), "line 6: `classes.0.allowed` is none of none, masked"),
        (SMALL.replace("none", "3"), "line 6: `classes.0.allowed` is none of"),
        (SMALL + "colour: red\n", "line 7: `colour` extra inputs are not permitted"),
        (SMALL + "name: twice\n", "line 7: `name` is given twice"),
        (SMALL + "direct: {IDENTITY: maybe}\n", "line 7: `direct.IDENTITY` is none of"),
        (SMALL.replace("[health]", "[true]"), "line 5: `classes.0.annotations.classification.0`"),
        (SMALL.replace("[health]", "health"), "line 5: `classes.0.annotations.classification`"),
        (SMALL.replace("name: small", "name: [unclosed"), "line 3: "),
        (SMALL + "1: 2\n", "line 7: `1` is no word"),
        (SMALL + "? [a]\n: b\n", "line 7: "),
        (SMALL + "x: !!python/object/apply:os.system [ls]\n", "line 7: anchors, aliases and tags"),
        (BOMB, "line 1: anchors, aliases and tags have no place in a policy"),
        ("[" * 5_000, "line 1: so much nesting has no place in a policy"),
        ("- " * 5_000 + "a", "line 1: so much nesting has no place in a policy"),
        ("a: " * 5, "line 1: mapping values are not allowed here"),
        ("\x00", "is no YAML"),
        ("---\na: 1\n---\nb: 2\n", "line 3: but found another document"),
    ],
)
def test_a_wrong_policy_is_refused_with_the_line(text: str, complaint: str) -> None:
    """Bombs, tags, keys given twice, words that are none, YAML that is none."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    assert complaint in caught.value.message
    assert caught.value.remedy


def test_a_policy_comes_from_a_file(tmp_path: Path) -> None:
    """Its digest is that of the text; a file that cannot be read is an error."""
    path = tmp_path / "policy.yaml"
    path.write_text(SMALL)
    assert "small" == read_policy(path).name
    assert parse_policy(SMALL).digest == read_policy(path).digest
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="cannot read"):
        read_policy(path)
    with pytest.raises(PolicyError, match="cannot read"):
        read_policy(tmp_path / "none.yaml")
    path.write_text("#" * (1024 * 1024 + 1))
    with pytest.raises(PolicyError, match="larger than"):
        read_policy(path)
