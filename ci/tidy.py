#!/usr/bin/env python3
"""The rules of the house that a program can check.

  ci/tidy.py source                    the source tree: layers, banned names and calls, headers, build
  ci/tidy.py docs [--server BINARY]    the documents: links, options, metrics, the life of an edit

Each check is one test case. A problem is one line, `file:line: what is wrong; what to do instead`.
"""

import argparse
import concurrent.futures
import functools
import os
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = tomllib.loads((ROOT / "ci/layers.toml").read_text())
LINES_MAX = 800
COLUMNS_MAX = 100
CPP = (".h", ".cc")

CHECKS = {"source": [], "docs": []}


def check(group):
    """Registers a function that yields problems. Its docstring is the name of the test case."""

    def register(function):
        CHECKS[group].append(function)
        return function

    return register


# --- Reading the tree -----------------------------------------------------------------------------


@functools.cache
def files():
    """What git tracks or would track: nothing that is ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    return sorted(name for name in set(listing.split("\0")) if name and (ROOT / name).is_file())


@functools.cache
def text(name):
    """The file's text; empty if there is no such file, which other checks say."""
    if not (ROOT / name).is_file():
        return ""
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


@functools.cache
def code(name):
    """The text with comments and string literals blanked out, line numbers kept."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group())
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\''
    return re.sub(pattern, blank, text(name), flags=re.S)


def cpp_files(*folders):
    return [
        name
        for name in files()
        if name.endswith(CPP) and (not folders or name.startswith(tuple(f + "/" for f in folders)))
    ]


def matches(pattern, content):
    """Yields (line number, match)."""
    for match in re.finditer(pattern, content):
        yield content.count("\n", 0, match.start()) + 1, match


def includes(name):
    """Yields (line number, included path, is ours)."""
    for line, match in matches(r'(?m)^\s*#\s*include\s+(["<])([^">]+)[">]', text(name)):
        yield line, match.group(2), match.group(1) == '"'


def is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


# --- Layers ---------------------------------------------------------------------------------------


def layer_of(name):
    """The longest entry of layers.toml that holds the file."""
    holders = [folder for folder in LAYERS["layers"] if is_below(name, folder)]
    return max(holders, key=len, default=None)


def allowed_by(layer, name):
    """The folders and files that the file may include, itself aside."""
    rule = LAYERS["layers"][layer]
    folders = list(rule["may"]) + list(rule.get("files", []))
    if rule.get("subject"):
        # tests/unit/sim tests sim, tests/unit/core server/core.
        subject = os.path.dirname(name).removeprefix(layer + "/")
        if subject.split("/")[0] not in LAYERS["layers"]:
            subject = os.path.dirname(name).replace(layer, "server", 1)
        while subject and subject not in LAYERS["layers"] and subject != "server":
            subject = os.path.dirname(subject)
        if subject in LAYERS["layers"]:
            folders += [subject] + allowed_by(subject, subject)
        elif subject == "server":
            folders.append("server")
        # tests/unit/adapters as one program tests every adapter.
        if subject == "server" or is_below(os.path.dirname(name), layer + "/adapters"):
            folders += [f for f in LAYERS["layers"] if f.startswith("server/adapters/")]
            folders += ["server/ports", "server/base"]
    return folders


@check("source")
def layering():
    """includes follow ci/layers.toml"""
    for name in cpp_files():
        layer = layer_of(name)
        if layer is None:
            yield f"{name}:1: belongs to no layer; add its folder to ci/layers.toml"
            continue
        own = layer if (ROOT / layer).is_dir() else os.path.dirname(layer)
        allowed = allowed_by(layer, name)
        if LAYERS["layers"][layer].get("subject"):
            own = os.path.dirname(name)
        for line, path, ours in includes(name):
            if not ours:
                continue
            if not (ROOT / path).exists():
                yield f"{name}:{line}: \"{path}\" is not a path from the repository's root"
            elif not is_below(path, own) and not any(is_below(path, f) for f in allowed):
                yield (
                    f"{name}:{line}: {layer} may not include {path}; "
                    f"it may include {', '.join(allowed) or 'only itself'}"
                )


@check("source")
def libraries():
    """libraries stay behind our own headers"""
    seen_from_outside = set()
    for name in cpp_files():
        for _, path, ours in includes(name):
            if ours and os.path.dirname(path) != os.path.dirname(name):
                seen_from_outside.add(path)
    for name in cpp_files():
        for line, path, ours in includes(name):
            library = next((l for l in LAYERS["libraries"] if path.startswith(l)), None)
            if ours or library is None:
                continue
            homes = LAYERS["libraries"][library]
            if not any(is_below(name, home) for home in homes):
                yield f"{name}:{line}: <{path}> may only be used in {', '.join(homes)}; go through a port"
            elif name.endswith(".h") and name in seen_from_outside:
                yield (
                    f"{name}:{line}: other folders include this header, so <{path}> belongs into a .cc; "
                    "hide it behind a std::unique_ptr to a type defined there"
                )


# --- What the pure folders must not use -------------------------------------------------------------

BANNED_IN_PURE = [
    (r"\b(?:system|steady|high_resolution)_clock\b", "reads a clock; take ports::Clock"),
    (r"\b(?:gettimeofday|clock_gettime|std::time)\b", "reads a clock; take ports::Clock"),
    (r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b", "sleeps; keep a deadline (next_deadline)"),
    (r"\b(?:random_device|mt19937(?:_64)?|default_random_engine|s?rand\s*\()",
     "draws its own randomness; take ports::Random"),
    (r"\bstd::(?:jthread|thread|async|mutex|shared_mutex|condition_variable|future|promise)\b",
     "uses threads; a pure folder runs on one logical thread"),
    (r"\bthread_local\b", "uses threads; make it a member"),
    (r"\bco_(?:await|yield|return)\b", "is a coroutine; use an on_... input and a named state"),
    (r"\bstd::(?:cout|cerr|clog|cin)\b", "does I/O; take ports::Log"),
    (r"\b(?:catch\s*\(|throw\b)", "throws or catches; return a Result (catch only in adapters/ and app/)"),
    (r"\b(?:std::)?(?:strtod|strtof|stod|stof|setlocale)\s*\(|\bstd::locale\b",
     "depends on the locale; use std::from_chars"),
]

BANNED_INCLUDES_IN_PURE = {
    "thread": "threads", "mutex": "threads", "shared_mutex": "threads", "future": "threads",
    "condition_variable": "threads", "iostream": "I/O", "fstream": "I/O", "filesystem": "I/O",
    "random": "its own randomness", "ctime": "clocks", "unistd.h": "the system", "locale": "locales",
    "sys/socket.h": "the system", "sys/time.h": "clocks", "coroutine": "coroutines",
}

# base/assert reports the failure of a condition and ends the process: the one place that may print.
MAY_PRINT = {"server/base/assert.h", "server/base/assert.cc"}


@check("source")
def pure_folders():
    """pure folders use no clock, sleep, randomness, thread, I/O or exception"""
    for name in cpp_files(*LAYERS["pure"]["folders"]):
        for line, path, ours in includes(name):
            if not ours and path in BANNED_INCLUDES_IN_PURE and name not in MAY_PRINT:
                yield f"{name}:{line}: <{path}> brings {BANNED_INCLUDES_IN_PURE[path]} into a pure folder; use a port"
        for pattern, why in BANNED_IN_PURE:
            for line, match in matches(pattern, code(name)):
                if name not in MAY_PRINT:
                    yield f"{name}:{line}: `{match.group().strip()}` {why}"
        if is_below(name, "server/core"):
            for line, _ in matches(r"\bstd::shared_ptr\b", code(name)):
                yield f"{name}:{line}: std::shared_ptr in core; ownership is a tree, refer by id"


@check("source")
def unordered_iteration():
    """pure folders do not iterate over unordered containers"""
    declaration = r"\bunordered_(?:multi)?(?:map|set)\s*<[^;{}]*?>\s*&?\s*(\w+)\s*(?:[;={,)]|$)"
    for name in cpp_files(*LAYERS["pure"]["folders"]):
        header = re.sub(r"\.cc$", ".h", name)
        names = {match.group(1) for _, match in matches(declaration, code(name))}
        if header != name and header in files():
            names |= {match.group(1) for _, match in matches(declaration, code(header))}
        for variable in sorted(names):
            loop = rf"for\s*\([^;()]*:\s*(?:\w+(?:\.|->))*{variable}\s*\)|\b{variable}\.c?begin\(\)"
            for line, _ in matches(loop, code(name)):
                yield (
                    f"{name}:{line}: iterates over the unordered `{variable}`, in an order that differs "
                    "between runs; use a std::map, a vector, or sorted keys"
                )


# --- Files, names, text -----------------------------------------------------------------------------


@check("source")
def file_names():
    """no utils, common, helpers, manager, handler or impl"""
    banned = {"util", "utils", "common", "helper", "helpers", "manager", "handler", "impl", "misc"}
    for name in files():
        if not name.endswith((".h", ".cc", ".ts", ".mjs", ".py", ".sh")):
            continue
        words = set(re.split(r"[/_.\-]", name))
        if words & banned:
            yield f"{name}:1: '{(words & banned).pop()}' says nothing; name the concept in it"


@check("source")
def leftovers():
    """nothing is left to do in a comment, and no code is commented out"""
    marks = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")
    code_comment = re.compile(r"(?m)^\s*//\s*(?:[a-z][\w:<>.&*]*(?: [\w:<>.&*]+)?\(.*\);|return\b.*;|if \(.*\) \{|\}|#include .*)\s*$")
    for name in files():
        if not name.endswith((*CPP, ".ts", ".mjs", ".py", ".sh", ".cmake", ".md", ".txt", ".html", ".css")):
            continue
        if name.startswith("tests/") and name.endswith((".txt", ".json")) and "CMakeLists" not in name:
            continue
        for line, match in matches(marks, text(name)):
            yield f"{name}:{line}: {match.group()}; do it, or open an issue and drop the mark"
        if name.endswith(CPP):
            for line, _ in matches(code_comment, text(name)):
                yield f"{name}:{line}: commented-out code; git remembers it"


@check("source")
def sizes():
    """files and lines are no longer than a reader's screen"""
    for name in files():
        if not name.endswith((*CPP, ".ts", ".mjs", ".py")):
            continue
        lines = text(name).split("\n")
        if len(lines) > LINES_MAX:
            yield f"{name}:1: {len(lines)} lines; over {LINES_MAX} it holds more than one concept"
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX and name.endswith(CPP) and "http" not in line:
                yield f"{name}:{number}: {len(line)} columns; clang-format -i breaks it at {COLUMNS_MAX}"


@check("source")
def header_guards():
    """every header says #pragma once"""
    for name in files():
        if name.endswith(".h") and "#pragma once" not in text(name):
            yield f"{name}:1: no #pragma once"


@check("source")
def formatting():
    """clang-format has nothing to say"""
    program = "clang-format"
    try:
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    except FileNotFoundError:
        yield "clang-format is missing; apt-get install clang-format"
        return
    # Versions differ in details; the one of Debian 12 decides.
    if " version 14." not in version:
        return
    names = cpp_files()
    done = subprocess.run(
        [program, "--dry-run", "--ferror-limit=1", *names], cwd=ROOT, capture_output=True, text=True
    )
    for line, match in matches(r"(?m)^(\S+?:\d+):\d+: (?:warning|error): code should be", done.stderr):
        yield f"{match.group(1)}: not formatted; clang-format -i"


@check("source")
def everything_is_built():
    """every source, test, fuzz target and benchmark is in a CMakeLists.txt"""
    for name in cpp_files():
        if not name.endswith(".cc"):
            continue
        folder = pathlib.PurePosixPath(name).parent
        while True:
            listing = folder / "CMakeLists.txt"
            if str(listing) in files():
                break
            if folder == folder.parent:
                listing = None
                break
            folder = folder.parent
        relative = str(pathlib.PurePosixPath(name).relative_to(folder))
        shared = str(pathlib.PurePosixPath(name).name) in text("cmake/testing.cmake")
        if not shared and (listing is None or relative not in text(str(listing))):
            yield f"{name}:1: is built by nobody; name it in {listing or 'a CMakeLists.txt'}"


@check("source")
def headers_stand_alone():
    """every header compiles alone"""
    headers = [n for n in cpp_files("server", "tests") if n.endswith(".h")]
    compiler = os.environ.get("CXX", "g++")

    def compile_alone(name):
        command = [compiler, "-std=c++20", "-fsyntax-only", "-I", str(ROOT), "-x", "c++", str(ROOT / name)]
        done = subprocess.run(command + ["-Wno-pragma-once-outside-header"], capture_output=True, text=True)
        return name, done.returncode, done.stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, status, errors in pool.map(compile_alone, headers):
            if status != 0:
                first = next((l for l in errors.splitlines() if "error" in l), errors[:200])
                yield f"{name}:1: does not compile alone: {first}"


# --- Documents --------------------------------------------------------------------------------------


def heading_anchors(name):
    """The anchors that GitHub gives the headings of a document."""
    anchors = set()
    for heading in re.findall(r"(?m)^#+\s+(.*?)\s*$", re.sub(r"(?s)```.*?```", "", text(name))):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        anchor = re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
        number = 0
        while (anchor if number == 0 else f"{anchor}-{number}") in anchors:
            number += 1
        anchors.add(anchor if number == 0 else f"{anchor}-{number}")
    return anchors


def links(name):
    """Yields (line number, target) of the links and pictures of a document."""
    content = re.sub(r"(?s)```.*?```", lambda m: re.sub(r"[^\n]", " ", m.group()), text(name))
    for line, match in matches(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", content):
        yield line, match.group(1)


@check("docs")
def links_resolve(_):
    """links in documents resolve"""
    for name in files():
        if not name.endswith(".md"):
            continue
        for line, target in links(name):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
            if not (ROOT / file).exists():
                yield f"{name}:{line}: {target} does not exist"
            elif anchor and file.endswith(".md") and anchor not in heading_anchors(file):
                yield f"{name}:{line}: {file} has no heading #{anchor}"


@check("docs")
def life_of_an_edit(_):
    """'The life of an edit, in files' names files that exist"""
    name = "docs/architecture.md"
    section = re.search(r"(?ms)^## The life of an edit, in files$(.*?)(?=^## |\Z)", text(name))
    if section is None:
        yield f"{name}:1: has no section '## The life of an edit, in files'"
        return
    named = re.findall(r"\]\(\.\./([^)]+)\)", section.group(1))
    for file in named:
        if not (ROOT / file).is_file():
            yield f"{name}:1: the life of an edit names {file}, which does not exist"
    if len(named) < 8:
        yield f"{name}:1: the life of an edit names only {len(named)} files; it passes through more"


@check("docs")
def options_are_documented(server):
    """every option of --help is in docs/operations.md, and the other way round"""
    name = "docs/operations.md"
    if server is None:
        yield f"{name}:1: cannot compare without the server; give --server BINARY"
        return
    known = set()
    for command in ([], ["serve"], ["worker"], ["migrate"], ["doc"], ["doc", "list"], ["doc", "show"], ["doc", "export"], ["doc", "import"]):
        done = subprocess.run([server, *command, "--help"], capture_output=True, text=True)
        if done.returncode != 0:
            yield f"{name}:1: `syncline-server {' '.join(command)} --help` fails"
        known |= set(re.findall(r"(?<![\w-])--([a-z][a-z0-9-]+)", done.stdout))
    documented = set(re.findall(r"(?<![\w-])--([a-z][a-z0-9-]+)", text(name)))
    for option in sorted(known - documented):
        yield f"{name}:1: --{option} is in --help but not here"
    for option in sorted(documented - known):
        yield f"{name}:1: --{option} is here but not in --help"


@check("docs")
def metrics_are_documented(_):
    """every metric and reason of the registry is in docs/operations.md, and the other way round"""
    name, registry = "docs/operations.md", "server/ports/metric.h"
    known = set(re.findall(r'"(syncline_[a-z_]+)"', text(registry)))
    for source in cpp_files("server/adapters/prometheus"):
        known |= set(re.findall(r'"(syncline_[a-z_]+)"', text(source)))
    documented = set(re.findall(r"\b(syncline_[a-z_]+)\b", text(name)))
    for metric in sorted(known - documented):
        yield f"{name}:1: {metric} is in {registry} but not here"
    for metric in sorted(documented - known):
        yield f"{name}:1: {metric} is here but not in {registry}"
    reasons = re.search(r"(?s)rejection_names = \{\{(.*?)\}\}", text(registry))
    for reason in re.findall(r'"(\w+)"', reasons.group(1)):
        if f"`{reason}`" not in text(name):
            yield f"{name}:1: the reason `{reason}` of syncline_rejected_total is not here"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("group", choices=CHECKS)
    parser.add_argument("--server", help="the built syncline-server")
    arguments = parser.parse_args()

    passed = failed = 0
    for function in CHECKS[arguments.group]:
        found = function(arguments.server) if arguments.group == "docs" else function()
        problems = list(found)
        title = function.__doc__.strip()
        if problems:
            failed += 1
            print(f"FAILED: {title}")
            for problem in problems:
                print(f"  {problem}")
        else:
            passed += 1
            print(f"ok: {title}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
