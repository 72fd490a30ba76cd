"""What the agency and a merchant do on the way to a signed contract, for the journeys of hosting."""

import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.billing.sandbox.process import eventually
from tests.journeys.product import Product
from tests.journeys.test_whole_path import sign_in


def add_modules(page: Page, product: Product) -> None:
    """A manager puts the trade's four modules into the catalogue, where they are missing."""
    page.goto(product.address(path="/ops/templates/"))
    add = page.get_by_role("button", name=re.compile("Add the trade"))
    if add.count():
        add.first.click()
    expect(page.get_by_role("link", name="Write and publish a post")).to_be_visible()


def four_modules(grace: Page, product: Product) -> None:
    """The manager signs in and sees to it that the catalogue has the trade's modules."""
    sign_in(grace, product.address(path="/ops/"), login="grace@hutong.example", password=product.password())
    add_modules(grace, product)


def add_lead(page: Page, product: Product, name: str, *, owner: tuple[str, str]) -> str:
    """Note a business, who decides there and a visit; return the path of the lead."""
    page.goto(product.address(path="/ops/leads/add/"))
    page.get_by_label("Business").fill(name)
    page.get_by_label("Trade").select_option("restaurant")
    page.get_by_label("Worth each month").fill("600")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Add one").click()
    page.get_by_label("Name").fill(owner[0])
    page.get_by_label("Part in the decision").select_option("decides")
    page.get_by_label("E-mail").fill(owner[1])
    page.get_by_role("button", name="Save").click()
    page.get_by_label("What was said").fill("Wants the front kept fresh")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Visited").first).to_be_visible()
    return str(re.sub(r"^http://[^/]+", "", page.url))


def open_mall(page: Page, slug: str) -> None:
    """Open a mall for the lead whose page is open; the owner is who decides there."""
    page.get_by_role("link", name="Open a mall for this lead").click()
    page.get_by_label("Address", exact=True).fill(slug)
    page.get_by_label("Time zone").select_option("America/Los_Angeles")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Write a quote")).to_be_visible(timeout=60_000)


def sign_in_by_code(page: Page, product: Product, email: str) -> None:
    """An owner without a password follows the mail that the mall is open, and comes in by a code."""
    page.goto(mailed(product, email, r"http://\S+/account/login/\S+"))
    page.get_by_role("link", name="Send me a code").click()
    page.get_by_label("E-mail address or phone number").fill(email)
    page.get_by_role("button", name="Send the code").click()
    page.locator("[name=code]").fill(mailed(product, email, r"^[0-9]{6}$"))
    page.locator("[name=code]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def mailed(product: Product, email: str, pattern: str) -> str:
    """Wait for what a pattern finds in the mails to an address."""
    found: list[str] = []

    def came() -> bool:
        texts = [mail["text"] for mail in product.messages(email)]
        found.extend(match.group(0) for text in texts if (match := re.search(pattern, text, re.MULTILINE)))
        return bool(found)

    eventually(came, f"a mail to {email}", patience_seconds=60)
    return found[-1]


def let_the_week_pass(product: Product) -> None:
    """Ask, as three days after the next Monday, which reports are due; the worker makes them."""
    product.shell(
        "from datetime import timedelta; from saas.kernel import clock; from ops_console.reports import issuing; now = clock.now();"
        "print(issuing.issue_due(now=now + timedelta(days=10 - now.weekday())))"
    )


def confirm(page: Page, password: str) -> None:
    """Give the password once more, before something that binds."""
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Confirm", exact=True).click()


def open_on_console(page: Page, product: Product, mall: str) -> str:
    """Find a mall by its name on the console and return the path of its page."""
    page.goto(product.address(path=f"/ops/malls/?q={mall}"))
    page.get_by_role("link", name=mall).first.click()
    page.wait_for_url(re.compile(r"/ops/malls/[^/?]+/$"))
    return str(re.sub(r"^http://[^/]+", "", page.url))


def write_quote(page: Page, *, title: str, module: str) -> None:
    """Quote one module by its monthly price, on the form that is open."""
    page.get_by_label("Title").fill(title)
    page.get_by_label(re.compile(f"{module}: .*month")).check()
    page.get_by_role("button", name="Make the quote").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def make_contract(page: Page, *, operator: str) -> None:
    """Make a draft of the quote that is open: from today on, its tasks for an operator."""
    # The form proposes a week after the mall's today.
    proposed = date.fromisoformat(page.get_by_label("Begins on").input_value())
    page.get_by_label("Begins on").fill((proposed - timedelta(days=7)).isoformat())
    page.get_by_label("Tasks fall to").select_option(label=operator)
    page.get_by_role("button", name="Make the contract").click()
    page.wait_for_url("**/ops/contracts/*/")


def promise_daily(page: Page, title: str) -> None:
    """Change a clause of the draft that is open so that it falls due each day, from midnight on."""
    row = page.get_by_role("row", name=re.compile(title))
    row.get_by_role("link", name=re.compile("Change")).click()
    page.get_by_label("How often").select_option("daily")
    page.get_by_label("Opens at").fill("00:00")
    page.get_by_label("Due after, hours").fill("48")
    page.get_by_label("On public holidays").select_option("keep")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name=re.compile(title)).get_by_text("each day", exact=False)).to_be_visible()


def send(page: Page) -> str:
    """Send the draft that is open to the merchant and return the contract's path."""
    page.get_by_role("button", name="Send to the merchant").click()
    expect(page.get_by_text(re.compile("Waits for the merchant, until"))).to_be_visible()
    return str(re.sub(r"^http://[^/]+", "", page.url))


def sign_as_merchant(page: Page, product: Product, slug: str, *, name: str, password: str = "") -> None:
    """Read what waits under Hosting, and sign it; a password, where there is one, is asked for once more."""
    page.goto(product.address(slug, "/manage/hosting/"))
    page.get_by_role("link", name="Read it").click()
    expect(page.get_by_text(re.compile("^SHA-256 [0-9a-f]{64}$"))).to_be_visible()
    page.get_by_role("link", name="Go on to sign").click()
    if password:
        confirm(page, password)
    page.get_by_label("Your full name").fill(name)
    page.get_by_label("I have read the text and agree to it").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("The agency signs next").first).to_be_visible()


def sign_as_agency(page: Page, product: Product, contract: str, *, name: str) -> None:
    """Sign for the agency, the second signature, which sets all going."""
    page.goto(product.address(path=contract))
    page.get_by_role("link", name="Sign for the agency").click()
    confirm(page, product.password())
    page.get_by_label("Your full name").fill(name)
    page.get_by_label("I have read the text and agree to it").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    page.wait_for_url(f"**{contract}")
    eventually(lambda: is_active(page), "the contract to begin", patience_seconds=60)


def is_active(page: Page) -> bool:
    """Tell whether the contract whose page is open has begun; its worker does that."""
    page.reload()
    return page.get_by_text("Active", exact=True).count() > 0


def open_task(page: Page, product: Product, *, title: str, mall: str) -> str:
    """Find one's task on My work and return its path."""
    page.goto(product.address(path="/ops/work/"))
    row = page.locator(".task-row").filter(has_text=mall).filter(has_text=title)
    row.get_by_role("link", name=title).first.click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    return str(re.sub(r"^http://[^/]+", "", page.url))


def enter_from_task(page: Page, slug: str, *, person: str) -> None:
    """Go from the task into the mall; the banner names the person and the clause."""
    page.get_by_role("button", name="Open the place in the mall").click()
    page.wait_for_url(f"http://{slug}.localhost:**")
    expect(page.get_by_role("region", name="Agency access")).to_contain_text(person)
    expect(page.get_by_role("region", name="Agency access")).to_contain_text("clauses")
