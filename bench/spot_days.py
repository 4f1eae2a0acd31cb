#!/usr/bin/env python3
"""Is it worth waiting for a cheaper day of spot?  The shape of the week is learned from the first 60 % of each market's days; on the rest,
work waits up to three days for the day that this shape calls cheapest.  argv: the CSV (gz) of daily prices of AWS."""
import collections
import csv
import datetime
import gzip
import statistics
import sys

PATH = "../shared/data/offers/aws_gpu_price_daily_2022-12_2024-04.csv.gz"


def markets(path):
    rows = collections.defaultdict(dict)
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            if float(row["spot_price_usd_h"] or 0) > 0:
                rows[row["instance_type"], row["region"], row["zone"]][row["date"][:10]] = float(row["spot_price_usd_h"])
    return [sorted(days.items()) for days in rows.values() if len(days) >= 200]


def shape(days):
    """Mean of price to the mean of the week around it, by weekday."""
    parts = collections.defaultdict(list)
    for i, (date, price) in enumerate(days):
        around = [p for _, p in days[max(0, i - 3):i + 4]]
        parts[datetime.date.fromisoformat(date).weekday()].append(price / statistics.mean(around))
    return {day: statistics.mean(part) for day, part in parts.items()}


def savings(days):
    cut = len(days) * 6 // 10
    week, paid, waited, known = shape(days[:cut]), 0, 0, 0
    for i in range(cut, len(days) - 3):
        weekday = datetime.date.fromisoformat(days[i][0]).weekday()
        wait = min((week.get((weekday + j) % 7, 1), j) for j in range(4))[1]
        paid += days[i][1]
        waited += days[i + wait][1]
        known += min(price for _, price in days[i:i + 4])
    return 100 * (1 - waited / paid), 100 * (1 - known / paid)


each = [savings(days) for days in markets(sys.argv[1] if len(sys.argv) > 1 else PATH)]
learned, known = zip(*each)
print(f"{len(each)} spot markets, waiting up to three days: saved, median of markets")
print(f"by the week as learned {statistics.median(learned):6.2f} %  ({100 * sum(s > 0 for s in learned) / len(each):.0f} % of the markets gain)")
print(f"with the future known  {statistics.median(known):6.2f} %")
