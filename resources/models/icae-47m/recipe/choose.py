"""choose.py DATA RULES OUT: from the corpora in DATA and the questions that rules made of their articles (RULES, .jsonl) the files
that the others read, in OUT: questions by source (squad, rest, generated, instruct), the paragraphs kept apart (held.jsonl), and
val-squad.jsonl, 600 questions over them. PYTHONHASHSEED=0."""
import json, lzma, os, random, subprocess, sys
from apart import clean, grams, share, validation, write_validation

data, rules, out = sys.argv[1:4]
os.makedirs(out, exist_ok=True)
refusal = "The text does not answer this question."


def lines(name):
    with lzma.open(f"{data}/{name}.jsonl.xz", "rt") as file:
        yield from file


def rows(name):
    return [json.loads(line) for line in lines(name)]


human, instruct = rows("human"), rows("instruct")
paragraphs, questions = validation(human)
held_grams = set().union(*(grams(c) for c in paragraphs))
write_validation(f"{out}/val-squad.jsonl", questions)
with open(f"{out}/held.jsonl", "w") as file:
    file.writelines(json.dumps({"input": c}, ensure_ascii=False) + "\n" for c in paragraphs)


def pack(name, some_lines):
    """xz on all cores; equal contexts stand together."""
    with open(f"{out}/{name}.jsonl.xz", "wb") as file:
        process = subprocess.Popen(["xz", "-T0", "-6"], stdin=subprocess.PIPE, stdout=file)
        for line in some_lines:
            process.stdin.write(line.encode())
        process.stdin.close()
        if process.wait():
            sys.exit("xz failed")


def write(name, some):
    some = clean(some, held_grams)
    print(name, len(some))
    keep = ("input", "prompt", "answer")
    pack(name, (json.dumps({k: r[k] for k in keep}, ensure_ascii=False) + "\n" for r in sorted(some, key=lambda r: r["input"])))


write("squad", [r for r in human if r["source"].startswith("squad")])
write("rest", [r for r in human if not r["source"].startswith("squad")])
write("instruct", [r for r in instruct if random.random() < share(r["source"])])
with open(rules) as file:
    # A tenth of what rules made is not answered: half of that is enough.
    write("generated", [r for r in map(json.loads, file) if r["answer"] != refusal or random.random() < 0.5])
