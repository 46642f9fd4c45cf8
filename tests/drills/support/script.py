"""What is said and counted in a call, derived from the call's marker alone.

Client, upstream and audit compute it independently, so none has to believe another.
"""

import hashlib
from dataclasses import dataclass

MILLION = 1_000_000
NANOS = 1_000_000_000

# US dollars per million tokens in nano-dollars, by the model's name at the provider. The gateway
# has gpt-4o's from its price book and the others from the drill's configuration; those of
# drill-small are too fine for whole nano-dollars a token, so rounding shows.
PRICES = {
    "gpt-4o": {"input": 2_500_000_000, "cached_input": 1_250_000_000, "output": 10_000_000_000},
    "drill-small": {"input": 37_500_000, "cached_input": 9_370_000, "output": 150_125_000},
    "claude-drill": {
        "input": 3_000_000_000,
        "cached_input": 300_000_000,
        "cache_write": 3_750_000_000,
        "output": 15_000_000_000,
    },
}


@dataclass(frozen=True)
class Script:
    """How one call goes."""

    words: tuple
    first: float
    gap: float
    input: int
    cached: int
    written: int
    output: int
    reasoning: int

    @property
    def text(self):
        """The whole answer."""
        return "".join(self.words)


def script(marker, dialect):
    """The script of a call that goes upstream in this dialect."""
    seed = hashlib.sha256(marker.encode()).digest()
    number = lambda at, below: int.from_bytes(seed[at : at + 3], "big") % below
    total = 5 + number(0, 4000)
    cached = number(3, total) if seed[6] % 2 else 0
    written = number(7, total - cached) if dialect == "messages" and seed[10] % 3 == 0 else 0
    output = 1 + number(11, 300)
    count = 2 + number(14, 7)
    return Script(
        words=tuple([f"{marker} says:"] + [f" wörd-{n}" for n in range(count)]),
        first=number(17, 30) / 1000,
        # Slow enough that a client which leaves does so in the middle.
        gap=0.08 if marker.endswith("-leaves") else number(20, 14) / 1000,
        input=total,
        cached=cached,
        written=written,
        output=output,
        reasoning=number(23, output) if dialect != "messages" and seed[26] % 2 else 0,
    )


def price(model, made):
    """The exact price in nano-dollars: one division a call, half to even."""
    unit = PRICES[model]
    plain = made.input - made.cached - made.written
    product = (
        plain * unit["input"]
        + made.cached * unit["cached_input"]
        + made.written * unit.get("cache_write", 0)
        + made.output * unit["output"]
    )
    whole, rest = divmod(product, MILLION)
    if rest * 2 > MILLION or (rest * 2 == MILLION and whole % 2):
        whole += 1
    return whole


def decimal(nanos):
    """As usage records spell it."""
    return f"{nanos // NANOS}.{nanos % NANOS:09d}"
