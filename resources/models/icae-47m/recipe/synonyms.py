"""synonyms.py WORDNET TEXTS OUT.json.xz: which words a question may say instead of which, {word: [words]}, with plurals, -s, -ed
and -ing: WordNet's where a word nearly always means one thing and its synonym mostly the same, both of which occur in TEXTS (a file
of questions); and those that questions use most, by hand. WORDNET is the folder of WordNet 3.0's files."""
import collections, json, lzma, re, sys

folder, texts, out = sys.argv[1:4]
POS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
# Words of questions' grammar, and ones whose synonyms WordNet means otherwise.
KEEP = set("""be is are was were been being am have has had having do does did done doing make makes made making take get give go
come say see know think let put set keep want need will can may must shall name named names naming year years day days time times
number numbers kind kinds type types sort many much more most other another first second last next new old same such there here
where when what who how why which then than also only just well very even still now long short high low large small good bad big
part parts man men woman women people person place places world state states country countries city cities king queen war wars
member members group groups company companies government governments percent degree degrees hour hours minute minutes month months
week weeks two three four five six seven eight nine ten hundred thousand million billion one ones about approximately around
usually once twice never always today music film game sea air water act acts field line school church house head hand character
characters season seasons star title record records order orders term terms body age century band ground figure particular point
letter order law bank mass right left east west north south after own but given granted said using taken minister pastor ministers
pastors idea ideas animal animals technology technologies engineering loads lots scores dozens tons oft revenue revenues student
students pupil pupils noted marked pronounced lit scheme schemes inherited transmitted merge merged mode modes steps practiced
fired getting calling looking holding holdings feeding retention findings determination determinations determined leaving filming
bats spirits reserves defining controllers controller endowment lab mills factories arena domain feathers wrought shaped graduated
chartered mobile repetitive interpreted realised protagonist protagonists admirer admirers supporter supporters forest forests
finding watching void unity integrity quit cattle neutering affecting autonomy cooperate liberty castle palace detailed suited
pressing pike participation bringing woods militia occurrence happening happened talks career gambling gaming authorities regime
manner manners style styles priority reception encryption desegregation fusion mankind humans enforced implemented computing
cognition arts oxen cows deemed ruling governing elders older elderly consumption""".split())

# Groups of which each word may stand for the others; / is for the first alone.
VERBS = """begin start commence|construct/build|display/show|help assist|buy purchase|choose select pick|allow permit
happen occur|obtain acquire|destroy demolish|require need|use employ utilize|stop halt|provide supply|beat/defeat
attack assault|manufacture produce|replace supersede|protect guard|reveal disclose|possess/own|publish/issue
create/make produce|kill/slay|marry wed|hire employ|depict portray|desire want|complete finish|expand extend|forbid prohibit
gather collect|reduce/lower|attract draw|operate/run|declare proclaim|capture seize|prefer favor"""
NOUNS = """kind type sort|goal aim objective|amount quantity|job occupation profession|author writer|area region|country nation
nickname byname|purpose aim|outcome result|percentage proportion|example instance|method technique/way|concept notion idea
illness sickness disease|film movie|car automobile|building/structure|victory triumph|danger hazard|reason/cause
attribute/feature characteristic|treaty pact|task duty|competitor rival|ability capability|era/age|founder/originator
inhabitant resident|location/site place|student pupil|company/business firm|conflict struggle|ruler sovereign
term word expression|teacher instructor"""
OTHERS = """large big|largest biggest|larger bigger|famous well-known renowned|main chief principal primary
commonly often frequently|often frequently|mostly mainly largely|currently now presently|initially originally
eventually finally|formerly previously|approximately/about roughly|nearly almost|entire whole|rich wealthy|final/last
quickly rapidly|besides/apart+from aside+from|important significant|called/named|prior+to before|children kids
typically usually normally|located/found situated|how+many+people/what+number+of+people|how+many+years/what+number+of+years
how+many+students/what+number+of+students|how+many+times/what+number+of+times|how+many+different/what+number+of+different
how+many+countries/what+number+of+countries|due+to because+of|what+type which+type|what+kind which+kind what+sort
what+year which+year|in+what+year in+which+year|what+city which+city|what+country which+country|what+state which+state
what+group which+group|what+company which+company|what+language which+language|what+organization which+organization
what+percentage which+percentage|what+other which+other|what+event which+event|what+century which+century|what+two which+two
what+word which+word|what+city's which+city's|what+part which+part|what+river which+river|what+religion which+religion
what+team which+team|what+is+the+name+of what+name+is+given+to|whom/who|why+did for+what+reason+did
why+was for+what+reason+was|why+were for+what+reason+were|why+is for+what+reason+is|why+do for+what+reason+do
when+did at+what+time+did|where+was in+what+place+was|where+did in+what+place+did|where+is in+what+place+is
where+are in+what+place+are|how+did in+what+way+did|how+does in+what+way+does|how+do in+what+way+do|along+with together+with
aside+from apart+from|in+addition+to besides|in+order+to so+as+to|such+as/like|responsible+for behind
in+charge+of responsible+for|made+up+of composed+of"""


def synsets(pos):
    """offset: its words."""
    found = {}
    for line in open(f"{folder}/data.{pos}"):
        if line[0] != " ":
            f = line.split(" ", 4 + 2 * int(line.split(" ", 4)[3], 16))
            found[f[0]] = [re.sub(r"\(.*\)", "", w) for w in f[4:-1:2]]
    return found


def irregular(pos):
    forms = collections.defaultdict(set)
    for line in open(f"{folder}/{pos}.exc"):
        form, *bases = line.split()
        for base in bases:
            forms[base].add(form)
    return forms


def s(word):
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    return word[:-1] + "ies" if re.search(r"[^aeiou]y$", word) else word + "s"


def ed(word):
    if word.endswith("e"):
        return word + "d"
    return word[:-1] + "ied" if re.search(r"[^aeiou]y$", word) else word + "ed"


def ing(word):
    return word[:-1] + "ing" if re.search(r"[^eoy]e$", word) else word + "ing"


def inflected(pos, word, odd):
    """kind: form. A past that differs from its participle has none."""
    if pos == "noun":
        return {"": word} if word in odd else {"": word, "s": s(word)}
    if pos != "verb":
        return {"": word}
    past = {f for f in odd.get(word, ()) if not f.endswith("ing")}
    forms = {"": word, "s": s(word), "ing": next((f for f in odd.get(word, ()) if f.endswith("ing")), ing(word))}
    if len(past) < 2:
        forms["ed"] = past.pop() if past else ed(word)
    return forms


count = collections.defaultdict(list)
for line in open(f"{folder}/cntlist.rev"):
    key, number, n = line.split()
    lemma, rest = key.split("%")
    count[lemma].append((int(n), "nvars"[int(rest[0]) - 1].replace("s", "a"), int(number)))
common = collections.Counter()
with (lzma.open(texts, "rt") if texts.endswith(".xz") else open(texts)) as file:
    for line in file:
        row = json.loads(line)
        common.update(re.findall(r"[a-z]+", row["prompt"] + " " + row["input"]))

senses = collections.defaultdict(list)
for pos in POS:
    for line in open(f"{folder}/index.{pos}"):
        if line[0] != " ":
            f = line.split()
            senses[f[0]].append((pos, f[-int(f[2]):]))


def main_sense(word, share):
    """(part of speech, synset) that at least `share` of a word's uses mean."""
    counted = count[word]
    if not counted:
        only = senses[word]
        return (only[0][0], only[0][1][0]) if len(only) == 1 and len(only[0][1]) == 1 else None
    n, pos, number = max(counted)
    if n < share * sum(c for c, _, _ in counted) or number != 1:
        return None
    return next(((p, offsets[0]) for p, offsets in senses[word] if POS[p] == pos), None)


sets = {pos: synsets(pos) for pos in POS}
odd = {pos: irregular(pos) for pos in POS}
found = collections.defaultdict(set)
for word in list(senses):
    if not re.fullmatch(r"[a-z]{3,}", word) or word in KEEP or not common[word]:
        continue
    sense = main_sense(word, 0.75)
    if not sense:
        continue
    pos, offset = sense
    for other in sets[pos][offset]:
        if other == word or not re.fullmatch(r"[a-z]{3,}", other) or other in KEEP or common[other] < 20:
            continue
        # Of two spellings of one word neither says anything new.
        if other[:5] == word[:5] or main_sense(other, 0.6) != sense:
            continue
        forms = inflected(pos, other, odd[pos])
        for kind, form in inflected(pos, word, odd[pos]).items():
            if form in KEEP or kind not in forms or not common[form]:
                continue
            # What is also a word of its own may mean that.
            if kind and count[form] and main_sense(form, 0.6) != sense:
                continue
            found[form].add(forms[kind])
for groups, pos in ((VERBS, "verb"), (NOUNS, "noun"), (OTHERS, "adj")):
    for group in re.split(r"[|\n]", groups):
        first, slash, rest = group.replace("/", " / ").partition(" / ")
        words = [w.replace("+", " ") for w in (first + " " + rest).split()]
        for word in words[:1] if slash else words:
            for kind, form in inflected(pos, word, odd.get(pos, {})).items():
                if form in ("beginning", "building"):  # nouns too
                    continue
                found[form].update(f[kind] for other in words
                                   if other != word and kind in (f := inflected(pos, other, odd.get(pos, {}))))
found = {word: others for word, others in found.items() if others}
with lzma.open(out, "wt") as file:
    json.dump({w: sorted(o) for w, o in sorted(found.items())}, file, separators=(",", ":"))
print(len(found), "words")
