import pytest

from tests.load.growth import growth


def test_a_line_grows_by_its_rise() -> None:
    seen = growth(range(0, 100, 10), [3.0 * at for at in range(0, 100, 10)])
    assert seen.trend == pytest.approx(270.0)
    assert seen.step == pytest.approx(240.0)


def test_a_single_peak_is_no_growth() -> None:
    readings = [10.0] * 50
    readings[25] = 500.0
    assert growth(range(50), readings).step == 0.0
    assert abs(growth(range(50), readings).trend) < 20.0


def test_too_few_readings_are_refused() -> None:
    with pytest.raises(ValueError, match="4 readings are too few"):
        growth([0, 1, 2, 3], [1, 1, 1, 1])
