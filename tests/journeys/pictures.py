"""
Takes the pictures of the README: `./hutong docs`.

Starts the product, buys and redeems a voucher so that the pages have something to show, and writes WebP files to docs/pictures.
"""

import os
import re
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys import product as products
from tests.journeys.conftest import ARGUMENTS, DESK, PHONE
from tests.journeys.product import ROOT, Product
from tests.journeys.test_whole_path import choose_store, code_on, look_up, pay, sign_in, vouchers_of

FOLDER = ROOT / "docs" / "pictures"


def keep(page: Page, name: str) -> None:
    """Write what the page shows on its screen as docs/pictures/<name>.webp."""
    page.wait_for_load_state("networkidle")
    Image.open(BytesIO(page.screenshot())).save(FOLDER / f"{name}.webp", quality=82, method=6)
    print(f"docs/pictures/{name}.webp")


def shopper(browser: Browser, product: Product) -> str:
    """Buy on a phone, and return a voucher's code."""
    page = browser.new_page(viewport=PHONE)
    page.goto(product.address("riverside"))
    keep(page, "mall")
    page.goto(product.address("riverside", "/deals/"))
    page.get_by_role("link", name=re.compile("Two bowls")).first.click()
    page.wait_for_url("**/deals/*/")
    keep(page, "deal")
    page.get_by_role("link", name="Buy", exact=True).click()
    page.get_by_label("E-mail address").fill("eli@example.com")
    page.get_by_label("Your name").fill("Eli Berg")
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url("**/c/pay/**")
    pay(page)
    page.goto(product.address("riverside", vouchers_of(page)[0]))
    keep(page, "voucher")
    return code_on(page)


def clerk(browser: Browser, product: Product, code: str) -> None:
    """Redeem the voucher at the counter."""
    page = browser.new_page(viewport=PHONE)
    sign_in(page, product.address("riverside", "/counter/"), login="bo@riverside.example", password=product.password())
    choose_store(page, "Mill Lane")
    look_up(page, code)
    redeem = page.get_by_role("button", name=re.compile("^Redeem"))
    redeem.wait_for()
    keep(page, "counter")
    redeem.click()


def offices(browser: Browser, product: Product) -> None:
    """Look into the back office and the ops console."""
    page = browser.new_page(viewport=DESK)
    page.goto(product.address())
    keep(page, "platform")
    sign_in(page, product.address("riverside", "/manage/"), login="alma@riverside.example", password=product.password())
    keep(page, "back-office")
    page.goto(product.address("riverside", "/manage/money/"))
    keep(page, "money")
    page = browser.new_page(viewport=DESK)
    sign_in(page, product.address(path="/ops/"), login="mei@hutong.example", password=product.password())
    keep(page, "ops")


def main() -> None:
    """Start the product, walk through it, stop it."""
    path = os.environ.get("HUTONG_BROWSER")
    if not path:
        sys.exit("No browser: install chromium, or name one with HUTONG_BROWSER.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        product = products.start(Path(folder) / "state")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            clerk(browser, product, shopper(browser, product))
            offices(browser, product)
        finally:
            browser.close()
            product.stop()


if __name__ == "__main__":
    main()
