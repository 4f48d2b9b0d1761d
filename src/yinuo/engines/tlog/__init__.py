"""A transparency log: tree, tiles, proofs. See docs/engines/tlog.md."""

from yinuo.engines.tlog.edge import EMPTY, Edge, grow, new_layers
from yinuo.engines.tlog.hashes import (
    HASH,
    Read,
    leaf_hash,
    leaf_hashes,
    node_hash,
    tree_root,
)
from yinuo.engines.tlog.prooffile import ProofFile, format_proof, parse_proof
from yinuo.engines.tlog.proofs import (
    ProofError,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
)
from yinuo.engines.tlog.tiles import (
    GrownReader,
    Tile,
    TileError,
    TileReader,
    decode_bundle,
    encode_bundle,
    parse_path,
    tile_bytes,
    tiles_between,
)

__all__ = [
    "EMPTY",
    "HASH",
    "Edge",
    "GrownReader",
    "ProofError",
    "ProofFile",
    "Read",
    "Tile",
    "TileError",
    "TileReader",
    "check_consistency",
    "check_inclusion",
    "consistency_proof",
    "decode_bundle",
    "encode_bundle",
    "format_proof",
    "grow",
    "inclusion_proof",
    "leaf_hash",
    "leaf_hashes",
    "new_layers",
    "node_hash",
    "parse_path",
    "parse_proof",
    "tile_bytes",
    "tiles_between",
    "tree_root",
]
