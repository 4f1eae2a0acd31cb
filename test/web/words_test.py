#!/usr/bin/env python3
"""words_test.py - the Chinese table of the page against its sources, TAP: no word is missing, none is left over, values agree.

Words come as t("...") and t`... ${value} ...`; what reaches t() through a variable (states, choices, series) must stand somewhere
in the sources as a text.
"""
import glob
import json
import os
import re
import sys

ASSETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "web", "assets")
STATES = {"timed out", "silent", "unknown", "acknowledged", "ok", "failing", "rolled back", "superseded"}  # said by the service with an underscore, or by it alone
MEMBERS = {"attempt", "count", "exit code"}  # of events, named by the service


def skip_value(text, at):
    """From behind "${" to behind its "}"."""
    depth = 1
    while depth:
        if text[at] == "`":
            at = skip_template(text, at + 1)[0]
            continue
        if text[at] == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at).end()
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at


def skip_template(text, at):
    """From behind the opening backtick: (behind the closing one, key with {0}, {1})."""
    key, count = "", 0
    while text[at] != "`":
        if text.startswith("${", at):
            at = skip_value(text, at + 2)
            key += f"{{{count}}}"
            count += 1
        else:
            key += text[at]
            at += 1
    return at + 1, key


def second_argument(text, at):
    """Of a call, from behind its opening parenthesis."""
    depth, commas = 0, []
    while depth >= 0:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[at], 0)
        if text[at] == "," and depth == 0:
            commas.append(at)
        at += 1
    return text[commas[0] + 1 : (commas + [at - 1])[1]].strip()


def keys_of(text):
    for found in re.finditer(r'(?<![\w.])t\(("(?:[^"\\]|\\.)*")\)', text):
        yield json.loads(found.group(1)).removeprefix("#")
    for found in re.finditer(r"\bplural\(", text):
        noun = second_argument(text, found.end())
        if noun.startswith('"'):
            yield json.loads(noun)
    for found in re.finditer(r"(?<![\w.])t`", text):
        yield skip_template(text, found.end())[1]


def main():
    table = {}
    twice = []
    for path in sorted(glob.glob(os.path.join(ASSETS, "words_zh*.js"))):
        with open(path, encoding="utf-8") as file:
            for line in file:
                row = re.fullmatch(r'    ("(?:[^"\\]|\\.)*"): ("(?:[^"\\]|\\.)*"),\n', line)
                if row:
                    key = json.loads(row.group(1))
                    twice += [key] if key in table else []
                    table[key] = json.loads(row.group(2))
    sources = {}
    for path in sorted(glob.glob(os.path.join(ASSETS, "*.js"))):
        if not os.path.basename(path).startswith("words"):
            with open(path, encoding="utf-8") as file:
                sources[os.path.basename(path)] = file.read()
    used = {key: name for name, text in sources.items() for key in keys_of(text)}
    whole = "\n".join(sources.values())
    values = lambda text: sorted(set(re.findall(r"\{\d+\}", text)))  # noqa: E731
    checks = [
        ("the table was read", [] if len(table) > 400 else [len(table)]),
        ("no word stands twice", twice),
        ("no word is missing", sorted(f"{name}: {key}" for key, name in used.items() if key not in table)),
        ("none is left over", sorted(key for key in table if key not in used and key not in STATES | MEMBERS and f'"{key}"' not in whole and not re.search(rf'"{re.escape(key.removesuffix("s"))}"|\b{re.escape(key)}:', whole))),
        ("each value is said", sorted(key for key, text in table.items() if values(key) != values(text))),
    ]
    bad = 0
    for number, (what, wrong) in enumerate(checks, 1):
        bad += bool(wrong)
        print(f"{'not ' if wrong else ''}ok {number} - {what}")
        for each in wrong[:40]:
            print(f"#   {each!r}")
    print(f"1..{len(checks)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
