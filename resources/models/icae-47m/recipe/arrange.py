"""arrange.py FOLDER: from FOLDER's squad, generated and rest (.jsonl.xz) makes what the jobs read beside them:
squad.jsonl: its questions, and to each paragraph in part some that a near one answers and it does not;
packs.jsonl: several paragraphs in one text with questions on all of them, some of which only others answer.
arrange.py FOLDER --validation: val-multi.jsonl and val-none.jsonl from val-squad.jsonl instead."""
import collections, json, lzma, math, random, sys
from apart import words

refusal = "The text does not answer this question."
folder, validation = sys.argv[1], "--validation" in sys.argv
random.seed(29)


def read(name):
    path = f"{folder}/{name}"
    with (lzma.open(path, "rt") if path.endswith(".xz") else open(path)) as file:
        return [json.loads(line) for line in file]


def by_text(rows):
    texts = collections.defaultdict(list)
    for r in rows:
        texts[r["input"]].append(r)
    return texts


def write(name, rows):
    with open(f"{folder}/{name}", "w") as file:
        for r in rows:
            file.write(json.dumps({k: r[k] for k in ("input", "prompt", "answer")}, ensure_ascii=False) + "\n")
    print(name, len(rows), sum(r["answer"] == refusal for r in rows), flush=True)


class Near:
    """Paragraphs by the rare words they share with a question."""

    def __init__(self, paragraphs):
        self.paragraphs = paragraphs
        self.small = [p.lower() for p in paragraphs]
        self.count = collections.Counter(w for p in paragraphs for w in set(words(p)))
        self.index = collections.defaultdict(list)
        for i, p in enumerate(paragraphs):
            for w in set(words(p)):
                if self.count[w] <= 400:
                    self.index[w].append(i)

    def find(self, row):
        """One that shares much with the question, and holds neither answer nor is its own."""
        score = collections.Counter()
        for w in set(words(row["prompt"])):
            for i in self.index.get(w, ()):
                score[i] += math.log(len(self.paragraphs) / self.count[w])
        answer = row["answer"].lower().strip(" .")
        good = [i for i, _ in score.most_common(12) if self.paragraphs[i] != row["input"] and answer not in self.small[i]]
        return self.paragraphs[random.choice(good[:4])] if good else None


def joined(own, others, size):
    """Paragraphs in any order, about `size` characters in all."""
    parts, n = list(own), sum(map(len, own))
    for _ in range(60):
        p = random.choice(others)
        if n >= size or n + len(p) > size + 300:
            break
        if p not in parts:
            parts.append(p)
            n += len(p) + 2
    random.shuffle(parts)
    return parts


if validation:
    rows = read("val-squad.jsonl")
    paragraphs = sorted({r["input"] for r in read("squad.jsonl.xz") if 300 < len(r["input"]) < 2600})
    near = Near(sorted({r["input"] for r in rows}))
    random.shuffle(rows)
    multi = []
    for r in rows[:300]:
        others = [p for p in joined([r["input"]], paragraphs, 7600) if p == r["input"] or r["answer"].lower() not in p.lower()]
        multi.append(dict(r, input="\n\n".join(others)))
    write("val-multi.jsonl", multi)
    write("val-none.jsonl", [dict(input=n, prompt=r["prompt"], answer=refusal) for r in rows if (n := near.find(r))][:300])
    sys.exit()

squad = read("squad.jsonl.xz")
texts = by_text(squad)
near = Near(sorted(p for p in texts if 300 < len(p) < 2600))
unanswered = []
for r in random.sample(squad, len(squad) // 11):
    if len(r["input"]) > 300 and (n := near.find(r)):
        unanswered.append(dict(input=n, prompt=r["prompt"], answer=refusal, other=r["input"]))
write("squad.jsonl", squad + unanswered)

# Packs: of SQuAD's paragraphs three times as many as of others.
aside = by_text(unanswered)
generated = by_text(r for r in read("generated.jsonl.xz") if r["answer"] != refusal)
rest = by_text(r for r in read("rest.jsonl.xz") if len(r["answer"]) < 120 and r["answer"] != refusal)
pools = [(texts, 15000), (generated, 5000), (rest, 4000)]
packs = []
for pool, count in pools:
    paragraphs = sorted(p for p in pool if len(p) < 2600)
    for _ in range(count):
        parts = joined([random.choice(paragraphs)], paragraphs, random.choice([1600, 1600, 3000, 4500, 6200, 7300, 7300]))
        text = "\n\n".join(parts)
        asked = [r for p in parts for r in random.sample(pool[p], min(len(pool[p]), 3))]
        # A question whose answer stands in several paragraphs may mean another than its own.
        asked = [r for r in asked if sum(r["answer"].lower() in p.lower() for p in parts) <= 1]
        for r in random.sample(asked, min(len(asked), 7)):
            packs.append(dict(r, input=text))
        stray = [r for p in parts for r in aside.get(p, ()) if r["other"] not in parts] if pool is texts else []
        packs.extend(dict(r, input=text) for r in stray[:1])
write("packs.jsonl", packs)
