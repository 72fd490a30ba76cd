import pytest

from infra.local.errors import LaunchError
from saas.project.cli import browser
from saas.project.cli.test import selection


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ([], ["-n", "2", "--dist", "loadgroup", "tests", "-m", "not slow"]),
        (["--all"], ["-n", "2", "--dist", "loadgroup", "tests"]),
        (["tests/infra"], ["-n", "2", "--dist", "loadgroup", "tests/infra"]),
        (["tests/infra", "-n", "0"], ["tests/infra", "-n", "0"]),
        (["tests/infra/local/test_ports.py::test_a", "--pdb"], ["tests/infra/local/test_ports.py::test_a", "--pdb"]),
        (["-k", "refund"], ["-n", "2", "--dist", "loadgroup", "tests", "-k", "refund"]),
    ],
)
def test_what_is_left_open_is_filled_in_and_what_is_said_is_kept(given: list[str], asked: list[str]) -> None:
    assert selection(given) == asked


def test_where_no_browser_can_be_had_it_is_said_loudly_and_ci_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HUTONG_BROWSER", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    assert browser.find_or_install() is None
    assert "BROWSER TESTS ARE SKIPPED" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    with pytest.raises(LaunchError, match="install chromium"):
        browser.find_or_install()


def test_a_browser_named_outside_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUTONG_BROWSER", "/opt/chrome")
    assert browser.find_or_install() == "/opt/chrome"
