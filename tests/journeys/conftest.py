"""One running product and a browser for all journeys of a test process."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.journeys import product as products
from tests.journeys.product import Product

FAILED = pytest.StashKey[bool]()
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a journey failed, so that its pages are told when they close."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """
    The product, started as a newcomer starts it and stopped by Ctrl-C.

    While you write a journey, HUTONG_JOURNEY_PRODUCT="STATE PORT FILE" attaches to one that runs; FILE holds what `up` printed.
    """
    if attached := os.environ.get("HUTONG_JOURNEY_PRODUCT"):
        state, port, said = attached.split()
        yield products.attach(Path(state), int(port), said)
        return
    running = products.start(tmp_path_factory.mktemp("product") / "state")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    path = os.environ.get("HUTONG_BROWSER")
    if not path:
        pytest.skip("no browser on this machine; ./hutong test says how to get one")
    # Playwright keeps an event loop running in this process, and Django then refuses the database to whatever tests follow here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def visitor(browser: Browser, product: Product, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Return a maker of people: each has a browser of their own, by default a phone with JavaScript."""
    contexts: list[BrowserContext] = []

    def come(*, desk: bool = False, scripts: bool = True, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport=DESK if desk else PHONE,
            has_touch=not desk,
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            locale="en-US",
            timezone_id="America/Los_Angeles",
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        if scripts:
            page.on("pageerror", lambda error: pytest.fail(f"a script failed on {page.url}: {error}"))
        return page

    yield come
    if request.node.stash.get(FAILED, False):
        for page in (page for context in contexts for page in context.pages):
            print(f"--- {page.url}\n{page.locator('body').inner_text()[:2000]}")
        print(product.logs())
    pictures = os.environ.get("HUTONG_JOURNEY_PICTURES")
    if pictures:
        for number, context in enumerate(contexts):
            for page in context.pages:
                page.screenshot(path=Path(pictures) / f"{request.node.name}-{number}.png", full_page=True)
    for context in contexts:
        context.close()


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Return a check that axe finds no violation of WCAG 2.2 AA on a page."""
    axe = Axe()

    def check(page: Page) -> None:
        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        results = axe.run(page, options=options)
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"

    return check
