"""Texts of a deal's page side by side: what differs is marked, and no text keeps a reviewer waiting."""

from ops_console.audits import differing


def test_what_differs_is_marked_and_spaces_are_nothing_in_common() -> None:
    left, right = differing.parts("Two bowls.", "Two bowls, and wine.")
    assert [text for differs, text in left if differs] == []
    assert [text for differs, text in right if differs] == [", and wine"]
    assert differing.parts("Soup for two", "Tea at noon") == ([(True, "Soup for two")], [(True, "Tea at noon")])


def test_texts_of_the_same_few_pieces_are_shown_whole() -> None:
    """Comparing these two took most of a minute, in the request of who opens the case."""
    before, after = "一二" * 990, "一一二二" * 495
    assert differing.parts(before, after) == ([(True, before)], [(True, after)])
