"""fake_judge.py - the FAKE service's alerts, findings, utilisation, proposals, and where events go; every number is made up."""
import time
from datetime import datetime, timezone

DAY, HOUR = 86400, 3600


def iso(t):
    return None if t is None else datetime.fromtimestamp(t, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Judge:
    def __init__(self, hostile):
        self.now, self.hostile = time.time(), hostile
        self.alerts = {a["id"]: a for a in (
            self.alert("7", "idle_held", "warning", "job 64 holds h100-5 and has left it idle for 1 h 3 min", "Ask anna whether it still works, or cancel it: fastgpu cancel 64", job="64", project="nlp", user="anna", node="helios-01", device="h100-5", cost_uusd=2_480_000),
            self.alert("6", "device_fault", "critical", f"h100-6 of helios-01: {hostile}", "Drain the node and reset the device", node="helios-01", device="h100-6"),
            self.alert("5", "underused", "info", "6 jobs of project vision use 18 % of their devices on average", "Ask for less than a whole device: gpu_milli: 250", job="63", project="vision", user="boris", count=6, cost_uusd=11_200_000),
            self.alert("4", "slow_twin", "warning", "l40s-2 of kestrel does 71 % of what its twins do", "Look at its clocks and at what cools it", state="acknowledged", node="kestrel", device="l40s-2"),
            self.alert("3", "memory_overrun", "warning", "job 61 will need 84 GiB in 40 min, its devices have 80 GiB", "Save its state and start it with a smaller batch", job="61", project="nlp", user="boris"),
            self.alert("2", "hot", "warning", "h100-1 of helios-01 was at 91 °C", "It is cool again", state="cleared", node="helios-01", device="h100-1"))}
        self.proposals = {p["id"]: p for p in (self.proposal("3", "proposed", -0.082, 14, 3), self.proposal("2", "adopted", -0.031, 14, 5), self.proposal("1", "rolled_back", 0.012, 7, 4))}
        self.sinks = [{"name": "bus", "kind": "kafka", "where": "kafka-1:9092, topic fastgpu", "state": "ok", "sent": 18422, "waiting": 0, "dropped": 0, "retries": 2, "last_error": None, "last_sent_at": iso(self.now)},
                      {"name": "chat", "kind": "webhook", "where": "https://chat.example", "state": "failing", "sent": 311, "waiting": 14, "dropped": 0, "retries": 9, "last_error": f"status 503: {hostile}", "last_sent_at": iso(self.now - HOUR)}]

    def alert(self, id, cause, severity, text, hint, state="open", **more):
        at = self.now - int(id) * 1700
        known = {"acknowledged_at": iso(at + 600), "acknowledged_by": "anna"} if state == "acknowledged" else {}
        return {"id": id, "cause": cause, "severity": severity, "state": state, "project": None, "user": None, "job": None, "node": None, "device": None, "text": text, "hint": hint, "cost_uusd": None, "count": 1,
                "raised_at": iso(at), "cleared_at": iso(at + 900) if state == "cleared" else None, "acknowledged_at": None, "acknowledged_by": None, **known, **more}

    def proposal(self, id, state, change, days, worse):
        decided = state != "proposed"
        return {"id": id, "state": state, "created_at": iso(self.now - (5 - int(id)) * DAY), "created_by": "", "decided_at": iso(self.now - DAY) if decided else None, "decided_by": "anna" if decided else "", "remark": self.hostile if state == "rolled_back" else "",
                "objective": "jct=1,fairness=0.3", "days": days, "worse_days": worse, "text": f"On {days} days that were held back the average job would have ended earlier.\nThe price is a little fairness. {self.hostile}",
                "changes": [{"setting": "weight_age", "from": "1000", "to": "640", "why": "long waits counted for more than short jobs"}, {"setting": "backfill_depth", "from": "100", "to": "400", "why": "places were free that jobs further back would have fitted"}],
                "expected": [{"metric": "jct_s", "now": 5210.4, "then": 5210.4 * (1 + change), "change": change, "low": change - 0.05, "high": change + 0.03}, {"metric": "utilisation", "now": 0.71, "then": 0.74, "change": 0.042, "low": 0.01, "high": 0.07},
                             {"metric": "fairness", "now": 0.93, "then": 0.92, "change": -0.011, "low": -0.03, "high": 0.009}, {"metric": "energy_j", "now": 8.1e9, "then": 7.9e9, "change": -0.024, "low": -0.06, "high": 0.013}]}

    def findings(self):
        return [{"job": job, "attempt": 1, "project": project, "user": user, "cause": cause, "share_milli": share, "device_hours": hours, "cost_uusd": cost, "text": text, "hint": hint, "first_at": iso(self.now - 2 * HOUR), "last_at": iso(self.now)}
                for job, project, user, cause, share, hours, cost, text, hint in (
                    ("63", "vision", "boris", "underused", 820, 14.2, 21_300_000, "used 18 % of what it held", "Ask for less than a whole device"),
                    ("64", "nlp", "anna", "idle_held", 960, 1.1, 2_480_000, "held h100-5 idle for 1 h 3 min", "Cancel it, or let it end when it is done"),
                    ("61", "nlp", "boris", "straggler", 140, 2.3, None, self.hostile, "One of its tasks is on a slower device"))]

    def utilisation(self, by):
        names = {"project": ["nlp", "vision", "default"], "supplier": ["", "north"], "node": ["helios-01", "kestrel"], "class": ["h100-sxm-80g", "l40s"]}[by]
        return [{"name": name, "devices": 8.0 - 2 * i, "held": 6.5 - 2 * i, "busy_milli": 710 - 140 * i, "day_busy_milli": 640 - 90 * i, "day_held_milli": 820 - 60 * i, "day_idle_held_milli": 60 + 50 * i, "since": iso(self.now - DAY)} for i, name in enumerate(names)]

    def find(self, parts, query):
        match parts:
            case ["alerts"]:
                wanted = {"": ("open", "acknowledged"), "all": ("open", "acknowledged", "cleared")}.get(query.get("state", ""), (query.get("state"),))
                return {"items": [a for a in self.alerts.values() if a["state"] in wanted and query.get("job", a["job"]) == a["job"]], "next": None}
            case ["findings"]:
                return {"items": [f for f in self.findings() if query.get("job", f["job"]) == f["job"]], "next": None}
            case ["utilisation"]:
                return {"items": self.utilisation(query.get("by", "project")), "next": None}
            case ["proposals"]:
                return {"items": list(self.proposals.values()), "next": None}
            case ["publish"]:
                return {"items": self.sinks, "next": None}
        return None

    def act(self, parts, remark):
        now = iso(time.time())
        match parts:
            case ["alerts", id, "acknowledge"] if id in self.alerts:
                self.alerts[id].update(state="acknowledged", acknowledged_at=now, acknowledged_by="fake")
                return self.alerts[id]
            case ["proposals", id, ("adopt" | "reject" | "rollback") as verb] if id in self.proposals:
                self.proposals[id].update(state={"adopt": "adopted", "reject": "rejected", "rollback": "rolled_back"}[verb], decided_at=now, decided_by="fake", remark=remark)
                return self.proposals[id]
            case ["publish", name, "test"]:
                return {"name": name, "sent": True}
        return None
