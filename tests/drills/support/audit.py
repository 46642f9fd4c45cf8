"""Compares what the clients saw, what the upstream served and what was recorded."""

from collections import defaultdict
from decimal import Decimal

from .script import decimal, price, script

FINDINGS = ("lost", "doubled", "mispriced", "invented", "unaccounted", "garbled")


class Audit:
    """The findings of one comparison, by kind."""

    def __init__(self, run, calls, upstream, records):
        self.found = defaultdict(list)
        self.records = [r for r in records if (r["end_user"] or "").startswith(run)]
        self.calls = calls
        by_marker, by_id = defaultdict(list), defaultdict(list)
        for record in self.records:
            by_marker[record["end_user"]].append(record)
            by_id[record["request_id"]].append(record)
        self._clients(by_marker, by_id)
        self._upstream(upstream, by_marker)
        for key, group in [*by_marker.items(), *by_id.items()]:
            if len(group) > 1:
                self.found["doubled"].append(f"{key}: {len(group)} records")
        for record in self.records:
            self._record(record, upstream)

    def _clients(self, by_marker, by_id):
        for seen in self.calls:
            if seen.fault.startswith(("garbled", "ended cleanly", "no terminator")):
                self.found["garbled"].append(f"{seen.marker} ({seen.route}): {seen.fault}")
            if not seen.ended:
                continue
            records = by_id.get(seen.request_id, [])
            settled = [r for r in records if r["status"] == "ok" and r["end_user"] == seen.marker]
            if not settled:
                there = records or by_marker.get(seen.marker, [])
                self.found["lost"].append(
                    f"{seen.marker} {seen.request_id} ended for the client; records: "
                    f"{[r['status'] for r in there]}"
                )

    def _upstream(self, upstream, by_marker):
        for marker in upstream.repeated:
            self.found["doubled"].append(f"{marker} was sent upstream twice")
        for marker in upstream.served:
            # The hold is on disk before the provider is called, so even a call that was cut off
            # by a kill leaves a record.
            if marker not in by_marker and marker != "nobody":
                self.found["unaccounted"].append(f"{marker} reached the upstream and has no record")

    def _record(self, record, upstream):
        marker = record["end_user"]
        served = upstream.served.get(marker)
        told = f"{marker} {record['request_id']} ({record['status']}, {record['endpoint']})"
        if record["status"] == "interrupted":
            if Decimal(record["price_usd"] or "0") != 0 or record["cost_usd"] is not None:
                self.found["mispriced"].append(f"{told}: interrupted, yet has a price")
            return
        if record["status"] != "ok":
            return
        if served is None or not served.ended:
            self.found["invented"].append(f"{told}: the upstream did not serve it to its end")
            return
        made = script(marker, served.dialect)
        wanted = {
            "input_tokens": made.input, "cached_input_tokens": made.cached,
            "cache_write_tokens": made.written, "output_tokens": made.output,
            "reasoning_tokens": made.reasoning, "usage_source": "provider",
            "price_usd": decimal(price(served.model, made)),
            "cost_usd": decimal(price(served.model, made)),
        }
        wrong = {k: (record[k], v) for k, v in wanted.items() if record[k] != v}
        if wrong:
            self.found["mispriced"].append(f"{told}: (recorded, right) {wrong}")

    @property
    def missing(self):
        """Whether something may only not have been recorded yet."""
        return bool(self.found["lost"] or self.found["unaccounted"])

    @property
    def clean(self):
        """Whether nothing was found."""
        return not any(self.found.values())

    def summary(self):
        """One line."""
        ended = sum(seen.ended for seen in self.calls)
        counts = ", ".join(f"{kind} {len(self.found[kind])}" for kind in FINDINGS)
        states = defaultdict(int)
        for record in self.records:
            states[record["status"]] += 1
        told = ", ".join(f"{state} {count}" for state, count in sorted(states.items()))
        return (
            f"{len(self.calls)} calls, {ended} ended, {len(self.records)} records ({told}): {counts}"
        )

    def details(self, most=5):
        """The first findings of each kind."""
        lines = []
        for kind in FINDINGS:
            lines += [f"  {kind}: {text}" for text in self.found[kind][:most]]
        return "\n".join(lines)


def totals_agree(report, records):
    """Whether a usage report is the exact sum of the records; gives what differs."""
    total = report["total"]
    sums = {
        "requests": len(records),
        "input_tokens": sum(r["input_tokens"] for r in records),
        "cached_input_tokens": sum(r["cached_input_tokens"] for r in records),
        "output_tokens": sum(r["output_tokens"] for r in records),
        "price_usd": sum(Decimal(r["price_usd"] or "0") for r in records),
    }
    wrong = {}
    for name, wanted in sums.items():
        stated = Decimal(total[name]) if name == "price_usd" else total[name]
        if stated != wanted:
            wrong[name] = (str(total[name]), str(wanted))
    return wrong
