"""recurring.py OUT HELD.jsonl [--share S] [--processes N] TEXTS.jsonl[.xz] ...: from plain English texts, sentences to fill in. What occurs in
several sentences of a passage (a name, a number, a term) is blanked in one of them, which is taken out of the passage; the answer
stands in the rest (span selection over recurring spans, Ram et al. 2021, arXiv 2101.00438)."""
import argparse, collections, functools, hashlib, json, lzma, multiprocessing, random, re
from apart import grams, held

STOP = set("""a an the this that these those he she it they we you i his her its their our your my him them us me who whom which what
when where while with without within of in on at by for from to into onto over under about after before between during through against
among and or but nor so yet if then than as is are was were be been being am do does did done have has had having will would shall
should can could may might must not no only also very more most much many some any all both each few other another such same own just
there here how why up down out off again further once too s t said one two first new made""".split())
WORD = re.compile(r"[^\W_]+(?:[-'’.,][^\W_]+)*")
SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]?[A-Z0-9])")


def passages(text, rng):
    """Whole paragraphs, about 80 to 330 words together."""
    part, count, goal = [], 0, rng.choice((80, 110, 150, 200, 260, 330))
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = " ".join(paragraph.split())
        words = paragraph.count(" ") + 1
        if words < 12 or words > 330 or paragraph[-1] not in ".!?\"”'’)":
            part, count = [], 0
            continue
        part.append(paragraph)
        count += words
        if count >= goal:
            if count <= 380:
                yield part
            part, count, goal = [], 0, rng.choice((80, 110, 150, 200, 260, 330))


def spans(sentences):
    """Spans by their words in small letters: the sentences that have them, each with one place."""
    found = collections.defaultdict(dict)
    for number, sentence in enumerate(sentences):
        words = [(m.group().lower(), m.start(), m.end()) for m in WORD.finditer(sentence)]
        for first in range(len(words)):
            if words[first][0] in STOP:
                continue
            for last in range(first, min(first + 5, len(words))):
                if last > first and not re.fullmatch(r"[ \-]", sentence[words[last - 1][2]:words[last][1]]):
                    break
                if words[last][0] in STOP:
                    continue
                found[tuple(w for w, _, _ in words[first:last + 1])].setdefault(number, (words[first][1], words[last][2]))
    return {span: places for span, places in found.items() if len(places) > 1}


def worth(span, sentence, place):
    """How telling a span is: names, numbers and long terms; None where it is a common word."""
    text = sentence[place[0]:place[1]]
    named = text[0].isupper() and place[0] > 0 or any(w[0].isupper() for w in text.split()[1:])
    if named or any(c.isdigit() for c in text):
        return 2 + len(span)
    if len(span) > 1:
        return len(span)
    return 1 if len(text) > 6 else None


def fill_in(parts, rng):
    paragraphs = [SENTENCE.split(p) for p in parts]
    sentences = [s for p in paragraphs for s in p]
    if len(sentences) < 4:
        return None
    found = spans(sentences)
    # Within a longer span that recurs as often, the shorter one says less.
    inner = {span[i:j] for span in found for i in range(len(span)) for j in range(i + 1, len(span) + 1) if j - i < len(span)
             and len(found.get(span[i:j], ())) == len(found[span])}
    rated = []
    for span, places in found.items():
        if span in inner or len(places) > 6:
            continue
        for number, place in places.items():
            value = worth(span, sentences[number], place)
            if value and 6 <= sentences[number].count(" ") + 1 <= 36 and len(sentences[number]) < 230:
                rated.append((value + rng.random() * 4, span, number, place))
    rated.sort(reverse=True)
    removed, taken, rows = set(), set(), []
    for _, span, number, place in rated:
        if len(rows) == min(4, len(sentences) // 3):
            break
        # The answer has to stay in a sentence that stays.
        if number in removed or span in taken or not set(found[span]) - removed - {number}:
            continue
        if any(not set(found[other]) - removed - {number} for other in taken):
            continue
        removed.add(number)
        taken.add(span)
        sentence = sentences[number]
        stays = min(set(found[span]) - removed)
        begin, end = found[span][stays]
        rows.append((" ".join((sentence[:place[0]] + "____" + sentence[place[1]:]).split()), span, sentences[stays][begin:end]))
    number, left = 0, []
    for paragraph in paragraphs:
        kept = [s for i, s in enumerate(paragraph, number) if i not in removed]
        number += len(paragraph)
        if kept:
            left.append(" ".join(kept))
    context = "\n\n".join(left)
    return [{"input": context, "prompt": "Fill in the blank: " + prompt, "answer": answer, "source": "recurring"}
            for prompt, _, answer in rows if answer in context]


def of_text(line, share, apart):
    text = json.loads(line)["text"]
    head = text[:4000].lower().split()
    if not head or sum(w in ("the", "of", "and", "to", "in", "was") for w in head) < 0.1 * len(head):
        return []
    rng = random.Random(hashlib.md5(text[:500].encode()).hexdigest())
    return [row for parts in passages(text, rng) if rng.random() < share and not grams("\n\n".join(parts)) & apart
            for row in fill_in(parts, rng) or ()]


def lines(files):
    for name in files:
        with (lzma.open(name, "rt") if name.endswith(".xz") else open(name)) as file:
            yield from file


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("held")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--share", type=float, default=1)
    parser.add_argument("--processes", type=int)
    args = parser.parse_args()
    with multiprocessing.Pool(args.processes) as pool, open(args.out, "w") as out:
        count = 0
        for rows in pool.imap_unordered(functools.partial(of_text, share=args.share, apart=held(args.held)), lines(args.files), chunksize=16):
            for row in rows:
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += len(rows)
    print(count, "questions")
