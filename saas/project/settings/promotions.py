"""Promotions: when a second person is asked, and how often codes may be tried."""

from environs import Env

env = Env()
# The most of the platform's own money, in minor units, that one person of the agency may offer in a promotion.
PROMOTION_SECOND_PERSON_MINOR = env.int("HUTONG_PROMOTION_SECOND_PERSON_MINOR", 50_000)
# The same for a currency of its own ("jpy=75000").
PROMOTION_SECOND_PERSON_BY_CURRENCY: dict[str, int] = env.dict(
    "HUTONG_PROMOTION_SECOND_PERSON_BY_CURRENCY", {}, subcast_values=int
)
# Codes that one address may try in a mall before it is asked to wait (V13).
PROMOTION_CODE_RATE = env.str("HUTONG_PROMOTION_CODE_RATE", "30 per 10 minutes")
