"""fake_supply.py - the part of the FAKE service that buys: invented offers, suppliers, orders, forecasts, plans and costs.

The shapes are those of src/api/openapi.yaml; nothing here is measured, every number is made up.
"""
import math
import time
from datetime import datetime, timezone

HOUR, DAY = 3600, 86400
HOSTILE = '<img src=x onerror="document.title=\'owned\'">'
KINDS = ("h100-sxm-80g", "a100-80g")


def iso(t):
    return None if t is None else datetime.fromtimestamp(t, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def offer(supplier, instance, kind, count, contract, usd, **more):
    base = {"supplier": supplier, "instance": instance, "accelerator": kind, "accelerators": count, "accelerator_mem_mib": 81920, "cpu_milli": 96000, "mem_mib": 983040, "region": "eu-north", "zone": None,
            "contract": contract, "price_uusd_per_hour": int(usd * 1e6), "upfront_uusd": 0, "term_us": 0, "lead_time_us": 0, "min_term_us": 0, "capacity": 0, "min_count": 0, "away_milli": 0, "reclaims_per_khour": 0, "watts": 0, "carbon_g_per_kwh": 0}
    return {**base, **more}


OFFERS = [offer("north", "h8-hour", KINDS[0], 8, "on_demand", 25.6, lead_time_us=90 * 1000000), offer("north", "h8-year", KINDS[0], 8, "reserved", 14.4, term_us=8760 * HOUR * 1000000),
          offer("south", "h8-spot", KINDS[0], 8, "spot", 11.2, region="us-east", reclaims_per_khour=31), offer("south", "a8-hour", KINDS[1], 8, "on_demand", 12.0, region="us-east"),
          offer("south", "a8-year", KINDS[1], 8, "reserved", 6.4, region="us-east", term_us=8760 * HOUR * 1000000), offer("rack", "own-h8", KINDS[0], 8, "owned", 1.9, upfront_uusd=252000 * 10**6, term_us=3 * 8760 * HOUR * 1000000, lead_time_us=21 * DAY * 1000000),
          offer(HOSTILE, HOSTILE, KINDS[1], 4, "on_demand", 7.1, region=HOSTILE)] + [offer("west", f"l4-{i}", "l40s", 4, "on_demand", 3.2 + i / 20) for i in range(40)]


class Supply:
    """What the fake knows of supply, demand and money."""

    def __init__(self):
        self.now = time.time()
        self.orders = self.make_orders()
        self.plans = self.make_plans()

    # Offers and suppliers -------------------------------------------------------------------------

    def offer_view(self, i):
        o = OFFERS[i]
        hours = o["term_us"] / 1e6 / HOUR
        each = (o["price_uusd_per_hour"] + (o["upfront_uusd"] / hours if hours else 0)) / o["accelerators"]
        return {**o, "id": str(i + 1), "listed": True, "bundled": i > 6, "uusd_per_device_hour": int(each), "first_seen": iso(self.now - 200 * DAY), "changed": iso(self.now - (i % 9) * DAY)}

    def offer_list(self, query):
        found = [self.offer_view(i) for i in range(len(OFFERS))]
        for key in ("supplier", "region", "contract"):
            if key in query:
                found = [o for o in found if o[key] == query[key]]
        if "accelerator" in query:
            found = [o for o in found if query["accelerator"].lower() in o["accelerator"]]
        if "max_uusd_per_device_hour" in query:
            found = [o for o in found if o["uusd_per_device_hour"] <= int(query["max_uusd_per_device_hour"])]
        if query.get("sort") == "price":
            found.sort(key=lambda o: o["uusd_per_device_hour"])
        at, limit = int(query.get("cursor", 0)), int(query.get("limit", 100))
        return {"items": found[at:at + limit], "total": len(found), "next": str(at + limit) if at + limit < len(found) else None}

    def history(self, i):
        price = OFFERS[i]["price_uusd_per_hour"]
        return {"id": str(i + 1), "points": [{"time": iso(self.now - (160 - d) * DAY), "uusd_per_hour": int(price * (1.35 - d / 460 + 0.08 * math.sin(d / 9 + i)))} for d in range(0, 160, 8)]}

    def clusters(self):
        def cluster(name, **more):
            base = {"name": name, "kind": "slurm", "state": "up", "reason": "", "since": iso(self.now - DAY), "site": "home", "region": "", "nodes": 4, "nodes_up": 4, "devices": 32, "devices_ours": 11, "devices_others": 6,
                    "devices_free": 15, "cpu_milli": 256000, "cpu_used_milli": 90000, "tasks": 11, "uusd_per_hour": 64000000, "health_milli": 980, "version": "slurm 22.05.8 (commands)", "answered": iso(self.now - 3),
                    "answer_us": 40000, "others_run": 6, "others_wait": 2, "ours_run": 9, "ours_wait": 2, "wait_us": 14000000, "trust_milli": 1000}
            return {**base, **more}
        return {"items": [cluster("", kind="local", version=None, answered=None, wait_us=None), cluster("berlin", site="berlin"),
                          cluster("far", state="silent", reason=HOSTILE, site=HOSTILE, nodes_up=0, devices_free=0, health_milli=410)], "next": None}

    def suppliers(self):
        policy = {"max_uusd_per_hour": 0, "max_uusd": 0, "period": "month"}
        return {"items": [{"name": n, "kind": k, "url": None, "machines_file": None, "secret_file": None, "join": None, "bootstrap_file": None, "timeout_us": 30000000, "paused": n == "south", "argv": [], "policy": policy} for n, k in (("north", "exec"), ("south", "http"), ("rack", "owned"))], "next": None}

    def ranking(self, query):
        names = ("price", "lead", "broken", "refused", "preemptions", "faults", "performance", "concentration")
        weights = dict(zip(names, (0.3, 0.1, 0.2, 0.05, 0.05, 0.1, 0.1, 0.1)))
        ranked = []
        for rank, (name, i, score, wide) in enumerate((("north", 1, 0.81, 0.05), ("south", 2, 0.64, 0.13), ("rack", 5, 0.57, 0.22), (HOSTILE, 6, 0.31, 0.28)), 1):
            o = self.offer_view(i)
            criteria = {c: {"value": 0.2 * k + rank, "low": 0.15 * k + rank * 0.8, "high": 0.3 * k + rank * 1.3, "measured": 0 if rank > 2 or k == 0 else 12 * k, "told": 0.5, "prior": 0.4, "prior_weight": 3, "normal": 0.4, "weighted": weights[c] * score} for k, c in enumerate(names)}
            ranked.append({"rank": rank, "supplier": name, "score": score, "low": max(0, score - wide), "high": min(1, score + wide), "rank_low": max(1, rank - (rank > 2)), "rank_high": min(4, rank + (rank > 1 and rank < 4)), "best": (0.86, 0.1, 0.04, 0)[rank - 1],
                           "instance": o["instance"], "region": o["region"], "contract": o["contract"], "uusd_per_device_hour": o["uusd_per_device_hour"], "to_best": 0.2, "to_worst": 0.6, "criteria": criteria})
        if "accelerator" in query and query["accelerator"].lower() not in "h100-sxm-80g a100-80g":
            ranked = []
        return {"method": query.get("method", "topsis"), "level": 0.9, "weights": weights, "suppliers": ranked}

    # Orders ---------------------------------------------------------------------------------------

    def make_orders(self):
        orders = {}
        for id, (state, i, count, age, cost, reason) in enumerate((("released", 2, 2, 20 * DAY, 5230_120000, ""), ("rejected", 6, 1, 9 * DAY, 12_400000, f"came with 2 of 4 devices: {HOSTILE}"), ("cancelled", 3, 4, 6 * DAY, 0, "cancelled by anna"),
                                                                    ("active", 1, 2, 5 * DAY, 3382_912345, ""), ("ordered", 5, 1, 2 * DAY, 0, ""), ("planned", 4, 9, 2 * HOUR, 0, "")), 1):
            created, path = self.now - age, ("planned", "approved", "ordered", "delivered", "active", "released")
            reached = {"rejected": 3, "cancelled": 1}.get(state, path.index(state) if state in path else 0)
            at = [created, created + 1800, created + 1830, created + 1830 + 4 * HOUR, created + 1830 + 4.2 * HOUR]
            when = [iso(t) if k <= reached else None for k, t in enumerate(at)]
            over = state in ("released", "rejected", "cancelled")
            delivered = count if when[3] else 0
            orders[str(id)] = {"id": str(id), "key": f"00000000-0000-4000-8000-00000000000{id}", "state": state, "cause": {"released": "expired", "rejected": "inspection", "cancelled": "user"}.get(state), "supplier": OFFERS[i]["supplier"], "project": None, "plan": "1" if id in (4, 5) else None,
                               "count": count, "delivered": delivered, "lost": 0, "leaving": False, "max_uusd_per_hour": OFFERS[i]["price_uusd_per_hour"], "node": None, "reference": f"ref-{id}", "reason": reason or None, "approved_by": "boris" if reached else None, "cost_uusd": cost, "accrued_uusd": cost + cost // 50,
                               "idle_uusd": cost // 7, "cash_uusd": cost, "created": when[0], "approved": when[1], "ordered": when[2], "promised": iso(self.now + 19 * DAY) if state == "ordered" else iso(at[2] + 3 * HOUR), "wanted": None, "delivered_at": when[3], "active_at": when[4],
                               "until": iso(created + 30 * DAY), "ended": iso(created + 12 * DAY if state == "released" else at[reached] + 600) if over else None, "booked_until": when[4], "offer": {k: v for k, v in OFFERS[i].items()}}
        return orders

    def order_detail(self, order):
        verdict = {"active": "accepted", "released": "accepted", "rejected": "2 devices, 4 were ordered"}.get(order["state"])
        story = [{"time": order[k], "kind": name, "by": "anna" if name == "planned" else None, "text": text} for k, name, text in (("created", "planned", "made by hand"), ("approved", "approved", "as discussed"), ("ordered", "ordered", "the supplier took it"), ("delivered_at", "delivered", "came 64 min late"), ("active_at", "active", "in the pool")) if order[k]]
        return {**order, "instances": [{"slot": s, "id": f"i-{order['id']}{s}", "address": "10.0.4.7", "gone": None, "verdict": verdict, "report": None} for s in range(order["delivered"])], "story": story,
                "used": [{"project": "nlp", "uusd": order["cost_uusd"] * 4 // 7}, {"project": "vision", "uusd": order["cost_uusd"] * 2 // 7}] if order["cost_uusd"] else []}

    # Demand, plans, cost --------------------------------------------------------------------------

    def need(self, t, k):
        return max(0, (26, 9)[k] + (9, 4)[k] * math.sin(t / DAY * 2 * math.pi - 1) + 5 * math.sin(t / DAY / 7 * 2 * math.pi) + 2 * math.sin(t / 1300.0 + k))

    def forecast(self, query):
        begin, horizon, past = int(self.now // HOUR) * HOUR, int(query.get("horizon", 24)), int(query.get("history", 168))
        series = []
        for k, name in enumerate((*KINDS, HOSTILE)):
            k = min(k, 1)
            def point(i):
                mean, wide = self.need(begin + i * HOUR, k), 2 + math.sqrt(i + 1) * (0.9, 0.5)[k]
                return {"time": iso(begin + i * HOUR), "mean": mean, "lo80": max(0, mean - wide), "hi80": mean + wide, "lo95": max(0, mean - 1.7 * wide), "hi95": mean + 1.7 * wide}
            short = name == HOSTILE
            series.append({"name": name, "model": "seasonal naive" if short else "combination", "points": [point(i) for i in range(horizon)], "history": [{"time": iso(begin + i * HOUR), "value": None if i in (-90, -91) else max(0, self.need(begin + i * HOUR, k) + math.sin(i * 7) * 1.5)} for i in range(-past, 0)],
                           "backtest": {"origins": 0 if short else 14, "wape": None if short else 0.083, "naive_wape": None if short else 0.121, "mase": None if short else 0.71, "coverage80": None if short else 0.79, "coverage95": None if short else 0.95},
                           "models": [] if short else [{"name": "ets", "weight": 0.44, "wape": 0.091}, {"name": "theta", "weight": 0.33, "wape": 0.095}, {"name": "harmonic", "weight": 0.23, "wape": 0.104}], "values": past, "gaps": 2, "outliers": 1, **({} if short else {"shift": {"time": iso(begin - 9 * DAY)}})})
        return {"measure": query.get("measure", "asked"), "computed": iso(self.now), "series": series, "seconds": 0.21}

    def make_plans(self):
        plans = {}
        for id, (state, cost) in enumerate((("applied", 18422_000000), ("rejected", 30110_000000), ("draft", 21877_410000)), 1):
            decided = iso(self.now - (5 - id) * DAY) if state != "draft" else None
            plans[str(id)] = {"id": str(id), "state": state, "orders": 2, "cost_uusd": cost, "horizon_hours": 672, "created": iso(self.now - (6 - id) * DAY), "created_by": "anna", "decided": decided, "decided_by": "boris" if decided else "", "applied": decided if state == "applied" else None,
                              "remark": HOSTILE if state == "rejected" else ""}
        return plans

    def plan_document(self):
        begin, n = int(self.now // DAY + 1) * DAY, 28
        means = [[sum(self.need(begin + t * DAY + h * HOUR, k) for h in range(24)) / 24 for t in range(n)] for k in (0, 1)]
        bands = [[[m, max(0, m - 3 - t / 9), m + 3 + t / 7] for t, m in enumerate(means[k])] for k in (0, 1)]
        held, bought = [8.0] * n, [0.0] * 2 + [16.0] * (n - 2)
        rest = [max(0, means[0][t] + means[1][t] - held[t] - bought[t]) for t in range(n)]
        def short(i, **more):
            o = OFFERS[i]
            return {"supplier": o["supplier"], "instance_type": o["instance"], "accelerator": o["accelerator"], "accelerator_count": o["accelerators"], "contract": o["contract"], "region": o["region"], "price_usd_h": o["price_uusd_per_hour"] / 1e6, **more}
        committed = [b / 8 * 14.4 * 24 for b in bought]
        recourse = [r / 8 * 15 * 24 for r in rest]
        orders = [short(1, offer=1, count=1, order_after_hours=0, start=2, end=n, cost=8985.6, cash=8985.6, order_time=iso(begin), start_time=iso(begin + 2 * DAY)), short(4, offer=4, count=1, order_after_hours=0, start=2, end=n, cost=3993.6, cash=3993.6, order_time=iso(begin), start_time=iso(begin + 2 * DAY))]
        return {"history_hours": 912, "begin": iso(begin), "period_hours": 24, "orders": orders, "cost": sum(committed + recourse), "committed": sum(committed), "recourse": sum(recourse), "unmet_cost": 0, "over_budget_cost": 0, "carbon_cost": 0, "carbon_kg": 0, "lower_bound": 21860.2, "upper_bound": 21877.41,
                "gap": 0.00079, "proven": True, "unmet": 0.0, "unmet_worst": 0.002, "seconds": 0.8, "recourse_offers": [short(2, instance_hours=311.5, cost=3488.8), short(0, instance_hours=48.2, cost=1233.9)],
                "periods": [{"time": iso(begin + t * DAY), "demand": means[0][t] + means[1][t], "devices": held[t] + bought[t], "unmet": 0, "committed": committed[t], "recourse": recourse[t]} for t in range(n)],
                "runners_up": [short(5, order=0, too_dear_by_usd_per_device_hour=0.21), {**short(6, order=1, too_dear_by_usd_per_device_hour=0.98)}], "binds": [{"limit": "supplier_share", "supplier": "north", "gain": 41.2}, {"limit": "capacity", "supplier": "south", "instance_type": "h8-spot", "gain": 118.0}],
                "waits": [{"class": KINDS[0], "wait_hours": 48, "share": 0.2, "unit_hours_put_off": 36.0, "put_off": [0, 1.5] + [0.0] * (n - 2), "caught_up": [0, 0, 1.5] + [0.0] * (n - 3)}], "waiting_cost": 0.04,
                "what_if": [{"what": "all prices 20 % higher", "upper_bound": 25930.1, "unmet": 0, "orders": 3}], "forecasts": [{"class": k, "periods": bands[i]} for i, k in enumerate(KINDS)],
                "supply": [{"source": "held", "contract": "owned", "devices": held}, {"source": "ordered", "contract": "reserved", "devices": bought}, {"source": "as_needed", "contract": "on_demand", "devices": [0.3 * r for r in rest]}, {"source": "as_needed", "contract": "spot", "devices": [0.7 * r for r in rest]}], "asks": []}

    def report(self, query):
        counts = {"orders": 3, "delivered": 2, "late": 1, "refused": 0, "rejected": 1, "reclaimed": 0, "approved_uusd": 4100_000000, "cost_uusd": 3382_912345}
        classes = [{"class": k, "days": 7 - 7 * i, "asked_device_hours": 4100.5 / (i + 1), "forecast_device_hours": 3980.1 / (i + 1), "wape": 0.09, "as_now_wape": 0.14, "coverage80": 0.77, "correction": {"factor": 1.03, "width": 1.1, "days": 7 - 7 * i}} for i, k in enumerate(KINDS)]
        return {"period": query.get("period", "week"), "from": iso(self.now - 7 * DAY), "to": iso(self.now), "seconds": 0.1, "demand": {"history_hours": 912, "left_out": 0, "classes": classes},
                "plans": [{"plan": "1", "applied": iso(self.now - 5 * DAY), "planned_uusd": 3900_000000, **counts}, {"plan": None, "applied": None, "planned_uusd": None, **counts}],
                "suppliers": [{"supplier": n, **counts, "promised_lead_s": 10800.0, "lead_s": 14640.0, "score": s, "score_before": s - 0.04} for n, s in (("north", 0.81), (HOSTILE, 0.31))]}

    def draft(self):
        """One more plan to decide about."""
        id = str(len(self.plans) + 1)
        self.plans[id] = {**self.plans["3"], "id": id, "state": "draft", "decided": None, "decided_by": "", "applied": None, "remark": ""}
        return id

    def cost(self, query):
        by = query.get("by", "project")
        keys = {"project": ["nlp", "vision", None], "user": ["anna", "boris", HOSTILE], "day": [iso(self.now - d * DAY)[:10] for d in range(12)], "job": ["61", "62"], "order": ["4", "1"]}[by]
        items = []
        for i, key in enumerate(keys):
            used, unused = int(4_812_340000 / (i + 1.3) * (1 + 0.3 * math.sin(i))), int(611_000000 / (i + 1))
            items.append({"key": key, "name": HOSTILE if by == "job" else None, "project": None, "user": None, "supplier": None, "instance": None, "used_uusd": used, "unused_uusd": unused, "uusd": used + unused, "due_uusd": used + unused - 1000000, "energy_j": 0, "co2_g": 0})
        amounts = ("used_uusd", "unused_uusd", "uusd", "due_uusd", "energy_j", "co2_g")
        return {"by": by, "from": iso(self.now)[:8] + "01", "to": iso(self.now + DAY)[:10], "items": items, "others": dict.fromkeys(amounts, 0), "total": {a: sum(i[a] for i in items) for a in amounts}}

    def projects(self):
        def project(name, budget, spent):
            return {"name": name, "parent": None, "weight": 1, "priority": 0, "quota": {}, "guarantee": {}, "borrows": "all", "user_limits": {}, "budget": budget, "archived": False,
                    "usage": {"gpu_milli": 4000, "cpu_milli": 16000, "mem_mib": 1, "running": 2, "queued": 3, "spent_uusd": spent, "committed_uusd": 12_000000 if budget else None, "renews_at": iso(self.now + 9 * DAY) if budget else None}}
        return {"items": [project("nlp", {"uusd": 6000_000000, "period": "month", "action": "wait"}, 3922_110000), project("vision", {"uusd": 1500_000000, "period": "month", "action": "stop"}, 1500_400000), project("default", None, None)], "next": None}

    def energy(self, query):
        items = [{"key": key, "name": None, "project": None, "user": None, "energy_j": 4.1e9 / (i + 1), "co2_g": 391000.0 / (i + 1), "device_s": 9.6e6 / (i + 1), "saved_j": 2.1e8 / (i + 1)} for i, key in enumerate(("nlp", "vision", HOSTILE))]
        return {"by": query.get("by", "project"), "from": iso(self.now)[:8] + "01", "to": iso(self.now + DAY)[:10], "items": items, "others": {"energy_j": 0, "co2_g": 0, "device_s": 0, "saved_j": 0},
                "total": {k: sum(i[k] for i in items) for k in ("energy_j", "co2_g", "device_s", "saved_j")},
                "savings": {"caps": {"saved_j": 4.2e8, "avoided_j": 4.3e8, "spent_j": 1e7, "slowed_device_s": 7200}, "sleep": {"saved_j": 9e8, "avoided_j": 1e9, "spent_j": 1e8, "asleep_s": 3.1e6, "measured_j": 0, "assumed_j": 1e9}},
                "grids": [{"region": "eu-north", "name": HOSTILE, "g_per_kwh": 343, "source": "a table", "energy_j": 7.5e9}]}

    def learned(self):
        classes = [{"class": f"c{i}", "level": "work", "project": "nlp", "user": "anna", "name": name, "request": {"accelerators": KINDS[0], "count": 1 + i, "gpu_milli": 1000, "cpu_milli": 4000, "mem_mib": 32768, "tasks": 1}, "jobs": 40 + i, "failed": i, "interrupted": 1,
                    "p50_s": 1800.0, "p80_s": 3100.0, "p95_s": 5400.0, "mean_s": 2100.0, "memory_p50_mib": 9000, "memory_p95_mib": 12000, "memory_most_mib": 14000, "weight": 21.5, "first": iso(self.now - 40 * DAY), "last": iso(self.now)} for i, name in enumerate(("train-#", HOSTILE))]
        return {"classes": classes, "classes_known": 2, "speeds": [{"kind": KINDS[0], "rate": 1.9, "error": 0.04, "runs": 310, "classes": 7}, {"kind": KINDS[1], "rate": 1.0, "error": 0.0, "runs": 510, "classes": 7}],
                "places": [{"supplier": "", "node": "kestrel", "is_spot": False, "attempts": 120, "failed": 3, "interrupted": 1, "failed_share": 0.031, "interrupted_share": 0.012, "hours": 410.5, "interruptions_per_khour": 2.4, "excess_per_khour": 0}]}

    # The two entrances ----------------------------------------------------------------------------

    def find(self, parts, query):
        match parts:
            case ["offers"]:
                return self.offer_list(query)
            case ["offers", id] if id.isdigit() and 0 < int(id) <= len(OFFERS):
                return self.offer_view(int(id) - 1)
            case ["offers", id, "history"] if id.isdigit() and 0 < int(id) <= len(OFFERS):
                return self.history(int(id) - 1)
            case ["supplier-status"]:
                return self.clusters()
            case ["links"]:
                return {"items": [{"sites": list(pair), "protocol": "ssh", "latency_us": 8000, "bytes_per_s": rate, "many_bytes_per_s": 3 * rate, "measures": 9, "newest": iso(self.now)}
                                  for pair, rate in ((("home", "berlin"), 90_000_000), (("home", HOSTILE), 4_000_000), (("berlin", HOSTILE), 20_000_000))], "next": None}
            case ["suppliers"]:
                return self.suppliers()
            case ["supplier-ranking"]:
                return self.ranking(query)
            case ["orders"]:
                found = [o for o in reversed(self.orders.values()) if o["state"] in query.get("state", o["state"]).split(",")]
                return {"items": found, "next": None}
            case ["orders", id] if id in self.orders:
                return self.order_detail(self.orders[id])
            case ["forecast"]:
                return self.forecast(query)
            case ["plans"]:
                return {"items": list(reversed(self.plans.values())), "next": None}
            case ["plans", id] if id in self.plans:
                return {**self.plans[id], "plan": self.plan_document()}
            case ["report"]:
                return self.report(query)
            case ["cost"]:
                return self.cost(query)
            case ["cost", "focus"]:
                return (b"BilledCost,BillingAccountId\n1.25,fake\n", "text/csv")
            case ["projects"]:
                return self.projects()
            case ["energy"]:
                return self.energy(query)
            case ["learned"]:
                return self.learned()
        return None

    def act(self, parts, remark):
        """What a POST did, or None; the caller holds the lock."""
        now = iso(time.time())
        match parts:
            case ["orders", id, ("approve" | "cancel" | "release") as verb] if id in self.orders:
                change = {"approve": {"state": "approved", "approved": now, "approved_by": "fake"}, "cancel": {"state": "cancelled", "ended": now, "cause": "user"}, "release": {"leaving": True}}[verb]
                self.orders[id].update(change, reason=remark or self.orders[id]["reason"])
                return self.orders[id]
            case ["plans", id, ("approve" | "reject" | "apply") as verb] if id in self.plans:
                change = {"approve": {"state": "approved"}, "reject": {"state": "rejected"}, "apply": {"state": "applied", "applied": now}}[verb]
                self.plans[id].update(change, **({} if verb == "apply" else {"decided": now, "decided_by": "fake", "remark": remark}))
                return {**self.plans[id], "plan": self.plan_document()}
        return None
