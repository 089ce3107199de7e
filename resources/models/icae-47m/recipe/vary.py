"""vary.py IN SYNONYMS OUT [--variants V] [--seed S] [--processes N]: from questions that arrange.py wrote (squad.jsonl), V variants of
each paragraph with all its questions, so that what is asked cannot be known by heart: names and numbers are others, in text, question
and answer alike; questions say some things in other words (SYNONYMS is synonyms.py's); sentences without an answer are missing, and
others stand before or behind. What is untouched stays in IN: a file that held a text twice would ask its questions twice in a row."""
import argparse, collections, itertools, json, lzma, multiprocessing, random, re
from recurring import SENTENCE, STOP

REFUSAL = "The text does not answer this question."
WORD = re.compile(r"[^\W\d_]+|\d[\d,.]*\d(?!\w)")
NUMBER = re.compile(r"\d[\d,.]*\d")
MONTHS = "January February March April June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
KIN = {frozenset(pair.split()) for pair in ("France French", "Netherlands Dutch", "Wales Welsh", "Ireland Irish", "Denmark Danish",
                                            "Switzerland Swiss", "Poland Polish", "Finland Finnish", "Spain Spanish", "Rome Roman")}
FIXED = set("BC BCE AD CE AM PM GMT UTC US UK USA TV CD DVD DNA RNA Mr Mrs Ms Dr St Jr Sr".split())
AFTER_PLACE = {"in", "from", "at", "near", "to", "into", "across", "throughout"}


def read(path):
    with (lzma.open(path, "rt") if path.endswith(".xz") else open(path)) as file:
        return [json.loads(line) for line in file]


def sentences_of(text):
    """None ends with an abbreviation or inside of a bracket."""
    found, at = [], 0
    for end in [m.end() - len(m[0].lstrip("\"'”’)")) for m in SENTENCE.finditer(text)] + [len(text)]:
        part, at = text[at:end].strip(), end
        if found and (re.search(r"\b(?:\w|ca|St|Dr|Mr|Mrs|Jr|No|vs|cf|approx)\.$", found[-1])
                      or found[-1].count("(") > found[-1].count(")")):
            found[-1] += " " + part
        else:
            found.append(part)
    return found


def context_of(text, match):
    """What stands around a capitalised word tells what kind of name it is."""
    before, after = text[max(0, match.start() - 24):match.start()], text[match.end():match.end() + 24]
    previous = re.search(r"(\w+)[ ]$", before)
    following = re.match(r" (\w+)", after)
    if following and following[1][0].isupper():
        return "first"
    if previous and previous[1][0].isupper():
        return "last"
    if previous and previous[1] in AFTER_PLACE:
        return "place"
    if following and following[1].islower() and following[1] not in STOP and not following[1].endswith(("ed", "s")):
        return "of"
    return "other"


class Names:
    """Words that are names, by the kind and shape that one which replaces them has too."""

    def __init__(self, texts):
        small, inside, kinds = collections.Counter(), collections.Counter(), collections.defaultdict(collections.Counter)
        for text in texts:
            for match in WORD.finditer(text):
                word = match.group()
                if word[0].islower():
                    small[word] += 1
                elif len(word) > 1 and word[0].isupper() and re.search(r"[\w,;]['’\"]? [\"“‘(]?$", text[:match.start()][-3:]):
                    inside[word] += 1
                    kinds[word][context_of(text, match)] += 1
        self.kind, pools = {}, collections.defaultdict(list)
        for word, count in sorted(inside.items()):
            if word in FIXED or re.fullmatch(r"[IVXLCDM]+", word) or small[word.lower()] * 12 > count:
                continue
            if word in MONTHS or word in DAYS:
                self.kind[word] = "month" if word in MONTHS else "day"
                continue
            what = kinds[word].most_common(1)[0][0]
            shape = "capitals" if word.isupper() else "people" if word.endswith(("ese", "ish", "ans", "an")) \
                else "s" if word.endswith("s") and not word.endswith("ss") else "ism" if word.endswith("ism") else ""
            self.kind[word] = ("" if shape in ("people", "capitals", "ism") else what, shape, word[0] in "AEIOU")
            pools[self.kind[word]].append(word)
        pools["month"], pools["day"] = MONTHS, DAYS
        # Small pools would bring the same few again and again.
        self.pools = {kind: pool for kind, pool in pools.items() if len(pool) >= 7}

    def other(self, word, taken, rng):
        pool = self.pools.get(self.kind[word])
        for _ in range(20 if pool else 0):
            found = rng.choice(pool)
            if found.lower() not in taken and abs(len(found) - len(word)) < 7:
                return found
        return None


def akin(a, b):
    """Poland and Polish, Italy and Italian: two words that would have to change alike."""
    n = len(a) if a == b[:len(a)] else next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return n >= max(3, min(len(a), len(b)) - 3) or frozenset((a, b)) in KIN


def new_number(number, text, at, rng):
    """As many digits, its zeros at the end, and a day of a month stays one."""
    digits = re.sub(r"\D", "", number)
    zeros = len(digits) - len(digits.rstrip("0"))
    around = text[max(0, at - 12):at] + " " + text[at + len(number):at + len(number) + 12]
    if len(digits) == 2 and (any(m in around for m in MONTHS) or "May" in around):
        new = str(rng.randint(10, 28))
    else:
        n = len(digits) - zeros
        new = "".join(rng.choice("123456789" if i in (0, n - 1) else "0123456789") for i in range(n)) + "0" * zeros
    left = iter(new)
    return re.sub(r"\d", lambda _: next(left), number)


def is_year(number):
    return len(number) == 4 and number.isdigit() and 1000 <= int(number) < 2030


def replacements(text, questions, names, rng, share=0.6):
    """What stands for what, one to one."""
    present = {m.group() for m in WORD.finditer(text)}
    everything = {m.group().lower() for m in WORD.finditer(" ".join([text] + questions))}
    spoken = {m.group() for q in questions for m in WORD.finditer(q)}
    found = [w for w in sorted(present) if w in names.kind]
    plural = {w + "s" for w in found}
    new, taken = {}, set(everything)
    others = {w for w in present | spoken if w[0].isupper() and w.lower() not in STOP}
    for word in found:
        if word in plural and word[:-1] in present or rng.random() >= share:
            continue
        if any(akin(*sorted((word, w), key=len)) for w in others if w not in (word, word + "s")):
            continue
        other = names.other(word, taken, rng)
        if not other:
            continue
        new[word] = other
        taken.add(other.lower())
        if word + "s" in others and isinstance(names.kind[word], tuple):
            new[word + "s"] = other + ("es" if other.endswith(("s", "ch", "x")) else "s")
            taken.add(new[word + "s"].lower())
    years = [int(n) for n in present if is_year(n)] + [int(m[1]) for m in re.finditer(r"\b(\d{4})s\b", text)]
    shifts = [s for s in range(-90, 91) if s and all(1000 <= y + s < 2030 for y in years)]
    shift = rng.choice(shifts) if years and shifts and rng.random() < share + 0.2 else 0
    if shift:
        for text_of in [text] + questions:
            for year in re.findall(r"\b\d{4}(?!\w)", text_of):
                if is_year(year) and 1000 <= int(year) + shift < 2030:
                    new[year] = str(int(year) + shift)
    used = present | set(new.values())
    for match in NUMBER.finditer(text):
        number = match.group()
        timed = ":" in text[max(0, match.start() - 1):match.end() + 1]
        if number not in present or timed or is_year(number) or number in new or rng.random() >= share:
            continue
        other = new_number(number, text, match.start(), rng)
        if other not in used:
            new[number] = other
            used.add(other)
    return new, shift


SHORT_RANGE = re.compile(r"\b(\d{4})([-–—/])(\d{2})(?!\w)|\b(\d{4})s\b")


def replaced(text, new, shift):
    def ranged(match):
        if match[4]:
            decade = int(match[4])
            return f"{(decade + shift) // 10 * 10}s" if is_year(match[4]) and decade % 10 == 0 else match[0]
        end = int(match[1][:2] + match[3]) + shift
        return f"{int(match[1]) + shift}{match[2]}{end % 100:02}" if is_year(match[1]) else match[0]

    parts, at = [], 0
    for match in itertools.chain(SHORT_RANGE.finditer(text) if shift else (), [None]):
        parts.append(WORD.sub(lambda m: new.get(m.group(), m.group()), text[at:match.start() if match else None]))
        if match:
            parts.append(ranged(match))
            at = match.end()
    return "".join(parts)


def other_words(question, synonyms, rng, share=0.35):
    """Some words by synonyms. What is in quotes stays."""
    quoted = [m.span() for m in re.finditer(r"[\"“].*?[\"”]", question)]
    words = [(m.group(), m.start(), m.end()) for m in re.finditer(r"[\w'’-]+", question)]
    parts, at, i = [], 0, 0
    while i < len(words):
        for n in (4, 3, 2, 1):
            if i + n > len(words):
                continue
            begin, end = words[i][1], words[i + n - 1][2]
            key = question[begin:end]
            if i == 0:
                key = key[0].lower() + key[1:]
            # "a" and "an" stay right, and so does a name of several words.
            if key in synonyms and rng.random() < share and not any(a < end and begin < b for a, b in quoted):
                article = question[:begin].split()[-1:] in (["a"], ["an"])
                other = rng.choice(synonyms[key])
                if article and (other[0] in "aeiou") != (key[0] in "aeiou"):
                    continue
                parts += [question[at:begin], other[0].upper() + other[1:] if question[begin].isupper() else other]
                at, i = end, i + n - 1
                break
        i += 1
    return "".join(parts) + question[at:]


def variant(text, rows, near, names, synonyms, rng):
    new, shift = replacements(text, [r["prompt"] for r in rows], names, rng)
    # What would answer a question that the text does not answer must not come in.
    elsewhere = [replaced(a, new, shift).lower() for r in rows for a in r.get("elsewhere", ())]
    rows = [(replaced(r["prompt"], new, shift), REFUSAL if r["answer"] == REFUSAL else replaced(r["answer"], new, shift))
            for r in rows]
    answers = [a for _, a in rows if a != REFUSAL]
    sentences = sentences_of(replaced(text, new, shift))
    kept = [s for s in sentences if any(a in s for a in answers) or rng.random() >= 0.1]
    if near and rng.random() < 1 / 3:
        foreign = sentences_of(replaced(near, new, shift))
        begin, count = rng.randrange(len(foreign)), rng.randint(1, 3)
        foreign = [s for s in foreign[begin:begin + count] if not any(a in s.lower() for a in elsewhere + [a.lower() for a in answers])]
        kept = foreign + kept if rng.random() < 0.5 else kept + foreign
    text, out = " ".join(kept), []
    for prompt, answer in rows:
        if answer != REFUSAL and answer not in text:
            continue
        prompt = other_words(prompt, synonyms, rng)
        if rng.random() < 0.05:
            prompt = prompt.lower().rstrip("? ")
        out.append({"input": text, "prompt": prompt, "answer": answer})
    return out


def work(number):
    text, rows, near = GROUPS[number]
    rng, out = random.Random(f"{SEED} {number}"), {}
    for _ in range(VARIANTS):
        made = variant(text, rows, rng.choice(near) if near else None, NAMES, SYNONYMS, rng)
        if made and made[0]["input"] != text:
            out[made[0]["input"]] = made
    return [json.dumps(row, ensure_ascii=False) + "\n" for made in out.values() for row in made]


def groups_of(rows):
    """(text, its rows whose answer stands in it, texts that share a rare name with it)."""
    texts = collections.defaultdict(list)
    for r in rows:
        texts[r["input"]].append(r)
    holders = collections.defaultdict(list)
    for text in texts:
        for name in {m.group() for m in WORD.finditer(text) if m.group() in NAMES.kind}:
            holders[name].append(text)
    answers = collections.defaultdict(list)
    for r in rows:
        if r["answer"] != REFUSAL:
            answers[r["prompt"]].append(r["answer"])
    groups = []
    for text, own in texts.items():
        mine = sorted((len(holders[n]), n) for n in {m.group() for m in WORD.finditer(text)} if 1 < len(holders.get(n, ())) <= 40)
        near = [t for _, n in mine[:6] for t in holders[n] if t != text]
        own = [r for r in own
               if r["answer"] == REFUSAL or r["answer"] in text and (len(r["answer"]) > 1 or r["answer"].isdigit())]
        own = [dict(r, elsewhere=answers[r["prompt"]]) if r["answer"] == REFUSAL else r for r in own]
        if any(r["answer"] != REFUSAL for r in own):
            groups.append((text, own, near[:40]))
    return groups


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("synonyms")
    parser.add_argument("out")
    parser.add_argument("--variants", type=int, default=8)
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--processes", type=int)
    args = parser.parse_args()
    SEED, VARIANTS = args.seed, args.variants
    rows = read(args.file)
    NAMES = Names(sorted({r["input"] for r in rows}))
    with lzma.open(args.synonyms, "rt") as file:
        SYNONYMS = json.load(file)
    GROUPS = groups_of(rows)
    # The processes are forked, so that they have all this already.
    with multiprocessing.get_context("fork").Pool(args.processes) as pool, open(args.out, "w") as out:
        count = 0
        for lines in pool.imap(work, range(len(GROUPS)), chunksize=64):
            out.writelines(lines)
            count += len(lines)
    print(len(rows), "questions,", len(GROUPS), "paragraphs,", count, "varied")
