"""Charts stay inside their box and keep every number in the table."""

from hypothesis import given
from hypothesis import strategies as st

from saas.ui import charts
from saas.ui.charts import Chart

VALUES = st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=60)


@given(VALUES)
def test_bars_stay_inside_the_box(values: list[int]) -> None:
    texts = [str(value) for value in values]
    figure = charts.layout(Chart(title="t", labels=texts, values=values, shown=texts, empty="e"))
    if not any(values):
        assert figure["nothing"]
        return
    assert all(charts.TOP <= bar["y"] <= figure["base"] and bar["h"] >= 0 for bar in figure["bars"])
    assert all(bar["x"] >= charts.LEFT and bar["x"] + bar["w"] <= charts.WIDTH for bar in figure["bars"])
    assert [row[1] for row in figure["rows"]] == texts


def test_a_chart_of_nothing_says_what_will_appear() -> None:
    figure = charts.layout(Chart(title="t", labels=["a"], values=[0], shown=["0"], empty="Sales will add up here."))
    assert figure["nothing"]
    assert figure["chart"].empty == "Sales will add up here."


def test_the_axis_ends_at_a_round_figure() -> None:
    assert [charts.nice_ceiling(value) for value in (1, 7, 11, 23, 58000)] == [1, 10, 20, 25, 100000]


def test_a_sparkline_of_one_value_is_nothing_and_of_equal_ones_is_flat() -> None:
    assert charts.spark_points([3]) == ""
    assert {point.split(",")[1] for point in charts.spark_points([3, 3, 3]).split()} == {"16.0"}
