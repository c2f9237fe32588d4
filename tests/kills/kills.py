#!/usr/bin/env python3
"""Kills the programs at random moments of each of their modes, and looks at what is left.

    tests/kills/kills.py <folder of the programs> --kills 1000 --seed 1

Each mode runs once unbroken. It is then begun again and again in a folder of its own and killed (SIGKILL or SIGTERM) after
a random share of the time that it takes; now and then it may end. Whatever a kill leaves of models, pictures and tables is
byte for byte that of the unbroken run; reports and histories, which tell the time, are complete. What is in the folder
besides are at most temporary files, and the next run that ends has removed them.
"""
import argparse
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TABLE = "smoker,region,height,weight\n" + "".join(
    f"{'yes' if i % 3 else 'no'},{'north south west'.split()[i * 5 % 3]},{160 + i * 7 % 31}.5,{50 + i * 11 % 37}\n"
    for i in range(60))
FAMILY = "".join(f">s{i}\n" + "".join("ACGU-"[(i * k + k) % (4 + (i + k) % 2)] for k in range(12)) + "\n"
                 for i in range(40))
TRAIN = "--epochs 4 --hidden 4 --threads 1"
# Name, program and arguments; {} is the folder that must be whole. Of what `train` writes others are made.
MODES = [
    ("train", f"harmonium train table.csv {TRAIN} -o {{}}"),
    ("train, deep", "harmonium train table.csv --epochs 3 --hidden 4,3 --threads 1 -o {}"),
    ("train a target", f"harmonium train table.csv --target region {TRAIN} --tune-epochs 4 -o {{}}"),
    ("train a family", f"harmonium train family.fasta {TRAIN} --chain-count 10 -o {{}}"),
    ("report", "harmonium report {}"),
    ("sample", "harmonium sample model/model.safetensors -n 50 --steps 20 -o {}/rows.csv"),
    ("score", "harmonium score model/model.safetensors table.csv -o {}/rows.csv"),
    ("encode", "harmonium encode model/model.safetensors table.csv -o {}/codes.csv"),
    ("reconstruct", "harmonium reconstruct model/model.safetensors table.csv -o {}/rows.csv"),
    ("predict", "harmonium predict target/model.safetensors table.csv -o {}/rows.csv"),
    ("logo", "harmonium logo family.fasta -o {}/logo.svg"),
    ("contacts", "harmonium contacts family.fasta -o {}/contacts.csv"),
    ("mnist", "mnist --layers 8,8 --pre-training-epochs 1 --epochs 1 --threads 1 --data digits --hold-out 5 -o {}"),
]
# These tell the time, so that two runs differ; each has its last words.
ENDS = {"report.html": "</html>", "run.json": "}", "history.csv": "\n", "metrics.json": "}"}
UNFINISHED = ".tmp"
CHECKPOINT = "checkpoint.safetensors"           # of a run that was killed; it is as far as it got


def start(command, programs, work, folder):
    words = [word.replace("{}", folder) for word in command.split()]
    words[0] = str(programs / words[0])
    return subprocess.Popen(words, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def files_of(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix != UNFINISHED}


def faults(folder, expected):
    """What is wrong with a folder."""
    found = []
    for name, content in files_of(folder).items():
        if name == CHECKPOINT:
            continue
        if name not in expected:
            found.append(f"{name} is in no unbroken run")
        elif name in ENDS:
            if not content.decode().rstrip(" \n").endswith(ENDS[name].strip()):
                found.append(f"{name} is cut short")
        elif content != expected[name]:
            found.append(f"{name} differs")
    return found


def finish(process):
    errors = process.communicate()[1].decode()
    if process.returncode != 0:
        raise SystemExit(f"{process.args}: exit status {process.returncode}\n{errors}")


class Mode:
    def __init__(self, number, command, programs, work):
        self.command, self.programs, self.work = command, programs, work
        self.whole, self.broken = f"whole{number}", f"broken{number}"
        for folder in (self.whole, self.broken):
            if "report" in command.split():
                shutil.copytree(work / "model", work / folder)
            else:
                (work / folder).mkdir()
        begin = time.monotonic()
        finish(start(command, programs, work, self.whole))
        self.seconds = time.monotonic() - begin
        self.expected = files_of(work / self.whole)

    def kill(self, dice):
        """One attempt. Returns whether it was killed, and what is wrong then."""
        begin = time.monotonic()
        process = start(self.command, self.programs, self.work, self.broken)
        try:
            process.wait(timeout=1.1 * self.seconds * dice.random())
            self.seconds = time.monotonic() - begin  # how busy the machine is now
        except subprocess.TimeoutExpired:
            process.send_signal(dice.choice([signal.SIGKILL, signal.SIGTERM]))
        process.communicate()
        return process.returncode != 0, faults(self.work / self.broken, self.expected)

    def end(self, anew):
        """A run that ends, and what is wrong then. Its folder is emptied if the next ones shall begin anew."""
        folder = self.work / self.broken
        (folder / CHECKPOINT).unlink(missing_ok=True)
        finish(start(self.command, self.programs, self.work, self.broken))
        found = faults(folder, self.expected)
        found += [f"{p.name} is left" for p in folder.iterdir() if p.suffix == UNFINISHED]
        found += [f"{name} is not there" for name in self.expected if not (folder / name).exists()]
        if anew and "report" not in self.command.split():
            for path in folder.iterdir():
                path.unlink()
        return found


def digits(folder):
    """Files like those of MNIST, of 20 pictures and 10."""
    folder.mkdir()
    for name, count in (("train", 20), ("t10k", 10)):
        pixels = bytes((i * 37 % 251) * (i // 784 % 3 != i % 3) for i in range(784 * count))
        (folder / f"{name}-images-idx3-ubyte").write_bytes(
            b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (count, 28, 28)) + pixels)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(
            b"\0\0\x08\x01" + count.to_bytes(4, "big") + bytes(i % 10 for i in range(count)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    programs = given.programs.resolve()
    dice = random.Random(given.seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "table.csv").write_text(TABLE)
        (work / "family.fasta").write_text(FAMILY)
        digits(work / "digits")
        finish(start(f"harmonium train table.csv {TRAIN} -o {{}}", programs, work, "model"))
        finish(start(f"harmonium train table.csv --target region {TRAIN} -o {{}}", programs, work, "target"))
        modes = []
        for number, (what, command) in enumerate(MODES):
            if (programs / command.split()[0]).exists():
                modes.append((what, Mode(number, command, programs, work)))
        kills = {what: 0 for what, _ in modes}
        while sum(kills.values()) < given.kills:
            for what, mode in modes:
                for _ in range(10):
                    killed, found = mode.kill(dice)
                    kills[what] += killed
                    if found:
                        wrong += 1
                        print(f"{what}: {found}", file=sys.stderr)
                found = mode.end(dice.random() < 0.5)
                if found:
                    wrong += 1
                    print(f"{what}, after it ended: {found}", file=sys.stderr)
        for what, count in kills.items():
            print(f"{count:6} kills: {what}")
        print(f"{sum(kills.values())} kills, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
