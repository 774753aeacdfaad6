#!/usr/bin/env python3
"""Puts small faults into the headers, one at a time, and looks whether a test notices.

The faults stand in the .txt files beside this script; tests/README.md says how to read and add one.
Every job has a copy of include/ and a build of the tests against it. A fault goes through the tests
that it names; if these pass, through all others that include its header.
"""
import argparse
import datetime
import os
import pathlib
import queue
import random
import re
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TESTS = HERE.parent
FLAGS = "-O1 -DNDEBUG -w"  # -O0 compiles in two thirds of the time, and its tests run for minutes
# A fault may make a loop endless, or a test wait for itself.
CPU_SECONDS = 20  # of the processor, beyond five times what a test takes without a fault
WAITING_SECONDS = 30  # on the clock, beyond four times the processor's
WALL_SECONDS = 600  # on the clock, at the most
TOO_LARGE = ("test_large",)  # runs where a mutant names it alone


class Mutant:
    """A fault: `old` becomes `new` in `file`, a path in include/cutmix."""

    def __init__(self, name, where):
        self.name, self.where = name, where
        self.file = self.why = self.equivalent = self.needs = ""
        self.tests = []  # (program, case or None)
        self.compiles = True
        self.old, self.new = [], []

    def texts(self):
        return "\n".join(self.old), "\n".join(self.new)


def parse(path):
    mutants = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path.name}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        mutant = mutants[-1] if mutants else None
        if line.startswith("["):
            mutants.append(Mutant(line.strip("[]"), where))
        elif line[0] in "-+" and line[1:2] in ("", " "):
            (mutant.old if line[0] == "-" else mutant.new).append(line[2:])
        else:
            key, _, value = line.partition(": ")
            if key == "test":
                program, _, case = value.partition(" ")
                mutant.tests.append((program, case.strip('"') or None))
            elif key == "compiles":
                mutant.compiles = value != "no"
            elif key in ("file", "why", "equivalent", "needs"):
                setattr(mutant, key, value)
            else:
                sys.exit(f"{where}: what is '{line}'?")
    return mutants


def check(mutants):
    """A list rots: what is replaced must stand there once, and the tests must be there."""
    wrong, names = [], set()
    for m in mutants:
        header = ROOT / "include/cutmix" / m.file
        old, new = m.texts()
        count = header.read_text().count(old) if old and header.is_file() else 0
        if count != 1:
            wrong.append(f"{m.where}: [{m.name}] the old text stands {count} times in {m.file}")
        if old == new:
            wrong.append(f"{m.where}: [{m.name}] replaces a text by itself")
        if m.name in names:
            wrong.append(f"{m.where}: [{m.name}] is there twice")
        names.add(m.name)
        if not m.why and not m.equivalent:
            wrong.append(f"{m.where}: [{m.name}] does not say why")
        if not m.tests:
            wrong.append(f"{m.where}: [{m.name}] names no test")
        for program, case in m.tests:
            if program.startswith("must_not_compile_"):
                source = TESTS / "must_not_compile" / (program[len("must_not_compile_"):] + ".cpp")
            else:
                source = TESTS / f"{program}.cpp"
            if not source.is_file():
                wrong.append(f"{m.where}: [{m.name}] there is no test {program}")
            elif case and f'"{case}"' not in joined_literals(source.read_text()):
                wrong.append(f"{m.where}: [{m.name}] {program} has no case \"{case}\"")
    if wrong:
        sys.exit("\n".join(wrong))


def joined_literals(source):
    return re.sub(r'"\s*\n\s*"', "", source)


# Test cases stand at the left edge, as clang-format puts them, and so does the brace that ends one.
CASE = re.compile(r"^\w*TEST_CASE\w*\((.*?)^}\n", re.MULTILINE | re.DOTALL)


def with_cases(source, cases):
    """A test's source with some of its cases alone, for it is mostly cases that take time to compile.
    None among them: all."""
    def kept(match):
        name = re.match(r'\s*"((?:[^"\\]|\\.)*)"', joined_literals(match.group(1)))
        return match.group(0) if name and name.group(1) in cases else ""

    return source if None in cases else CASE.sub(kept, source)


INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def headers_of(source, seen=None):
    """The library's headers that a source includes, as paths in include/cutmix."""
    seen = set() if seen is None else seen
    for name in INCLUDE.findall(source.read_text()):
        for path in (source.parent / name, ROOT / "include" / name):
            path = pathlib.Path(os.path.normpath(path))
            if path.is_file() and path not in seen:
                seen.add(path)
                headers_of(path, seen)
                break
    base = ROOT / "include/cutmix"
    return {str(path.relative_to(base)) for path in seen if base in path.parents}


def processor():
    """What the processor can do, as Linux names it."""
    path = pathlib.Path("/proc/cpuinfo")
    found = re.search(r"^flags\s*:(.*)", path.read_text() if path.is_file() else "", re.MULTILINE)
    return found.group(1).split() if found else []


class Job:
    """A copy of the headers, and a build of the tests against it."""

    def __init__(self, folder, cmake_arguments):
        self.source, self.build = folder / "source", folder / "build"
        self.whole = {}  # texts of headers and tests before anything was changed in them
        shutil.rmtree(self.source, ignore_errors=True)
        self.source.mkdir(parents=True)
        for entry in ROOT.iterdir():
            if entry.name in ("include", "tests", ".git") or entry.name.startswith("build"):
                continue
            (self.source / entry.name).symlink_to(entry)
        # With new times: what a run that was stopped has left must be built again.
        shutil.copytree(ROOT / "include", self.source / "include", copy_function=shutil.copy)
        shutil.copytree(TESTS, self.source / "tests", copy_function=shutil.copy)
        self.run(["cmake", "-S", self.source, "-B", self.build, "-DCMAKE_BUILD_TYPE=Debug",
                  f"-DCMAKE_CXX_FLAGS_DEBUG={FLAGS}", "-DCUTMIX_BUILD_EXAMPLES=OFF",
                  *cmake_arguments], check=True)

    def run(self, command, check=False, cpu=None):
        """0, or what else it returned, and what it said."""
        command = [str(word) for word in command]
        seconds = WALL_SECONDS
        if cpu:
            seconds = min(seconds, WAITING_SECONDS + 4 * cpu)
            command = ["sh", "-c", f'ulimit -t {cpu}; exec "$@"', "sh", *command]
        try:
            done = subprocess.run(command, cwd=self.build.parent, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace",
                                  timeout=seconds)
        except subprocess.TimeoutExpired:
            return 1, "it did not end"
        if check and done.returncode != 0:
            sys.stderr.write(done.stdout)
            raise RuntimeError(" ".join(command))
        return done.returncode, done.stdout

    def targets(self):
        said = self.run(["cmake", "--build", self.build, "--target", "help"], check=True)[1]
        return set(re.findall(r"\btest_\w+", said))

    def put(self, file, old, new):
        path = self.source / "include/cutmix" / file
        self.whole.setdefault(file, path.read_text())
        path.write_text(self.whole[file].replace(old, new))

    def restore(self, file):
        self.put(file, "", "")

    def make(self, program, cases):
        """Builds a test with some of its cases."""
        if program.startswith("must_not_compile_"):
            return 0, ""
        path = self.source / "tests" / f"{program}.cpp"
        now = path.read_text()
        wanted = with_cases(self.whole.setdefault(program, now), cases)
        if now != wanted:
            path.write_text(wanted)
        return self.run(["cmake", "--build", self.build, "--target", program])

    def test(self, program, case, cpu):
        if program.startswith("must_not_compile_"):
            return self.run(["ctest", "--test-dir", self.build, "-R", f"^{program}$"], cpu=cpu)
        command = [self.build / "tests" / program, "-a"]
        if case:
            command.append(re.sub(r"([,\[\]*\\])", r"\\\1", case))
        return self.run(command, cpu=cpu)


class Runner:
    def __init__(self, jobs, named):
        self.jobs, self.named = jobs, named
        self.lock = threading.Lock()
        self.allowed = {}  # CPU seconds by (program, case), of those that pass without a fault
        self.results = {}  # by name: outcome, by what, seconds
        self.work = queue.Queue()
        self.failure = None
        programs = sorted(p for p in jobs[0].targets() if (TESTS / f"{p}.cpp").is_file())
        self.includes = {p: headers_of(TESTS / f"{p}.cpp") for p in programs}

    def has(self, program):
        return program in self.includes or program.startswith("must_not_compile_")

    def can_run(self, mutant):
        """Whether its tests are built here, and the processor has what the fault is in."""
        if not any(self.has(program) for program, _ in mutant.tests):
            print(f"skipped, for {mutant.tests[0][0]} is not built here: {mutant.name}")
        elif mutant.needs and mutant.needs not in processor():
            print(f"skipped, for the processor has no {mutant.needs}: {mutant.name}")
        else:
            return True
        return False

    def each(self, items, visit):
        """visit(job, item) for all, as many at a time as there are jobs."""
        for item in items:
            self.work.put(item)

        def work(job):
            try:
                while self.failure is None:
                    visit(job, self.work.get_nowait())
            except queue.Empty:
                pass
            except Exception as error:  # a job that cannot go on ends the run
                self.failure = error

        threads = [threading.Thread(target=work, args=(job,)) for job in self.jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failure is not None:
            sys.exit(f"mutants: {self.failure}")

    def baseline(self, job, program, cases):
        """Tests without a fault must pass: else nothing they say of one counts."""
        code, said = job.make(program, cases)
        if code != 0:
            sys.stderr.write(said)
            raise RuntimeError(f"{program} does not compile")
        for case in cases:
            start = time.monotonic()
            code, said = job.test(program, case, None)
            if code != 0:
                sys.stderr.write(said)
                raise RuntimeError(f"{program} {case or ''} fails without a fault")
            with self.lock:
                self.allowed[program, case] = int(CPU_SECONDS + 5 * (time.monotonic() - start))

    def judge(self, job, mutant):
        start = time.monotonic()
        old, new = mutant.texts()
        job.put(mutant.file, old, new)
        outcome, by = self.outcome(job, mutant)
        job.restore(mutant.file)
        seconds = time.monotonic() - start
        with self.lock:
            self.results[mutant.name] = outcome, by, seconds
            print(f"{outcome:18} {mutant.name:34} {mutant.file:28} {seconds:5.0f} s  {by}",
                  flush=True)

    def outcome(self, job, mutant):
        named = [(p, c) for p, c in mutant.tests if self.has(p)]
        whole = [(p, None) for p in dict(named)]
        others = [(p, None) for p in self.includes
                  if mutant.file in self.includes[p] and p not in TOO_LARGE]
        tried = set()
        tests = named if mutant.equivalent or self.named else named + whole + others
        for test in tests:
            if test in tried or (test[0].startswith("must_not") and test not in named):
                continue
            tried.add(test)
            program, case = test
            cases = [c for p, c in named if p == program and c] if case else [None]
            code, said = job.make(program, cases)
            if code != 0:
                if not mutant.compiles:
                    return "caught", f"{program} does not compile"
                print("\n".join(re.findall(r".*error.*", said)[:3]))
                return "DOES NOT COMPILE", program
            code, said = job.test(program, case, self.allowed.get(test, WALL_SECONDS))
            if code == 0:
                continue
            if test not in self.allowed:
                job.restore(mutant.file)
                self.baseline(job, program, [case])
            found = re.search(r"^-{79}\n(.*)\n(?:.*\n)*?-{79}", said, re.MULTILINE)
            return "caught", program + (f": {found.group(1).strip()}" if found else "")
        if mutant.equivalent:
            return "equivalent", ""
        return "NOT CAUGHT", f"passed {', '.join(sorted({p for p, _ in tried}))}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/mutants",
                        help="where everything is built (build/mutants)")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", action="append", default=[], metavar="TEXT",
                        help="faults whose name, header or list has this text in it; may be repeated")
    parser.add_argument("--sample", type=int, metavar="N", help="only N of them, chosen by the seed")
    parser.add_argument("--seed", default=datetime.date.today().isoformat(),
                        help="the date by which a sample is chosen (today)")
    parser.add_argument("--named", action="store_true",
                        help="run the tests that a fault names alone, not all others after these")
    parser.add_argument("--list", action="store_true", help="check the lists, and build nothing")
    parser.add_argument("--lists", type=pathlib.Path, default=HERE, help="where the lists are")
    parser.add_argument("cmake", nargs="*", help="arguments for CMake, behind --")
    options = parser.parse_args()

    mutants = [m for path in sorted(options.lists.glob("*.txt")) for m in parse(path)]
    check(mutants)
    if options.only:
        mutants = [m for m in mutants
                   if any(t in text for t in options.only for text in (m.name, m.file, m.where))]
    if options.list:
        headers = {m.file for m in mutants}
        equal = sum(bool(m.equivalent) for m in mutants)
        print(f"{len(mutants)} mutants in {len(headers)} headers, {equal} of them equivalent")
        return 0
    start = time.monotonic()
    build = options.build.resolve()
    jobs = [Job(build / str(i), options.cmake) for i in range(options.jobs)]
    runner = Runner(jobs, options.named)
    mutants = [m for m in mutants if runner.can_run(m)]
    if options.sample is not None:
        live = [m for m in mutants if not m.equivalent]
        mutants = random.Random(options.seed).sample(live, min(options.sample, len(live)))
        print(f"{len(mutants)} mutants chosen by {options.seed}")

    wanted = {}
    for m in mutants:
        for program, case in m.tests:
            if runner.has(program):
                wanted.setdefault(program, {})[case] = None
    runner.each(wanted.items(), lambda job, item: runner.baseline(job, *item))
    print(f"{len(wanted)} tests pass without a fault, {time.monotonic() - start:.0f} s", flush=True)
    runner.each(mutants, runner.judge)

    outcomes = [runner.results[m.name][0] for m in mutants]
    live = [m for m in mutants if not m.equivalent]
    wrong = [m for m in mutants
             if runner.results[m.name][0] != ("equivalent" if m.equivalent else "caught")]
    for m in wrong:
        print(f"\n{m.where}: [{m.name}] {runner.results[m.name][0]}: {m.why or m.equivalent}")
    caught = sum(runner.results[m.name][0] == "caught" for m in live)
    print(f"{time.monotonic() - start:.0f} s")
    print(f"caught {caught} of {len(live)}, {outcomes.count('equivalent')} equivalent")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
