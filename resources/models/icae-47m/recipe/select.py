"""select.py DATA OUT: from the corpora in DATA the files that the jobs read, in OUT: questions by source (squad, rest, generated,
instruct), texts (diverse, pretrain), and val-squad.jsonl, 600 questions over 260 paragraphs of squad-train. What shares 13
words in a row with one of those paragraphs is left out of every file of questions."""
import json, lzma, os, random, re, sys

data, out = sys.argv[1:3]
os.makedirs(out, exist_ok=True)
random.seed(17)


def lines(name):
    with lzma.open(f"{data}/{name}.jsonl.xz", "rt") as file:
        yield from file


def rows(name):
    return [json.loads(line) for line in lines(name)]


def words(text):
    return re.findall(r"\w+", text.lower())


def grams(text, n=13):
    w = words(text)
    return {hash(tuple(w[i:i + n])) for i in range(max(0, len(w) - n + 1))}


human, generated, instruct = rows("human"), rows("generated"), rows("instruct")
contexts = sorted({r["input"] for r in human if r["source"] == "squad-train" and len(words(r["input"])) >= 80})
random.shuffle(contexts)
held = set(contexts[:260])
held_grams = set().union(*(grams(c) for c in held))
validation = [r for r in human if r["source"] == "squad-train" and r["input"] in held]
random.shuffle(validation)


def clean(all_rows):
    apart = {text: not grams(text) & held_grams for text in {r["input"] for r in all_rows}}
    return [r for r in all_rows if apart[r["input"]]]


def share(source):
    """Of a source of instruct: templates make up much of it, and people ask otherwise."""
    parts = {"books-templ": 0.12, "wiki-templ": 0.3, "docs-": 0.3, "medquad": 0.15, "scitldr": 0.35, "synth": 0.6, "sgd": 0.5}
    return next((part for name, part in parts.items() if source.startswith(name)), 1.0)


def write(name, some):
    with lzma.open(f"{out}/{name}.jsonl.xz", "wt") as file:
        for r in sorted(some, key=lambda r: r["input"]):
            file.write(json.dumps(r, ensure_ascii=False) + "\n")


human, generated, instruct = clean(human), clean(generated), clean(instruct)
write("squad", [r for r in human if r["source"].startswith("squad")])
write("rest", [r for r in human if not r["source"].startswith("squad")])
write("generated", generated)
write("instruct", [r for r in instruct if random.random() < share(r["source"])])
with open(f"{out}/val-squad.jsonl", "w") as file:
    for r in validation[:600]:
        file.write(json.dumps({k: r[k] for k in ("input", "prompt", "answer")}, ensure_ascii=False) + "\n")

random.seed(23)
with lzma.open(f"{out}/diverse.jsonl.xz", "wt") as file:
    file.writelines(line for line in lines("diverse") if random.random() < 0.84)
with lzma.open(f"{out}/pretrain.jsonl.xz", "wt") as file:
    file.writelines(line for name in ("pretrain-0", "pretrain-1") for line in lines(name) if random.random() < 0.35)
