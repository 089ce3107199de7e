"""wordnet.py WORDNET OUT.jsonl.xz [--seed S]: the folder of WordNet 3.0's files as text to read: an entry a word, with what its senses
mean, examples, synonyms and what they are kinds of; entries of related words (of one broader sense) make a document of 1 to 3 kB."""
import argparse, collections, json, lzma, random, re

POS = {"noun": "noun", "verb": "verb", "adj": "adjective", "adv": "adverb"}


def lemma(word):
    return re.sub(r"\([a-z]+\)$", "", word).replace("_", " ")


def synsets(folder, pos):
    """offset: (lemmas, broader senses, opposites as (synset, word), definition, examples)."""
    found = {}
    for line in open(f"{folder}/data.{pos}"):
        if line[0] == " ":
            continue
        data, gloss = line.split(" | ", 1)
        f = data.split()
        n = int(f[3], 16)
        pointers = f[5 + 2 * n:]
        links = [pointers[i:i + 4] for i in range(0, 4 * int(f[4 + 2 * n]), 4)]
        parts = [p.strip(" ;") for p in re.split(r"(\"[^\"]*\")", gloss.strip())]
        found[f[0]] = ([lemma(w) for w in f[4:4 + 2 * n:2]], [link[1] for link in links if link[0] in ("@", "@i")],
                       [(link[1], int(link[3][2:], 16)) for link in links if link[0] == "!"],
                       "; ".join(p for p in parts if len(p) > 1 and p[0] != '"'), [p.strip('"') for p in parts if p.startswith('"')])
    return found


def sentence(text):
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def sense(word, synset, sets, rng):
    words, broader, opposites, definition, examples = synset
    out = [sentence(definition)] if definition else []
    if examples:
        said = " and ".join(f'"{e}"' for e in examples[:2])
        out.append(rng.choice((f"Example: {said}.", f"For example, {said}.", f"As in {said}.")).replace('.".', '."').replace('?".', '?"'))
    if broader and broader[0] in sets and rng.random() < 0.5:
        kind = sets[broader[0]][0][0]
        out.append(rng.choice((f"A kind of {kind}.", f"Broader: {kind}.", f"More general: {kind}.")))
    others = [w for w in words if w != word]
    if others:
        all_of = ", ".join(others)
        out.append(rng.choice((f"Also: {all_of}.", f"Synonyms: {all_of}.", f"{'It is also called' if broader else 'Or'} {all_of}.")))
    for offset, number in opposites[:1]:
        if offset in sets and number:
            out.append(f"Opposite: {sets[offset][0][number - 1]}.")
    return " ".join(out)


def entry(word, pos, senses, sets, rng):
    said = [sense(word, s, sets, rng) for s in senses[:6]]
    if len(said) == 1:
        return rng.choice((f"{word} ({POS[pos]}). {said[0]}", f"{word}, {POS[pos]}: {said[0]}", f"{word} — {POS[pos]}. {said[0]}"))
    numbered = " ".join(f"{i}. {s}" for i, s in enumerate(said, 1))
    listed = "\n".join(f"{i}. {s}" for i, s in enumerate(said, 1))
    return rng.choice((f"{word} ({POS[pos]}). {numbered}", f"{word} ({POS[pos]}), {len(said)} senses:\n{listed}"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=37)
    args = parser.parse_args()
    rng, documents = random.Random(args.seed), []
    for pos in POS:
        sets = synsets(args.folder, pos)
        related = collections.defaultdict(list)
        for line in open(f"{args.folder}/index.{pos}"):
            if line[0] == " ":
                continue
            f = line.split()
            offsets = f[-int(f[2]):]
            first = sets[offsets[0]]
            own = f[0].replace("_", " ")
            # Genera and the like are lists of Latin names; what means one thing stands under the first of its synonyms.
            if not re.search(r"[a-z]", own) or own.count(" ") > 2 or re.match(r"(?:type )?(?:genus|family)\b|.*\bgenus of\b", first[3]):
                continue
            if len(offsets) == 1 and first[0][0].lower() != own:
                continue
            word = next((w for w in first[0] if w.lower() == own), own)
            said = entry(word, pos, [sets[o] for o in offsets], sets, rng)
            related[first[1][0] if first[1] else offsets[0]].append((offsets[0], said))
        entries = [said for _, group in sorted(related.items(), reverse=True) for _, said in sorted(group, reverse=True)]
        while entries:
            goal, size, part = rng.randint(1000, 2800), 0, []
            while entries and size < goal:
                part.append(entries.pop())
                size += len(part[-1]) + 2
            documents.append(rng.choice(("\n\n", "\n")).join(part))
    rng.shuffle(documents)
    with lzma.open(args.out, "wt", preset=3) as out:
        for text in documents:
            out.write(json.dumps({"text": text, "source": "wordnet"}, ensure_ascii=False) + "\n")
    print(len(documents), "documents,", sum(map(len, documents)), "characters")
