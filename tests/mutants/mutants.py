#!/usr/bin/env python3
"""Do the tests notice? Changes one token of a header at a time, compiles the header's tests and runs them.

    tests/mutants/mutants.py --count 20 --seed 1 --log mutants.jsonl -- g++ -std=c++20 -I... libcatch.a -lz

What follows -- is the compiler, with the flags and libraries that a test file alone needs (tests/support/main.cpp or
Catch2's own main function among them); {include} in it stands for the folder of the changed headers. A mutant is caught
if its tests fail or do not end; those that do not compile are drawn again. Mutants of the log are not done again, so that
a run can be continued. A header's tests are the file of tests/ at its place, or else one that includes it.
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = ROOT / "include" / "harmonium"
FOLDERS = ["models", "training", "inference", "io"]

LIBRARY = {p: p.read_text() for p in sorted(HEADERS.rglob("*.hpp")) if "cuda" not in p.parts}
TESTS = {p: p.read_text() for folder in ("bad_input", *FOLDERS) for p in sorted((ROOT / "tests" / folder).rglob("*.cpp"))
         if "TEST_CASE" in p.read_text()}

# Binary operators have blanks around them, as clang-format leaves them; pointers, references and templates do not.
OPERATORS = {"+": "-", "-": "+", "*": "/", "/": "*", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
             "&&": "||", "||": "&&", "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*="}
WORDS = {"true": "false", "false": "true", "min": "max", "max": "min", "rows": "cols", "cols": "rows"}
TOKENS = re.compile(
    r"(?P<operator>(?<= )(?:&&|\|\||[-+*/]=|[<>=!]=|[-+*/<>])(?= ))"
    r"|(?P<number>(?<![\w.\"])(?!0\d)\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.\"]))"
    r"|(?P<word>\b(?:true|false)\b|(?<=std::)(?:min|max)\b|(?<=[.])(?:rows|cols)\b)"
    r"|(?P<minus>(?<=[(=,?:] )-(?=\w)|(?<=\()-(?=\w))"
    r"|(?P<swap>\((?P<a>[a-z_]\w*), (?P<b>[a-z_]\w*)\))")


def blanked(text):
    """The text with comments, strings, preprocessor lines and assertions of types blanked."""
    def blank(match):
        return re.sub(r"[^\n]", "\x00", match.group())
    text = re.sub(r'//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text)
    return re.sub(r"(?m)^\s*(?:#|template\b|requires\b|static_assert\b|using\b|concept\b|friend\b|namespace\b)[^\n]*",
                  blank, text)


def mutants_of(header):
    text = header.read_text()
    for found in TOKENS.finditer(blanked(text)):
        old = found.group()
        kind = found.lastgroup if found.lastgroup not in ("a", "b") else "swap"
        if kind == "operator":
            new = OPERATORS[old]
        elif kind == "number":
            new = str(int(old) + 1) if old.isdigit() else str(2 * float(old))
        elif kind == "word":
            new = WORDS[old]
        elif kind == "minus":
            new = ""
        else:
            if found.group("a") == found.group("b"):
                continue
            new = f"({found.group('b')}, {found.group('a')})"
        yield found.start(), found.end(), old, new


def tests_of(header):
    """The mirrored file, or the shortest that includes the header, or that of a header which includes it."""
    looked_at, to_look_at = set(), [header]
    while to_look_at:
        one = to_look_at.pop(0)
        inside = one.relative_to(HEADERS)
        mirrored = (ROOT / "tests" / inside).with_suffix(".cpp")
        if mirrored.exists():
            return mirrored
        line = f"#include <harmonium/{inside}>"
        with_it = [p for p, text in TESTS.items() if line in text]
        if with_it:
            return min(with_it, key=lambda p: len(TESTS[p]))
        looked_at.add(one)
        to_look_at += [p for p, text in LIBRARY.items() if p not in looked_at and f'{one.name}"' in text]
    return None


def draw(dice, headers):
    """A file in proportion to its tokens, then a token."""
    all_of = {header: list(mutants_of(header)) for header in headers}
    weights = [len(all_of[header]) for header in headers]
    while True:
        header = dice.choices(headers, weights)[0]
        yield header, dice.choice(all_of[header])


def run(command, limit):
    """"ok", "fails" or "hangs", and seconds."""
    start = time.monotonic()
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)
        what = "ok" if done.returncode == 0 else "fails"
    except subprocess.TimeoutExpired:
        what = "hangs"
    return what, time.monotonic() - start


class Workshop:
    """A copy of the headers, in which one token is another."""

    def __init__(self, folder, compiler):
        self.include = folder / "include"
        self.program = folder / "tests"
        shutil.copytree(ROOT / "include", self.include)
        self.compiler = [part.replace("{include}", str(self.include)) for part in compiler]
        self.seconds = {}                      # that unchanged tests take

    def build(self, tests):
        at = next((i for i, part in enumerate(self.compiler) if part.endswith((".a", ".o")) or part.startswith("-l")),
                  len(self.compiler))
        return run(self.compiler[:at] + [str(tests), "-o", str(self.program)] + self.compiler[at:], 900)[0] == "ok"

    def passes(self, tests, limit):
        # Slow tests are left out; what fails first ends it.
        return run([str(self.program), "~[slow]", "--abort"], limit)

    def baseline(self, tests):
        if tests not in self.seconds:
            what, seconds = self.passes(tests, 300) if self.build(tests) else ("fails", 0)
            self.seconds[tests] = seconds if what == "ok" else None
        return self.seconds[tests]

    def attempt(self, header, mutant, tests):
        """"caught", "survives", or "is none" if it does not compile."""
        begin, end, _, new = mutant
        place = self.include / header.relative_to(ROOT / "include")
        text = header.read_text()
        place.write_text(text[:begin] + new + text[end:])
        try:
            if not self.build(tests):
                return "is none"
            what, _ = self.passes(tests, 10 + 10 * self.seconds[tests])
            return "survives" if what == "ok" else "caught"
        finally:
            place.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="mutants that compile, with those of the log")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no other mutant after this long")
    parser.add_argument("--only", default="", help="headers whose path contains this")
    parser.add_argument("--log", type=pathlib.Path, default=pathlib.Path("mutants.jsonl"))
    parser.add_argument("compiler", nargs="+")
    given = parser.parse_args()
    end = time.monotonic() + 60 * given.minutes
    headers = [h for folder in FOLDERS for h in sorted((HEADERS / folder).rglob("*.hpp"))
               if given.only in str(h) and tests_of(h) and any(mutants_of(h))]
    known = [json.loads(line) for line in given.log.read_text().splitlines()] if given.log.exists() else []
    seen = {(k["header"], k["at"], k["new"]) for k in known}
    results = [k["result"] for k in known if k["result"] != "is none"]
    with tempfile.TemporaryDirectory() as folder, given.log.open("a") as log:
        shop = Workshop(pathlib.Path(folder), given.compiler)
        for header, mutant in draw(random.Random(given.seed), headers):
            if len(results) >= given.count or time.monotonic() > end:
                break
            name, tests = str(header.relative_to(HEADERS)), tests_of(header)
            if (name, mutant[0], mutant[3]) in seen:
                continue
            seen.add((name, mutant[0], mutant[3]))
            if shop.baseline(tests) is None:
                print(f"{tests}: does not pass as it is", file=sys.stderr)
                continue
            result = shop.attempt(header, mutant, tests)
            text = header.read_text()
            number = text.count("\n", 0, mutant[0]) + 1
            line = text.splitlines()[number - 1].strip()
            log.write(json.dumps({"header": name, "line": number, "at": mutant[0], "old": mutant[2], "new": mutant[3],
                                  "text": line, "tests": str(tests.relative_to(ROOT)), "result": result}) + "\n")
            log.flush()
            if result != "is none":
                results.append(result)
            print(f"{result:9} {name}:{number}: {mutant[2]!r} -> {mutant[3]!r}   {line}", flush=True)
    caught = results.count("caught")
    print(f"{caught} of {len(results)} mutants were caught")


if __name__ == "__main__":
    main()
