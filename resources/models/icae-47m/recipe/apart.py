"""What choose_first.py and choose.py share: which paragraphs are kept apart for validation (texts that share 13 words in a row with
them are not trained on), and how much of each source of `instruct` is read."""
import json, random, re


def words(text):
    return re.findall(r"\w+", text.lower())


def grams(text, n=13):
    w = words(text)
    return {hash(tuple(w[i:i + n])) for i in range(max(0, len(w) - n + 1))}


def held(file):
    return set().union(*(grams(text) for text in {json.loads(line)["input"] for line in open(file)}))


def clean(rows, held_grams):
    apart = {text: not grams(text) & held_grams for text in {r["input"] for r in rows}}
    return [r for r in rows if apart[r["input"]]]


def validation(human):
    """260 paragraphs of squad-train, and the questions over them; seeds random."""
    random.seed(17)
    contexts = sorted({r["input"] for r in human if r["source"] == "squad-train" and len(words(r["input"])) >= 80})
    random.shuffle(contexts)
    paragraphs = contexts[:260]
    questions = [r for r in human if r["source"] == "squad-train" and r["input"] in set(paragraphs)]
    random.shuffle(questions)
    return paragraphs, questions


def share(source):
    """Templates make up much of `instruct`, and people ask otherwise."""
    parts = {"books-templ": 0.12, "wiki-templ": 0.3, "docs-": 0.3, "medquad": 0.15, "scitldr": 0.35, "synth": 0.6, "sgd": 0.5}
    return next((part for name, part in parts.items() if source.startswith(name)), 1.0)


def write_validation(path, questions):
    with open(path, "w") as file:
        for r in questions[:600]:
            file.write(json.dumps({k: r[k] for k in ("input", "prompt", "answer")}, ensure_ascii=False) + "\n")
