"""Hosted operation: the agency's name on paper, and how long merchants have to answer."""

from environs import Env

env = Env()
# Who signs for the agency, as contracts name it.
AGENCY_NAME = env.str("HUTONG_AGENCY_NAME", "Hutong Lane Agency")
# A hosting contract runs at least so many months.
HOSTING_MINIMUM_MONTHS = env.int("HUTONG_HOSTING_MINIMUM_MONTHS", 3)
# Days in which a contract can be signed after it was sent, and days after which the merchant is reminded.
HOSTING_ANSWER_DAYS = env.int("HUTONG_HOSTING_ANSWER_DAYS", 14)
HOSTING_REMIND_DAYS = env.int("HUTONG_HOSTING_REMIND_DAYS", 5)

# Days after which a question for a second yes that nobody answered lapses.
SECOND_YES_DAYS = env.int("HUTONG_SECOND_YES_DAYS", 7)

# Days after which an offer to a merchant (commission terms, promotion codes, packages) that nobody answered is withdrawn by itself.
OFFER_DAYS = env.int("HUTONG_OFFER_DAYS", 30)
# Days after which a merchant is reminded of a change that an audit asks for, once for each time that it asks.
AUDIT_REMIND_DAYS = env.int("HUTONG_AUDIT_REMIND_DAYS", 7)

# What stands in "My work" beside the tasks: callables (person, whose, words) -> steps, each with title, mall, href, until and heading.
WORK_BESIDE = ["ops_console.contracts.steps.to_do", "ops_console.contracts.steps.without_card"]
# What waits for somebody, on the console's overview: callables () -> `ops_console.portfolio.queries.Waits`, shown to whose roles open it.
OVERVIEW_BESIDE = [
    "ops_console.work.waiting.on_overview",
    "ops_console.contracts.waiting.on_overview",
    "ops_console.reports.waiting.on_overview",
]
# What wants the merchant's look, on the back office's Today: callables () -> `cms.backoffice.today.queries.Alert`, called in the mall.
TODAY_BESIDE = ["ops_console.contracts.waiting.on_today", "ops_console.mandates.asked.on_today"]
# What a task is called, for the mall's feed of what the agency did; see ops_console.mandates.feed.
TASK_TITLES = "ops_console.work.queries.titles"

# Where a merchant answers for a task that waits, other than on the page of questions: a callable (public ids) -> addresses by id.
WORK_ANSWERED_AT = "ops_console.posts.queries.answered_at"

# Who reads and shows the pages of deals for their audit: a `storefront.deals.pages.Pages`.
DEAL_PAGES = "cms.pages.audited.PAGES"
