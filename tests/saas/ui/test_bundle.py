"""The one stylesheet is current, small and layered."""

import gzip

from saas.ui import bundle


def test_the_committed_stylesheet_is_current() -> None:
    assert bundle.TARGET.read_text("utf-8") == bundle.build(), "run manage.py build_css"


def test_the_stylesheet_stays_within_its_budget() -> None:
    assert len(gzip.compress(bundle.build().encode(), 9)) <= bundle.LIMIT_BYTES_GZ


def test_layers_come_in_order() -> None:
    assert bundle.build().startswith("@layer reset,tokens,base,components,pages;")


def test_every_source_file_is_in_the_bundle() -> None:
    joined = {path for layer in bundle.LAYERS for path in bundle.sources(layer)}
    assert joined == set((bundle.STATIC / "css").rglob("*.css"))


def test_braces_balance_in_every_source() -> None:
    odd = [
        path.name
        for path in (bundle.STATIC / "css").rglob("*.css")
        if path.read_text().count("{") != path.read_text().count("}")
    ]
    assert odd == []


def test_squeezing_keeps_what_matters() -> None:
    assert (
        bundle.squeeze("a > b  { color: red; /* no */ margin: calc(1px + 2px); }\n")
        == "a>b{color:red;margin:calc(1px + 2px)}"
    )
