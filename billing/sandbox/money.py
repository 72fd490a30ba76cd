"""Currencies as Stripe counts them. A table of its own: the sandbox must not agree with the product by sharing its code."""

ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())
TWO_DECIMAL = frozenset(
    "aed ars aud bgn brl cad chf cny cop czk dkk egp eur gbp gel hkd huf idr ils inr isk kes mad mop mxn myr nok nzd pen "
    "php pkr pln qar ron rsd sar sek sgd thb try twd uah ugx usd uyu zar".split()
)
SMALLEST = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "cny": 400, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50,
    "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
"""Smallest charge in minor units."""
LARGEST = 99_999_999
STEPS = {"isk": 100, "ugx": 100} | dict.fromkeys(THREE_DECIMAL, 10)
"""What amounts must be divisible by, where it is not 1."""
FIXED_FEE = {"eur": 25, "gbp": 20, "hkd": 235, "jpy": 0, "sgd": 50, "myr": 100}
SYMBOLS = {
    "usd": "$",
    "eur": "€",
    "gbp": "£",
    "cny": "CN¥",
    "jpy": "¥",
    "hkd": "HK$",
    "sgd": "S$",
    "aud": "A$",
    "cad": "CA$",
}
ALIPAY = frozenset("aud cad cny eur gbp hkd jpy myr nzd sgd usd".split())
"""Currencies in which Alipay is offered."""
WECHAT = frozenset("aud cad chf cny dkk eur gbp hkd jpy nok sek sgd usd".split())
"""Currencies in which WeChat Pay is offered."""


def is_known(currency: str) -> bool:
    """Say whether Stripe charges in this currency."""
    return currency in ZERO_DECIMAL or currency in THREE_DECIMAL or currency in TWO_DECIMAL


def exponent(currency: str) -> int:
    """Return how many decimals the minor unit has: 0, 2 or 3."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def smallest(currency: str) -> int:
    """Return the smallest amount that may be charged, in minor units."""
    return SMALLEST.get(currency, {0: 50, 2: 50, 3: 500}[exponent(currency)])


def step(currency: str) -> int:
    """Return what amounts that are charged or refunded must be divisible by."""
    return STEPS.get(currency, 1)


def fee_minor(amount_minor: int, currency: str) -> int:
    """Return the processing fee: 2.9 % rounded half up, and a fixed part; never more than the amount."""
    fixed = FIXED_FEE.get(currency, {0: 30, 2: 30, 3: 300}[exponent(currency)])
    return min(amount_minor, (amount_minor * 29 + 500) // 1000 + fixed)


def shown(amount_minor: int, currency: str) -> str:
    """Return the amount as a person reads it, such as `$12.50` or `KWD 1.250`."""
    places = exponent(currency)
    sign, amount = ("-" if amount_minor < 0 else ""), abs(amount_minor)
    whole, part = divmod(amount, 10**places)
    digits = f"{whole:,}" + (f".{part:0{places}d}" if places else "")
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{currency.upper()} {digits}"
