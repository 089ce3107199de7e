"""choose_first.py DATA OUT: from the corpora in DATA the files that the jobs read, in OUT: questions by source (squad, rest, generated,
instruct), texts (diverse, pretrain), and val-squad.jsonl, 600 questions over 260 paragraphs of squad-train. What shares 13
words in a row with one of those paragraphs is left out of every file of questions."""
import json, lzma, os, random, sys
from apart import clean, grams, share, validation, write_validation

data, out = sys.argv[1:3]
os.makedirs(out, exist_ok=True)


def lines(name):
    with lzma.open(f"{data}/{name}.jsonl.xz", "rt") as file:
        yield from file


def rows(name):
    return [json.loads(line) for line in lines(name)]


human, generated, instruct = rows("human"), rows("generated"), rows("instruct")
paragraphs, questions = validation(human)
held_grams = set().union(*(grams(c) for c in paragraphs))
write_validation(f"{out}/val-squad.jsonl", questions)


def write(name, some):
    with lzma.open(f"{out}/{name}.jsonl.xz", "wt") as file:
        for r in sorted(some, key=lambda r: r["input"]):
            file.write(json.dumps(r, ensure_ascii=False) + "\n")


human, generated, instruct = (clean(some, held_grams) for some in (human, generated, instruct))
write("squad", [r for r in human if r["source"].startswith("squad")])
write("rest", [r for r in human if not r["source"].startswith("squad")])
write("generated", generated)
write("instruct", [r for r in instruct if random.random() < share(r["source"])])

random.seed(23)
with lzma.open(f"{out}/diverse.jsonl.xz", "wt") as file:
    file.writelines(line for line in lines("diverse") if random.random() < 0.84)
with lzma.open(f"{out}/pretrain.jsonl.xz", "wt") as file:
    file.writelines(line for name in ("pretrain-0", "pretrain-1") for line in lines(name) if random.random() < 0.35)
