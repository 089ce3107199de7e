"""thin.py IN VARIED OUT [--keep SHARE] [--rows]: of VARIED (vary.py's rows, made from IN) those whose question and answer IN has too are thinned to
SHARE of their number. A text goes with all its questions or stays with all of them: those go first of whose questions most are as before.
With --rows single questions go instead, by chance, so that none that changed is lost."""
import argparse, collections, json, random

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("varied")
parser.add_argument("out")
parser.add_argument("--keep", type=float, default=1 / 3)
parser.add_argument("--rows", action="store_true")
args = parser.parse_args()
random.seed(37)

with open(args.file) as file:
    known = {(r["prompt"], r["answer"]) for r in map(json.loads, file)}
texts = collections.defaultdict(list)
with open(args.varied) as file:
    for line in file:
        r = json.loads(line)
        texts[r["input"]].append((line, (r["prompt"], r["answer"]) in known))
total = sum(len(rows) for rows in texts.values())
same = left = sum(old for rows in texts.values() for _, old in rows)
if args.rows:
    texts = {text: [(line, old) for line, old in rows if not old or random.random() < args.keep] for text, rows in texts.items()}
else:
    order = list(texts)
    random.shuffle(order)
    for text in sorted(order, key=lambda t: -sum(old for _, old in texts[t]) / len(texts[t])):
        if left <= args.keep * same:
            break
        left -= sum(old for _, old in texts.pop(text))
with open(args.out, "w") as out:
    out.writelines(line for rows in texts.values() for line, _ in rows)
kept = [old for rows in texts.values() for _, old in rows]
print(f"{total} rows, {same} as before; kept {len(kept)}, {sum(kept)} as before, over {sum(map(bool, texts.values()))} texts")
