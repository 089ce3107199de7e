"""What was kept apart for validation: texts that share 13 words in a row with it are not trained on."""
import json, re


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
