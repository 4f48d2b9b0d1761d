"""Scrambled Sobol points: even in every dimension and in pairs, fair, and worth their while."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, qmc

from yinuo.engines.queue import CapacityParameters, sample_capacity
from yinuo.engines.queue.luck import DIMENSIONS, even_normals, normal_ladder, sobol_points


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(st.integers(0, 2**32 - 1), st.integers(0, 11))
@settings(max_examples=40, deadline=None)
def test_every_equal_interval_of_every_dimension_holds_one_point(seed: int, power: int) -> None:
    points = sobol_points(1 << power, rng(seed))
    assert points.shape == (1 << power, DIMENSIONS)
    cells = np.sort(np.floor(points * (1 << power)).astype(int), axis=0)
    np.testing.assert_array_equal(cells, np.arange(1 << power)[:, None] + np.zeros(16, int))


def test_more_points_go_on_where_fewer_stopped() -> None:
    many = sobol_points(700, rng())
    np.testing.assert_array_equal(sobol_points(256, rng()), many[:256])
    second = np.floor(many[256:512] * 256).astype(int)
    assert (np.sort(second, axis=0) == np.arange(256)[:, None]).all()


def test_pairs_of_dimensions_leave_at_most_three_of_nine_bits_to_chance() -> None:
    """In 64 boxes of equal size each pair has 8 of 512 points in every box, whatever the shape."""
    points = sobol_points(512, rng())
    for one in range(DIMENSIONS):
        for other in range(one):
            for bits in range(7):
                box = np.floor(points[:, one] * 2**bits) * 2 ** (6 - bits) + np.floor(
                    points[:, other] * 2 ** (6 - bits)
                )
                assert (np.bincount(box.astype(int), minlength=64) == 8).all(), (one, other, bits)


@pytest.mark.parametrize("dimensions", [2, 5, 13, 16])
def test_discrepancy_is_that_of_the_library_and_far_under_chance(dimensions: int) -> None:
    ours, library, chance = (
        np.mean([qmc.discrepancy(points[:, :dimensions], method="MD") for points in drawn])
        for drawn in (
            [sobol_points(512, rng(seed)) for seed in range(8)],
            [qmc.Sobol(16, rng=seed).random(512) for seed in range(8)],
            [rng(seed).random((512, 16)) for seed in range(8)],
        )
    )
    assert ours < 1.1 * library
    assert ours < 0.6 * chance


def test_scrambling_is_fair_to_every_part_of_the_range() -> None:
    first = np.stack([sobol_points(1, rng(seed))[0] for seed in range(3000)])
    np.testing.assert_allclose(first.mean(axis=0), 0.5, atol=0.025)
    assert (np.bincount((first[:, 3] * 8).astype(int), minlength=8) > 300).all()
    assert abs(np.corrcoef(first.T) - np.eye(DIMENSIONS)).max() < 0.08


def test_the_same_seed_gives_the_same_bytes() -> None:
    """P8."""
    drawn = [sobol_points(100, rng(seed)).tobytes() for seed in (4, 4, 5)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("count", [0, -3, 2**30 + 1])
def test_a_count_that_cannot_be_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="count"):
        sobol_points(count, rng())


def test_normal_figures_are_the_middles_of_strata_in_the_order_of_the_points() -> None:
    points = rng().random(300)
    normal = even_normals(points)
    np.testing.assert_array_equal(np.argsort(normal), np.argsort(points))
    np.testing.assert_array_equal(np.sort(normal), normal_ladder(300))
    np.testing.assert_allclose(normal_ladder(300), norm.ppf((np.arange(300) + 0.5) / 300))


def levels(spread: str, rows: int = 4, scenarios: int = 256, seed: int = 0) -> np.ndarray:
    uncertain = CapacityParameters(
        np.zeros(rows), np.full(rows, 0.2), np.zeros(rows, np.bool_), scenarios=scenarios,
        noise_log_sd=0.0, outage_chance=0.0, spread=spread,  # type: ignore[arg-type]
    )  # fmt: skip
    return np.log(sample_capacity(np.full((rows, 1), 1e8), uncertain, rng(seed))[:, :, 0] / 1e8)


def test_what_depends_on_several_levels_moves_less_from_seed_to_seed() -> None:
    """The 90 % quantile of the sum of four levels, over 60 seeds."""
    sd = {
        spread: np.std([np.quantile(levels(spread, seed=n).sum(axis=1), 0.9) for n in range(60)])
        for spread in ("chance", "strata", "sobol")
    }
    assert sd["sobol"] < 0.85 * sd["strata"]
    assert sd["sobol"] < 0.6 * sd["chance"]


def test_rows_past_the_dimensions_are_spread_each_by_itself() -> None:
    drawn = levels("sobol", rows=20, scenarios=512)
    np.testing.assert_allclose(np.sort(drawn, axis=0)[:, 19], 0.2 * normal_ladder(512), atol=1e-6)
    assert abs(np.corrcoef(drawn.T) - np.eye(20)).max() < 0.2


def test_rows_that_never_bind_take_no_dimension() -> None:
    def drawn(unlimited: list[bool]) -> np.ndarray:
        rows = len(unlimited)
        uncertain = CapacityParameters(
            np.zeros(rows), np.full(rows, 0.2), np.array(unlimited), scenarios=64,
            noise_log_sd=0.0, outage_chance=0.0,
        )  # fmt: skip
        return sample_capacity(np.full((rows, 1), 1e8), uncertain, rng())[:, :, 0]

    # The very draw of the first row, but for the luck of rounding.
    assert abs(drawn([True, True, False])[:, 2] - drawn([False] * 3)[:, 0]).max() <= 1
    assert abs(drawn([True, True, False])[:, 2] - drawn([False] * 3)[:, 2]).max() > 1000
