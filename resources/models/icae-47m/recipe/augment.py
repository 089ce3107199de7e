"""augment.py FOLDER [VAL OUT]: from FOLDER/squad.jsonl.xz makes multi.jsonl (a question's paragraph among others) and none.jsonl (a
paragraph that is close to a question and does not answer it). With VAL (questions kept apart) writes OUT/val-multi.jsonl and
OUT/val-none.jsonl instead."""
import collections, json, lzma, math, random, re, sys
refusal = "The text does not answer this question."
words = lambda s: re.findall(r"\w+", s.lower())
def read(p): return [json.loads(l) for l in (lzma.open(p, 'rt') if p.endswith('.xz') else open(p))]
folder = sys.argv[1]; rows = read(folder + '/squad.jsonl.xz'); random.seed(29)
paragraphs = sorted({r['input'] for r in rows if r['source'] != 'squad-train-sentence' and 300 < len(r['input']) < 2600})
validation = len(sys.argv) > 2
questions = read(sys.argv[2]) if validation else [r for r in rows if r['source'] == 'squad-train']
pool = sorted({r['input'] for r in questions}) if validation else paragraphs
df = collections.Counter(w for p in pool for w in set(words(p))); index = collections.defaultdict(list)
for i, p in enumerate(pool):
    for w in set(words(p)):
        if df[w] <= 400: index[w].append(i)
def near(r):
    """The paragraph that shares most with the question but holds neither answer nor is its own."""
    score = collections.Counter()
    for w in set(words(r['prompt'])):
        if w in index:
            for i in index[w]: score[i] += math.log(len(pool) / df[w])
    answer = r['answer'].lower().strip(' .')
    good = [i for i, _ in score.most_common(12) if pool[i] != r['input'] and answer not in pool[i].lower()]
    return pool[random.choice(good[:4])] if good else None
def among(r, size):
    """The question's paragraph among others, about `size` characters in all."""
    parts = [r['input']]; n = len(r['input'])
    for _ in range(60):
        if n >= size: break
        p = random.choice(paragraphs)
        if n + len(p) > size + 300: break
        if r['answer'].lower() in p.lower(): continue
        parts.append(p); n += len(p) + 2
    random.shuffle(parts); return "\n\n".join(parts)
def dump(p, rs):
    with open(p, 'w') as f:
        for r in rs: f.write(json.dumps(r, ensure_ascii=False) + '\n')
    print(p, len(rs))
random.shuffle(questions)
if validation:
    out = sys.argv[3]
    dump(out + '/val-multi.jsonl', [dict(input=among(r, 7600), prompt=r['prompt'], answer=r['answer']) for r in questions[:300]])
    dump(out + '/val-none.jsonl', [dict(input=n, prompt=r['prompt'], answer=refusal) for r in questions if (n := near(r))][:300])
else:
    dump(folder + '/multi.jsonl', [dict(input=among(r, random.choice([2500, 4500, 6500, 7200])), prompt=r['prompt'], answer=r['answer']) for r in questions[:24000]])
    none = [dict(input=n, prompt=r['prompt'], answer=refusal) for r in questions[:22000] if (n := near(r))]
    for r in none[:3000]: r['input'] = among(dict(input=r['input'], answer=refusal), random.choice([2500, 4500]))
    dump(folder + '/none.jsonl', none)
