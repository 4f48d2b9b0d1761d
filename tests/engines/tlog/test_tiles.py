"""Tiles, bundles and their paths, as C2SP tlog-tiles has them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.engines.tlog import (
    EMPTY,
    GrownReader,
    Tile,
    TileError,
    TileReader,
    check_consistency,
    check_inclusion,
    consistency_proof,
    decode_bundle,
    encode_bundle,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    parse_path,
    read_edge,
    tile_bytes,
    tiles_between,
    tree_root,
)

LARGE = 70_000
LEAVES = [b'{"n":%d}' % number for number in range(LARGE)]
HASHES = leaf_hashes(LEAVES)


def published(*sizes: int) -> dict[str, bytes]:
    """The files of a log that was published at each of these sizes."""
    files: dict[str, bytes] = {}
    edge = EMPTY
    for size in sizes:
        added = HASHES[edge.size * 32 : size * 32]
        read = GrownReader(edge, added, TileReader(files.__getitem__, edge.size))
        for tile in tiles_between(edge.size, size):
            first = tile.index * 256
            content = (
                encode_bundle(LEAVES[first : first + tile.width])
                if tile.level < 0
                else tile_bytes(tile, read)
            )
            assert files.setdefault(tile.path(), content) == content
        edge = read.edge
        assert edge.root() == tree_root(HASHES[: size * 32])
    return files


@pytest.fixture(scope="module")
def large() -> dict[str, bytes]:
    """A log that grew in five steps."""
    return published(1, 255, 256, 65_537, LARGE)


def test_the_large_log_has_the_files_that_the_specification_counts(large: dict[str, bytes]) -> None:
    assert sorted({path.partition(".p/")[0] for path in large if path.startswith("tile/1/")}) == [
        "tile/1/000", "tile/1/001",
    ]  # fmt: skip
    whole = set(published(LARGE))
    assert whole < set(large)
    assert len([path for path in whole if path.startswith("tile/0/")]) == 273 + 1
    assert "tile/0/273.p/112" in whole
    assert {"tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"} < whole
    assert {"tile/0/000.p/255", "tile/0/000", "tile/1/000.p/1", "tile/entries/000.p/1"} < set(large)


def test_a_level_is_made_of_full_tiles_only(large: dict[str, bytes]) -> None:
    for number in (0, 255, 256, 272):
        root = tree_root(large[f"tile/0/{number:03d}"])
        over = large["tile/1/000" if number < 256 else "tile/1/001.p/17"]
        assert over[number % 256 * 32 :][:32] == root
    assert large["tile/2/000.p/1"] == tree_root(large["tile/1/000"])


def test_every_entry_hashes_to_its_place_in_the_tile(large: dict[str, bytes]) -> None:
    for path in ("000", "100", "273.p/112"):
        entries = decode_bundle(large[f"tile/entries/{path}"])
        assert leaf_hashes(entries) == large[f"tile/0/{path}"]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, LARGE), st.data())
def test_proofs_come_out_of_tiles(large: dict[str, bytes], size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    read = TileReader(large.__getitem__, LARGE)
    root = tree_root(HASHES[: size * 32])
    check_inclusion(index, size, leaf_hash(LEAVES[index]), inclusion_proof(index, size, read), root)
    old_root = tree_root(HASHES[: old * 32])
    assert read_edge(old, read).root() == old_root
    check_consistency(old, size, old_root, root, consistency_proof(old, size, read))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 900), min_size=1, max_size=6))
def test_a_log_published_in_any_steps_has_the_files_of_one_published_at_once(
    steps: list[int],
) -> None:
    sizes = [sum(steps[: number + 1]) for number in range(len(steps))]
    files = published(*sizes)
    for size in sizes:
        assert published(size).items() <= files.items()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 200_000), st.integers(0, 3000))
def test_between_two_sizes_lie_the_tiles_of_the_one_without_those_of_the_other(
    old: int, more: int
) -> None:
    have, want = set(tiles_between(0, old)), set(tiles_between(0, old + more))
    found = tiles_between(old, old + more)
    assert len(found) == len(set(found))
    assert set(found) == want - have


def test_a_full_tile_may_stand_for_a_narrow_one() -> None:
    files = published(200, 300)
    del files["tile/0/000.p/200"]
    root = tree_root(HASHES[: 200 * 32])
    proof = inclusion_proof(7, 200, TileReader(files.__getitem__, 200))
    check_inclusion(7, 200, leaf_hash(LEAVES[7]), proof, root)
    with pytest.raises(KeyError):
        inclusion_proof(299, 400, TileReader(files.__getitem__, 400))


@pytest.mark.parametrize("length", [0, 31, 6399, 6401, 8192])
def test_a_tile_of_a_wrong_length_is_refused(length: int) -> None:
    files = published(200) | {"tile/0/000.p/200": b"x" * length}
    with pytest.raises(TileError, match="holds"):
        TileReader(files.__getitem__, 200)(0, 0, 1)


def test_a_reader_gives_no_subtree_that_the_log_has_not() -> None:
    files = published(300)
    read = TileReader(files.__getitem__, 300)
    grown = GrownReader(EMPTY, HASHES[: 300 * 32], read)
    for level, first, count in [
        (0, 299, 2),
        (0, 300, 1),
        (2, 75, 1),
        (8, 1, 1),
        (9, 0, 1),
        (30, 0, 1),
    ]:
        for one in (read, grown):
            with pytest.raises(TileError, match="no subtrees"):
                one(level, first, count)
    assert read(8, 0, 1) == grown(8, 0, 1) == tree_root(HASHES[: 256 * 32])
    assert read(3, 4, 6) == grown(3, 4, 6)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (Tile(1, 999, 1), "tile/1/999.p/1"),
        (Tile(2, 1000, 255), "tile/2/x001/000.p/255"),
        (Tile(63, 7, 256), "tile/63/007"),
        (Tile(-1, 12, 9), "tile/entries/012.p/9"),
        (Tile(-1, 123_456_789, 256), "tile/entries/x123/x456/789"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000",
        "tile/64/000", "tile/100/000", "tile/-1/000", "tile/data/000", "tile/8/0/000",
        "tile/0/x000/001", "tile/0/001/002", "tile/0/x001", "tile/0/x001/x002",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/999",
        "tile/0/000.p/", "tile/0/000.p", "/tile/0/000", "tile/0/000/",
        "tile/0/000\n", " tile/0/000",
        "tile/0/" + "x999/" * 6 + "999", "tile/0/" + "x999/" * 9999 + "999", "tile/0/../000",
        "tile/٠/000", "tile/0/٠٠٠", "TILE/0/000", "tile/entries/000.p/٣", "tile/0/X001/000",
    ],
)  # fmt: skip
def test_what_is_no_path_of_a_tile(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


@settings(max_examples=200, deadline=None)
@given(st.integers(-1, 63), st.integers(0, (1 << 63) - 1), st.integers(1, 256))
def test_every_path_leads_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_path(tile.path()) == tile


@pytest.mark.parametrize(
    "numbers", [(-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 1 << 63, 1), (0, 0, 0), (0, 0, 257)]
)
def test_a_tile_that_cannot_be_is_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(TileError):
        Tile(*numbers)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_lead_back(leaves: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(leaves)) == leaves


def test_the_largest_entry_and_the_largest_bundle() -> None:
    leaves = [b"x" * 65_535] + [b""] * 255
    assert decode_bundle(encode_bundle(leaves)) == leaves
    for wrong in ([b"x" * 65_536], [b""] * 257):
        with pytest.raises(TileError):
            encode_bundle(wrong)
    with pytest.raises(TileError):
        decode_bundle(bytes(2 * 257))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=9), st.data())
def test_a_bundle_cut_short_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    whole = encode_bundle(leaves)
    borders = {len(encode_bundle(leaves[:count])) for count in range(len(leaves) + 1)}
    cut = data.draw(st.integers(0, len(whole)).filter(lambda at: at not in borders))
    with pytest.raises(TileError):
        decode_bundle(whole[:cut])


def test_a_log_does_not_shrink() -> None:
    for old, new in [(2, 1), (-1, 0), (0, 1 << 63)]:
        with pytest.raises(ValueError, match="does not grow"):
            tiles_between(old, new)
