"""Fills a stopped hub's database with cases that are over, each like one that is there: DATABASE COUNT.

They are rows, not entries: enough for lists, and nothing that `record verify` would accept.
"""

import json
import sqlite3
import sys

WORDS = ["answers slowly", "refuses logins", "runs out of disk", "loses messages", "has an old certificate"]
PEOPLE = ["dana", "nadia", "grace", "emil"]
MINUTE = 60_000_000


def main():
    path, count = sys.argv[1], int(sys.argv[2])
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    order, commit, data = database.execute(
        "SELECT opened_order, commit_seq, data FROM cases WHERE state = 'resolved' ORDER BY opened_order LIMIT 1"
    ).fetchone()
    model = json.loads(data)
    places = database.execute("SELECT DISTINCT service, team FROM cases WHERE service IS NOT NULL").fetchall()
    first = database.execute("SELECT max(opened_order) + 1 FROM cases").fetchone()[0]
    start = model["instants"]["opened"]["at"] - (count + 60) * MINUTE

    def rows():
        for number in range(count):
            mixed = (number * 0x9E3779B97F4A7C15 >> 20) & 0xFFFFFFFF
            service, team = places[mixed % len(places)]
            severity = f"sev{1 + mixed // 7 % 4}"
            title = f"{service}: {WORDS[mixed % 5]} in zone {mixed % 97}, number {number}"
            opened = start + number * MINUTE
            over = opened + (5 + mixed % 120) * MINUTE
            name = f"INC-{1_000_000 + number}"
            who = {"person": PEOPLE[mixed % 4]}
            at = {key: {"at": when, "source": who} for key, when in (("opened", opened), ("resolved", over))}
            case = {**model, "id": name, "title": title, "severity": severity, "service": service, "team": team}
            case |= {"instants": {**model["instants"], **at}, "owner": who["person"], "group": {"service": service}}
            case |= {"tellings": [], "told": [], "links": [], "involved": [who["person"]]}
            data = json.dumps(case, separators=(",", ":"))
            yield (first + number, name, commit, "incident", "resolved", severity, service, team, 0, title, opened, over, data)

    database.executemany("INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows())
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


main()
