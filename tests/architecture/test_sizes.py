import warnings
from pathlib import PurePath

import pytest

from tests.architecture import sizes, sources


def long_function(lines: int) -> str:
    return "def work():\n" + "    step()\n" * (lines - 1)


def test_files_and_templates_are_short_and_named_by_their_role() -> None:
    judge(
        finding
        for name in sources.of_kind(".py", ".html", ".css", ".js")
        if "migrations" not in name.parts
        for finding in sizes.of_file(name, sources.text(name))
    )


def test_functions_fit_on_a_screen() -> None:
    judge(
        finding
        for name in sources.of_kind(".py", within=sources.PRODUCT)
        if "migrations" not in name.parts
        for finding in sizes.of_functions(name, sources.text(name))
    )


def judge(findings: object) -> None:
    """Fail for what is over the end; warn of what is over the wish."""
    found = list(findings)  # type: ignore[call-overload]
    for finding in found:
        if not finding.fails:
            warnings.warn(str(finding), stacklevel=2)
    assert [str(finding) for finding in found if finding.fails] == []


@pytest.mark.parametrize(("lines", "found"), [(50, []), (51, [False]), (70, [False]), (71, [True])])
def test_a_function_over_the_wish_is_seen_and_over_the_end_refused(lines: int, found: list[bool]) -> None:
    findings = sizes.of_functions(PurePath("saas/kernel/money.py"), long_function(lines))
    assert [finding.fails for finding in findings] == found


@pytest.mark.parametrize(("lines", "found"), [(400, []), (401, [False]), (600, [False]), (601, [True])])
def test_a_file_over_the_wish_is_seen_and_over_the_end_refused(lines: int, found: list[bool]) -> None:
    assert [finding.fails for finding in sizes.of_file(PurePath("saas/kernel/money.py"), "\n" * lines)] == found


def test_a_long_template_is_refused() -> None:
    assert list(sizes.of_file(PurePath("saas/ui/templates/ui/base.html"), "\n" * 150)) == []
    assert [finding.fails for finding in sizes.of_file(PurePath("saas/ui/templates/ui/base.html"), "\n" * 151)] == [
        True
    ]


@pytest.mark.parametrize("name", ["saas/utils.py", "cms/helpers/text.py", "billing/ledger/services.py"])
def test_a_module_that_says_nothing_by_its_name_is_refused(name: str) -> None:
    assert "says nothing" in str(next(sizes.of_file(PurePath(name), "")))


def test_a_long_view_is_refused_and_an_operation_of_that_length_is_not() -> None:
    view = "def buy(request, slug):\n" + "    step()\n" * 25
    assert [finding.fails for finding in sizes.of_functions(PurePath("storefront/checkout/views.py"), view)] == [True]
    assert list(sizes.of_functions(PurePath("storefront/checkout/operations.py"), view)) == []


def test_seven_parameters_are_refused_whether_by_place_or_by_name() -> None:
    for parameters in ("a, b, c, d, e, f, g", "*, a, b, c, d, e, f, g", "a, b, /, c, *, d, e, f, g"):
        found = list(sizes.of_functions(PurePath("a.py"), f"def work({parameters}): pass\n"))
        assert [str(finding) for finding in found] == ["a.py:1 work: 7 parameters; 6 is the end"]
    assert list(sizes.of_functions(PurePath("a.py"), "def work(self, *, a, b, c, d, e, f): pass\n")) == []
