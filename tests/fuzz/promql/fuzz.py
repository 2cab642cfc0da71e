#!/usr/bin/env python3
"""Random PromQL over random data, asked of Prometheus and of Vigía. See README.md."""
import argparse
import collections
import contextlib
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import compare  # noqa: E402
import data  # noqa: E402
import grammar  # noqa: E402
import known  # noqa: E402
import servers  # noqa: E402
from twin.answer import Twin  # noqa: E402

SKIPPED = 77  # For ctest.
OLDEST = (2, 40)
TWIN_VERSION = (3, 14)
EXPRESSIONS_PER_WORLD = 1000
MINIMISE_TRIES = 300
DETERMINISM_TRIES = 4


class Query:
    """When to ask: at one time, or over a range."""

    def __init__(self, rng, version):
        self.instants = [self.time(rng)]
        start = self.time(rng)
        step = rng.choice([1, 15, 30, 60, 60, 293.5])
        steps = rng.randint(0, 40 if rng.random() < 0.96 else 800)
        self.range = {"start": start, "end": start + step * steps, "step": step}
        other_lookback = rng.random() < 0.1 and version >= (3, 0)
        self.lookback = {"lookback_delta": rng.choice(["20s", "1m", "7m13s", "1h"])} if other_lookback else {}

    @staticmethod
    def time(rng):
        t = data.BASE_MS + rng.randrange(-600_000, data.LENGTH_MS + 900_000, rng.choice([15_000, 1000, 14]))
        return t / 1000

    def requests(self):
        for t in self.instants:
            yield "query", {"time": repr(t), **self.lookback}
        yield "query_range", {**{key: repr(value) for key, value in self.range.items()}, **self.lookback}


class Sides:
    """Who is compared with whom."""

    def __init__(self, options):
        self.options = options
        self.has_twin = options.twin or options.prove_twin
        self.version = TWIN_VERSION
        if options.prove_twin or not options.twin:
            self.version = servers.version(options.reference)
        self.ours = self.twin if options.prove_twin else self.vigia
        self.theirs = self.twin if options.twin else self.prometheus

    def twin(self, _folder):
        return Twin()

    def vigia(self, folder):
        return servers.Server("vigia", self.options.binary, folder)

    def prometheus(self, folder):
        return servers.Server("prometheus", self.options.reference, folder)

    def __str__(self):
        prometheus = "Prometheus {}.{}".format(*self.version)
        return f"the twin against {prometheus}" if self.options.prove_twin else "the twin" if self.options.twin else prometheus


class Session:
    """Two sides with the data of one world."""

    def __init__(self, sides, seed, folder):
        self.seed = seed
        self.version = sides.version
        self.has_twin = sides.has_twin
        with_native = self.version >= (3, 0) and not sides.has_twin
        self.world = data.World(random.Random(f"data {seed}"), self.version, with_native)
        self.sides = sides
        self.folder = folder
        self.start()

    def start(self):
        folder = tempfile.mkdtemp(dir=self.folder)
        with contextlib.ExitStack() as started:
            self.theirs = self.sides.theirs(folder)
            started.callback(self.theirs.stop)
            self.ours = self.sides.ours(folder)
            started.callback(self.ours.stop)
            for side in (self.theirs, self.ours):
                side.load(self.world)
            self.to_stop = started.pop_all()

    def stop(self):
        self.to_stop.close()

    def difference(self, node, path, parameters):
        """In words, or None; and the reference's answer. A reference that agrees with us now and then is no reference."""
        for _ in range(DETERMINISM_TRIES):
            try:
                words, theirs = self.difference_now(node, path, parameters)
            except servers.Ended as error:
                self.stop()
                self.start()
                return str(error), None
            if words is None:
                return None, theirs
        return words, theirs

    def difference_now(self, node, path, parameters):
        parameters = {"query": str(node), **parameters}
        theirs = self.theirs.ask(path, parameters)
        ours = self.ours.ask(path, parameters)
        if self.version < (3, 0) and theirs[1].get("errorType") == "bad_data" or known.refused(node, self.version, theirs):
            return None, theirs[1]
        tolerance = compare.Tolerance(known.relative_tolerance(node, self.version), known.zeros_are_equal(node), known.is_infinite_early(node))
        rewrite = known.no_annotations if self.has_twin else known.rewrite(node, self.version)
        return compare.difference(ours, theirs, tolerance, known.order(node), rewrite), theirs[1]

    def minimise(self, node, path, parameters):
        tries = 0
        progress = True
        while progress:
            progress = False
            for less in grammar.smaller(node):
                tries += 1
                if tries > MINIMISE_TRIES:
                    return node
                if known.exclusion(less, path, self.version) is None and self.difference(less, path, parameters)[0]:
                    node, progress = less, True
                    break
        return node


class Tally:
    def __init__(self):
        self.expressions = 0
        self.queries = 0
        self.errors = 0
        self.empty = 0
        self.excluded = collections.Counter()
        self.differences = 0

    def count(self, answer):
        """`answer` is the reference's, or None when a server ended."""
        self.queries += 1
        if answer is None:
            return
        if answer["status"] == "error":
            self.errors += 1
        elif not answer["data"]["result"]:
            self.empty += 1

    def print(self):
        print(f"{self.expressions} expressions, {self.queries} queries ({self.errors} errors, {self.empty} empty): "
              f"{self.differences} differences")
        for reason, count in self.excluded.most_common():
            print(f"  left out {count} queries: {reason}")


def run_world(options, session, first, count, deadline, tally):
    for i in range(first, first + count):
        if time.monotonic() > deadline or tally.differences >= options.max_differences:
            return
        rng = random.Random(f"expression {session.seed} {i}")
        node = grammar.Grammar(rng, session.world.metrics, session.version >= TWIN_VERSION).expression()
        query = Query(rng, session.version)
        tally.expressions += 1
        for path, parameters in query.requests():
            excluded = known.exclusion(node, path, session.version)
            if excluded:
                tally.excluded[excluded.reason] += 1
                continue
            words, answer = session.difference(node, path, parameters)
            tally.count(answer)
            if words is None:
                continue
            tally.differences += 1
            less = session.minimise(node, path, parameters) if options.minimise else node
            words, _ = session.difference(less, path, parameters)
            print(f"--- seed {session.seed} expression {i}: {path} {parameters}\n  {less}\n  ours / theirs: {words}", flush=True)
            break


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=os.environ.get("VIGIA_BINARY", "build/release/vigia"), help="Vigía")
    parser.add_argument("--reference", default=os.environ.get("PROMETHEUS_BINARY", "prometheus"), help="Prometheus")
    parser.add_argument("--twin", action="store_true", help="the twin evaluator is the reference, even where Prometheus is installed")
    parser.add_argument("--prove-twin", action="store_true", help="the twin evaluator in the place of Vigía")
    parser.add_argument("--seed", type=int, help="default: from the clock")
    parser.add_argument("--count", type=int, default=None, help=f"expressions; {EXPRESSIONS_PER_WORLD} for each set of data")
    parser.add_argument("--seconds", type=float, default=None, help="an end by time")
    parser.add_argument("--first", type=int, default=0, help="number of the first expression, to repeat a single one")
    parser.add_argument("--max-differences", type=int, default=20)
    parser.add_argument("--no-minimise", dest="minimise", action="store_false")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)  # It is started in another folder.
    if shutil.which(options.reference) is None:
        if options.prove_twin:
            print(f"no {options.reference} here: nothing to compare with")
            return SKIPPED
        options.twin = True
    sides = Sides(options)
    if sides.version < OLDEST:
        print(f"{sides}: its language is another (ranges closed at both ends, ...)")
        return SKIPPED
    seed = options.seed if options.seed is not None else int(time.time())
    count = options.count if options.count is not None else (10**9 if options.seconds else EXPRESSIONS_PER_WORLD)
    deadline = time.monotonic() + (options.seconds or 3600)
    tally = Tally()
    print(f"{sides}, seed {seed}", flush=True)
    while count > 0 and time.monotonic() < deadline and tally.differences < options.max_differences:
        part = min(count, EXPRESSIONS_PER_WORLD)
        with tempfile.TemporaryDirectory(prefix="vigia-fuzz-") as folder:
            session = Session(sides, seed, folder)
            try:
                run_world(options, session, options.first, part, deadline, tally)
            finally:
                session.stop()
        seed += 1
        count -= part
    tally.print()
    if sides.has_twin:
        for what, reason in known.NOT_TWINNED.items():
            print(f"  the twin has no {what}: {reason}")
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main())
