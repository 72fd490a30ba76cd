"""Hosted operation in a browser: from a lead to the report, and how a merchant signs, watches, takes back and ends."""

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.billing.sandbox.process import eventually
from tests.journeys import hosting
from tests.journeys.product import Product
from tests.journeys.test_whole_path import PASSWORD, sign_in, sign_up

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("product")]
People = Callable[..., Page]
Check = Callable[[Page], None]


def test_a_merchant_signs_watches_takes_back_pauses_and_ends(
    product: Product, visitor: People, accessible: Check
) -> None:
    nora, mei, omar = visitor(desk=True), visitor(desk=True), visitor(desk=True)
    mall = fresh("Anchor Lane")
    slug = sign_up(nora, product, name=mall, email="nora@anchor.example")
    draft_deal(nora, product, slug)
    contract = hosted_deals(mei, product, visitor(desk=True), mall)
    hosting.sign_as_merchant(nora, product, slug, name="Nora Winter", password=PASSWORD)
    hosting.sign_as_agency(mei, product, contract, name="Mei Tan")

    sign_in(omar, product.address(path="/ops/work/"), login="omar@hutong.example", password=product.password())
    nora.goto(product.address(slug, "/manage/hosting/feed/"))
    accessible(nora)
    expect(nora.get_by_text("What the agency may do now, by your contract")).to_be_visible()
    task = hosting.open_task(omar, product, title="Refresh the deals", mall=mall)
    hosting.enter_from_task(omar, slug, person="Omar Haddad")
    change_deal(omar, product, slug)
    take_back(nora, product, slug)
    accessible(nora)
    pause_and_resume(nora, omar, product, slug, task)
    give_notice(nora, product, slug)
    end_at_once(visitor(desk=True), product, contract)
    refused(omar, product, slug)
    nora.reload()
    expect(nora.get_by_text(re.compile("^It ended on")).first).to_be_visible()
    expect(nora.get_by_text("The landlord has closed the house today").first).to_be_visible()
    expect(nora.get_by_role("heading", name="Hand-over", exact=True)).to_be_visible()
    accessible(nora)


def fresh(name: str) -> str:
    """Return a name that no mall has yet, so that a journey can be walked again on a product that runs."""
    return f"{name} {secrets.token_hex(2)}"


def draft_deal(page: Page, product: Product, slug: str) -> None:
    """The merchant has written a deal and not published it."""
    page.goto(product.address(slug, "/manage/deals/new/"))
    page.get_by_label("Title*").fill("Soup of the day")
    page.get_by_label("One sentence about it").fill("A bowl and bread.")
    page.get_by_label("Price (USD)*").fill("9.00")
    page.get_by_label("Units for sale*").fill("20")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_text("Soup of the day").first).to_be_visible()


def hosted_deals(mei: Page, product: Product, grace: Page, mall: str) -> str:
    """The agency sends a contract by which an operator looks after the deals each day; return its path."""
    hosting.four_modules(grace, product)
    sign_in(mei, product.address(path="/ops/"), login="mei@hutong.example", password=product.password())
    path = hosting.open_on_console(mei, product, mall)
    mei.goto(product.address(path=f"{path}quote/"))
    hosting.write_quote(mei, title="Deals looked after", module="Mall hosting")
    hosting.make_contract(mei, operator="Omar Haddad")
    hosting.promise_daily(mei, "Refresh the deals")
    return hosting.send(mei)


def change_deal(omar: Page, product: Product, slug: str) -> None:
    """The operator writes another title, under the banner."""
    omar.goto(product.address(slug, "/manage/deals/"))
    omar.get_by_role("link", name=re.compile("Soup of the day")).first.click()
    omar.get_by_label("Title*").fill("Soup of the week")
    omar.get_by_role("button", name=re.compile("^Save")).first.click()
    expect(omar.get_by_text("Soup of the week").first).to_be_visible()


def take_back(nora: Page, product: Product, slug: str) -> None:
    """The act comes into the open feed by itself, with person and clause; taken back, the deal is as it was."""
    act = nora.get_by_role("row", name=re.compile("Omar Haddad.*clause"))
    # The page asks every 15 s; nobody presses anything.
    expect(act.first).to_be_visible(timeout=30_000)
    act.get_by_role("link", name=re.compile("Take back")).first.click()
    nora.get_by_role("button", name=re.compile("Take")).click()
    expect(nora.get_by_text(re.compile("taken back by Nora", re.IGNORECASE)).first).to_be_visible()
    nora.goto(product.address(slug, "/manage/deals/"))
    expect(nora.get_by_text("Soup of the day").first).to_be_visible()
    expect(nora.get_by_text("Soup of the week")).to_have_count(0)


def pause_and_resume(nora: Page, omar: Page, product: Product, slug: str, task: str) -> None:
    """Paused, the operator's next click is refused, and so is coming again; let go on, the task leads in as before."""
    nora.goto(product.address(slug, "/manage/hosting/feed/"))
    nora.get_by_role("link", name="Pause the mandate").click()
    nora.get_by_role("button", name="Pause the mandate").click()
    expect(nora.get_by_text(re.compile("^Paused by")).first).to_be_visible()
    refused(omar, product, slug)
    omar.goto(product.address(path=task))
    omar.get_by_role("button", name="Open the place in the mall").click()
    expect(omar.get_by_text(re.compile("paused")).first).to_be_visible()
    nora.get_by_role("link", name="Let the agency go on").click()
    nora.get_by_role("button", name="Let it go on").click()
    expect(nora.get_by_role("link", name="Pause the mandate")).to_be_visible()
    omar.goto(product.address(path=task))
    hosting.enter_from_task(omar, slug, person="Omar Haddad")


def refused(omar: Page, product: Product, slug: str) -> None:
    """The operator's next click opens nothing of the back office."""
    omar.goto(product.address(slug, "/manage/deals/"))
    expect(omar.get_by_text("Soup of the day")).to_have_count(0)
    expect(omar.get_by_role("region", name="Agency access")).to_have_count(0)


def give_notice(nora: Page, product: Product, slug: str) -> None:
    """The merchant gives notice and reads when it is over; until then the agency goes on."""
    nora.goto(product.address(slug, "/manage/hosting/contract/"))
    nora.get_by_role("link", name="End the contract").click()
    expect(nora.get_by_text("not before the minimum term ends", exact=False)).to_be_visible()
    nora.get_by_label("Why?").fill("The daughter does it from now on")
    nora.get_by_role("button", name=re.compile("^(End|Give)")).click()
    expect(nora.get_by_text(re.compile("^It is over on")).first).to_be_visible()


def end_at_once(ada: Page, product: Product, contract: str) -> None:
    """An admin ends it for a grave reason, with a password once more."""
    sign_in(ada, product.address(path=contract), login="ada@hutong.example", password=product.password())
    ada.get_by_role("link", name="End it at once").click()
    hosting.confirm(ada, product.password())
    ada.get_by_label("Why?").fill("The landlord has closed the house today")
    ada.get_by_role("button", name=re.compile("^End")).click()
    ada.wait_for_url(f"**{contract}")
    expect(ada.get_by_role("heading", name="Hand-over", exact=True)).to_be_visible()


def test_from_a_lead_to_the_report_that_the_merchant_reads(
    product: Product, visitor: People, accessible: Check
) -> None:
    mei, omar, ravi = visitor(desk=True), visitor(desk=True), visitor()
    mall = fresh("Juniper House")
    slug, owner = mall.lower().replace(" ", "-"), f"ravi@{mall.split()[-1]}.example"
    hosting.four_modules(visitor(desk=True), product)
    sign_in(mei, product.address(path="/ops/leads/"), login="mei@hutong.example", password=product.password())
    lead = hosting.add_lead(mei, product, mall, owner=("Ravi Menon", owner))
    accessible(mei)
    hosting.open_mall(mei, slug)
    mei.get_by_role("link", name="Write a quote").click()
    hosting.write_quote(mei, title="Posts looked after", module="Social maintenance")
    hosting.make_contract(mei, operator="Omar Haddad")
    hosting.promise_daily(mei, "Write and publish a post")
    contract = hosting.send(mei)

    hosting.sign_in_by_code(ravi, product, owner)
    hosting.sign_as_merchant(ravi, product, slug, name="Ravi Menon")
    hosting.sign_as_agency(mei, product, contract, name="Mei Tan")
    mei.goto(product.address(path=lead))
    expect(mei.get_by_text(re.compile("^(Signed|Onboarding)$")).first).to_be_visible()

    sign_in(omar, product.address(path="/ops/work/"), login="omar@hutong.example", password=product.password())
    task = hosting.open_task(omar, product, title="Write and publish a post", mall=mall)
    hosting.enter_from_task(omar, slug, person="Omar Haddad")
    publish_front(omar, product, slug, "Juniper berries are in")
    finish(omar, product, task, link=product.address(slug))
    accessible(omar)

    hosting.let_the_week_pass(product)
    read_report(ravi, product, slug)
    accessible(ravi)


def publish_front(omar: Page, product: Product, slug: str, words: str) -> None:
    """The operator writes another heading on the mall's front and publishes it; everybody sees it."""
    omar.locator("[name=body-0-value-heading]").fill(words)
    omar.get_by_role("button", name="More actions").last.click()
    omar.get_by_role("button", name="Publish", exact=True).click()
    expect(omar.get_by_text("has been published").first).to_be_visible()
    omar.goto(product.address(slug))
    expect(omar.get_by_role("heading", name=words)).to_be_visible()


def finish(omar: Page, product: Product, task: str, *, link: str) -> None:
    """Without evidence it is not done; with the checklist, a link and a picture it is."""
    picture = omar.screenshot()
    omar.goto(product.address(path=task))
    omar.get_by_role("button", name="It is done").click()
    expect(omar.get_by_text(re.compile("^Not yet: ")).first).to_be_visible()
    while (left := omar.locator("#checklist button[aria-pressed=false]")).count():
        left.first.click()
        omar.wait_for_load_state()
    omar.goto(product.address(path=f"{task}?proof=link"))
    omar.get_by_label("Address").fill(link)
    omar.get_by_label("What is there").fill("The front with its new heading")
    omar.get_by_role("button", name="Keep as evidence").click()
    expect(omar.get_by_text("Kept as evidence.")).to_be_visible()
    omar.goto(product.address(path=f"{task}?proof=picture"))
    omar.get_by_label("Picture").set_input_files({"name": "front.png", "mimeType": "image/png", "buffer": picture})
    omar.get_by_label("What it shows").fill("The front on a desk")
    omar.get_by_role("button", name="Keep as evidence").click()
    expect(omar.get_by_text("Kept as evidence.")).to_be_visible()
    omar.get_by_role("button", name="It is done").click()
    expect(omar.get_by_text("Done by Omar Haddad")).to_be_visible()


def read_report(ravi: Page, product: Product, slug: str) -> None:
    """The week's report has come; it tells of the work, with its evidence."""
    report = ravi.get_by_role("link", name=re.compile("20[0-9][0-9]")).last

    def is_there() -> bool:
        ravi.goto(product.address(slug, "/manage/hosting/reports/"))
        return report.count() > 0

    eventually(is_there, "the report", patience_seconds=60)
    report.click()
    expect(ravi.get_by_role("heading", name="What came of it")).to_be_visible()
    done = ravi.get_by_text("Write and publish a post: 1 of", exact=False)
    expect(done).to_be_visible()
    done.click()
    expect(ravi.get_by_role("link", name="The front with its new heading")).to_be_visible()
    expect(ravi.get_by_role("link", name="The front on a desk")).to_be_visible()
    expect(ravi.get_by_text("Omar Haddad").first).to_be_visible()
