"""What a server's answers to the bot's reactions do to a threshold."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.taste import HALF_LIFE, MOST_SHIFT, Taste, shift, threshold

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

counts = st.floats(0, 1e6)
thresholds = st.floats(0, 1)
tastes = st.builds(Taste, counts, counts, st.just(NOW))
waits = st.timedeltas(timedelta(0), timedelta(days=10_000))

Answer = tuple[int, int, datetime]
"""Members who joined, reactions lost, and when."""


def in_two_orders(moments: st.SearchStrategy[datetime]) -> st.SearchStrategy[tuple[list[Answer], list[Answer]]]:
    answers = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), moments), max_size=6)
    return answers.flatmap(lambda made: st.tuples(st.just(made), st.permutations(made)))


def taste_of(answers: list[Answer]) -> Taste:
    taste = Taste(0, 0, NOW)
    for gained, lost, at in answers:
        taste = taste.after(gained, lost, at=at)
    return taste


def shift_of(gained: float, lost: float) -> float:
    return shift(Taste(gained, lost, NOW), NOW)


@pytest.mark.parametrize("taste", [None, Taste(0.0, 0.0, NOW)])
@given(base=thresholds)
def test_without_evidence_the_threshold_stays_exactly_as_it_is(taste: Taste | None, base: float) -> None:
    assert shift(taste, NOW) == 0.0
    assert threshold(base, taste, NOW) == base


@pytest.mark.parametrize(
    ("gained", "lost", "expected"),
    [
        (1, 0, -0.008),
        (5, 0, -0.033),
        (20, 0, -0.079),
        (0, 1, 0.021),
        (0, 2, 0.038),
        (0, 5, 0.068),
        (0, 20, 0.115),
        (5, 5, 0.039),
    ],
)
def test_the_shifts_are_those_of_the_documentation(gained: int, lost: int, expected: float) -> None:
    assert shift_of(gained, lost) == pytest.approx(expected, abs=0.0006)


@given(st.floats(0, 1e3), st.floats(0, 1e3))
def test_it_is_the_bounded_change_of_the_log_odds_of_a_beta_binomial_mean(gained: float, lost: float) -> None:
    def logit(probability: float) -> float:
        return math.log(probability / (1 - probability))

    change = logit((9 + gained) / (12 + gained + lost)) - logit(9 / 12)

    assert shift_of(gained, lost) == pytest.approx(-MOST_SHIFT * math.tanh(change / 2), abs=1e-12)


@given(tastes, counts)
def test_more_gains_never_raise_a_threshold_and_more_losses_never_lower_it(taste: Taste, more: float) -> None:
    assert shift_of(taste.gained + more, taste.lost) <= shift(taste, NOW) <= shift_of(taste.gained, taste.lost + more)


def test_each_answer_counts() -> None:
    by_gains = [shift_of(gained, 2) for gained in range(200)]
    by_losses = [shift_of(2, lost) for lost in range(200)]

    assert all(more < fewer for fewer, more in pairwise(by_gains))
    assert all(more > fewer for fewer, more in pairwise(by_losses))


@given(st.floats(0.01, 1e6))
def test_losses_raise_a_threshold_more_than_as_many_gains_lower_it(answers: float) -> None:
    assert shift_of(0, answers) > -shift_of(answers, 0) > 0


@given(st.integers(0, 10_000))
def test_three_gains_make_up_for_one_loss(lost: int) -> None:
    assert shift_of(3 * lost, lost) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("most", [1e9, 1e300, 1.7e308])
@given(count=counts)
def test_no_evidence_moves_a_threshold_further_than_the_bound(most: float, count: float) -> None:
    assert -MOST_SHIFT <= shift_of(most, count) <= MOST_SHIFT
    assert -MOST_SHIFT <= shift_of(count, most) <= MOST_SHIFT


@given(thresholds, tastes)
def test_a_threshold_stays_a_probability(base: float, taste: Taste) -> None:
    assert 0 <= threshold(base, taste, NOW) <= 1


@pytest.mark.parametrize(("base", "gained", "lost", "expected"), [(0.05, 500, 0, 0.0), (0.95, 0, 500, 1.0)])
def test_a_threshold_at_the_edge_is_clipped(base: float, gained: int, lost: int, expected: float) -> None:
    assert threshold(base, Taste(gained, lost, NOW), NOW) == expected


@given(thresholds.filter(lambda base: base < 0.95))
def test_one_loss_does_not_silence_an_emoji(base: float) -> None:
    assert threshold(base, Taste(0, 1, NOW), NOW) < base + 0.025


def test_an_answer_counts_half_after_a_half_life() -> None:
    assert Taste(8, 4, NOW).decayed(NOW + timedelta(days=30)) == Taste(4, 2, NOW + timedelta(days=30))
    assert Taste(8, 4, NOW).decayed(NOW + timedelta(hours=2), half_life=3600) == Taste(2, 1, NOW + timedelta(hours=2))


@given(tastes, waits, waits)
def test_time_never_strengthens_a_taste(taste: Taste, wait: timedelta, more: timedelta) -> None:
    sooner, later = shift(taste, NOW + wait), shift(taste, NOW + wait + more)

    assert abs(later) <= abs(sooner) + 1e-12
    assert later * sooner >= -1e-12


@given(tastes)
def test_what_nobody_answers_any_more_comes_back_to_zero(taste: Taste) -> None:
    assert shift(taste, NOW + 60 * timedelta(seconds=HALF_LIFE)) == pytest.approx(0, abs=1e-9)
    assert shift(taste, datetime.max.replace(tzinfo=UTC)) == 0.0


@given(tastes, waits, waits)
def test_decaying_in_two_steps_is_decaying_in_one(taste: Taste, first: timedelta, second: timedelta) -> None:
    steps, once = taste.decayed(NOW + first).decayed(NOW + first + second), taste.decayed(NOW + first + second)

    assert (steps.gained, steps.lost) == pytest.approx((once.gained, once.lost))
    assert steps.updated_at == once.updated_at


@given(in_two_orders(st.just(NOW)))
def test_the_order_of_answers_within_an_instant_does_not_matter(orders: tuple[list[Answer], list[Answer]]) -> None:
    first, second = map(taste_of, orders)

    assert first == second


@given(in_two_orders(waits.map(NOW.__add__)))
def test_answers_may_arrive_out_of_order(orders: tuple[list[Answer], list[Answer]]) -> None:
    first, second = map(taste_of, orders)

    assert (first.gained, first.lost) == pytest.approx((second.gained, second.lost))
    assert first.updated_at == second.updated_at


def test_a_moment_before_the_last_answer_changes_nothing() -> None:
    taste = Taste(8, 4, NOW)

    assert taste.decayed(NOW - timedelta(days=30)) == taste


@pytest.mark.parametrize("number", [-1.0, math.inf, math.nan])
def test_impossible_numbers_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="gained must be finite and not negative"):
        Taste(number, 0, NOW)
    with pytest.raises(ValueError, match="lost must be finite and not negative"):
        Taste(0, number, NOW)
    with pytest.raises(ValueError, match="lost must be finite and not negative"):
        Taste(0, 0, NOW).after(lost=number, at=NOW)


def test_a_naive_moment_is_refused() -> None:
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(ValueError, match="updated_at must be aware"):
        Taste(0, 0, naive)
    with pytest.raises(ValueError, match="updated_at must be aware"):
        Taste(0, 0, NOW).after(1, at=naive)
