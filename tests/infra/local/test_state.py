import stat
from pathlib import Path

import pytest

from infra.local.errors import LaunchError
from infra.local.state import State, open_state


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(state: State) -> None:
    first = state.secret("valkey_password")
    assert state.secret("valkey_password") == first
    assert len(first) == 48
    assert stat.S_IMODE((state.root / "secrets.json").stat().st_mode) == 0o600


def test_secrets_of_two_states_differ(state: State, folder: Path) -> None:
    assert open_state(folder / "another").secret("key") != state.secret("key")


def test_a_secret_keeps_the_prefix_that_its_reader_expects(state: State) -> None:
    assert state.secret("stripe", prefix="sk_test_").startswith("sk_test_")


def test_what_is_remembered_survives_opening_the_folder_again(state: State) -> None:
    assert open_state(state.root).identity == state.identity


def test_a_damaged_file_is_named_and_not_replaced(state: State) -> None:
    (state.root / "secrets.json").write_text("{", encoding="utf-8")
    with pytest.raises(LaunchError, match=r"secrets\.json is damaged"):
        state.secret("key")
    assert (state.root / "secrets.json").read_text(encoding="utf-8") == "{"


def test_a_state_inside_a_file_is_refused_with_what_to_do(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(LaunchError, match="HUTONG_STATE="):
        open_state(folder / "file" / "state")


def test_the_state_of_tests_does_not_nest_in_itself(state: State) -> None:
    tests = state.nested("test")
    assert tests.root == state.root / "test"
    assert tests.nested("test").root == tests.root
