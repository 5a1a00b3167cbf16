"""Trees and proofs against the vectors of the Certificate Transparency projects."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.sinks.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    consistent,
    frontier,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of_inclusion,
)
from headwater.sinks.ledger.tree_file import TreeFile

# The eight leaves that the Certificate Transparency projects test with, the root of the
# tree of each size, and proofs in it.
LEAVES = [
    bytes.fromhex(data)
    for data in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSIONS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
CONSISTENCIES = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
_SIZES = st.integers(1, 70)


def leaves(count: int) -> list[bytes]:
    """Return so many different leaf hashes."""
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def root(hashes: list[bytes]) -> bytes:
    """Return the root of leaf hashes as RFC 9162 defines it, by recursion."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root(hashes[:middle]), root(hashes[middle:]))


def nodes(hashes: list[bytes]) -> object:
    """Return the complete subtrees of leaf hashes."""
    return lambda level, index: root(hashes[index << level : (index + 1) << level])


def unhex(path: list[str]) -> list[bytes]:
    """Return the bytes of a proof."""
    return [bytes.fromhex(each) for each in path]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_published(size: int) -> None:
    """The tree of each size has the root that the Certificate Transparency projects state."""
    tree = Frontier()
    for data in LEAVES[:size]:
        tree.append(leaf_hash(data))
    assert ROOTS[size] == tree.root().hex()


@pytest.mark.parametrize(("place", "path"), INCLUSIONS.items())
def test_proofs_of_inclusion_are_those_published(
    place: tuple[int, int], path: list[str], tmp_path: Path
) -> None:
    """A tree on disk gives the published proofs, and they check."""
    index, size = place
    tree = TreeFile(tmp_path / "tree")
    for data in LEAVES:
        tree.append(leaf_hash(data))
    found = tree.inclusion(index, size)
    assert unhex(path) == found
    assert root_of_inclusion(leaf_hash(LEAVES[index]), index, size, found) == unhex(ROOTS)[size]
    tree.close()


@pytest.mark.parametrize(("sizes", "path"), CONSISTENCIES.items())
def test_proofs_of_consistency_are_those_published(
    sizes: tuple[int, int], path: list[str], tmp_path: Path
) -> None:
    """A tree on disk gives the published proofs, and they check."""
    tree = TreeFile(tmp_path / "tree")
    for data in LEAVES:
        tree.append(leaf_hash(data))
    assert unhex(path) == tree.consistency(*sizes)
    old, new = sizes
    assert consistent(old, unhex(ROOTS)[old], new, unhex(ROOTS)[new], unhex(path))
    tree.close()


@given(_SIZES, st.data())
def test_every_leaf_is_proven_and_nothing_else(size: int, data: st.DataObject) -> None:
    """A proof leads to the root for its leaf and place, and to another for any other."""
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(nodes(hashes), index, size)  # type: ignore[arg-type]
    assert root_of_inclusion(hashes[index], index, size, path) == root(hashes)
    assert root_of_inclusion(leaf_hash(b"?"), index, size, path) != root(hashes)
    assert root_of_inclusion(hashes[index], size, size, path) is None
    assert root_of_inclusion(hashes[index], index, size, [*path, hashes[0]]) is None
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        assert root_of_inclusion(hashes[index], other, size, path) != root(hashes)
    if path:
        assert root_of_inclusion(hashes[index], index, size, path[1:]) != root(hashes)


@given(_SIZES, st.data())
def test_growth_is_proven_and_a_fork_is_not(new: int, data: st.DataObject) -> None:
    """A proof of consistency holds for the tree it is of, and for no other."""
    old = data.draw(st.integers(1, new))
    hashes = leaves(new)
    path = consistency_path(nodes(hashes), old, new)  # type: ignore[arg-type]
    assert consistent(old, root(hashes[:old]), new, root(hashes), path)
    forked = [leaf_hash(b"?"), *hashes[1:]]
    assert not consistent(old, root(forked[:old]), new, root(hashes), path)
    assert not consistent(old, root(hashes[:old]), new, root(forked), path)
    assert not consistent(old, root(hashes[:old]), new, root(hashes), [*path, hashes[0]])


@given(_SIZES, st.data())
def test_a_tree_goes_on_from_its_peaks(size: int, data: st.DataObject) -> None:
    """A frontier taken at any size grows into the same tree."""
    start = data.draw(st.integers(0, size))
    hashes = leaves(size)
    tree = frontier(nodes(hashes), start)  # type: ignore[arg-type]
    for leaf in hashes[start:]:
        tree.append(leaf)
    assert tree.root() == root(hashes)


@pytest.mark.parametrize("torn", [0, 1, 31, 32, 33, 64, 100])
def test_a_tree_file_resumes_after_a_crash(torn: int, tmp_path: Path) -> None:
    """What is left half written is cut off, and the tree goes on to the same root."""
    path = tmp_path / "tree"
    hashes = leaves(50)
    tree = TreeFile(path)
    for leaf in hashes[:37]:
        tree.append(leaf)
    tree.close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size - torn])
    tree = TreeFile(path)
    assert tree.root() == root(hashes[: tree.size])
    assert 34 <= tree.size <= 37
    for leaf in hashes[tree.size :]:
        tree.append(leaf)
    assert tree.root() == root(hashes)
    assert [tree.leaf(index) for index in range(50)] == hashes
    assert tree.root(21) == root(hashes[:21])
    tree.close()


def test_the_empty_tree_has_the_root_that_is_published() -> None:
    """The hash of nothing."""
    assert EMPTY_ROOT.hex() == ROOTS[0]
