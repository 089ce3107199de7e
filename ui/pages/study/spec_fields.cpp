#include "pages/study/spec_fields.h"

#include "protocol/study_fields.h"

#include <QCoreApplication>
#include <QRegularExpression>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

using Numbers = std::vector<std::int64_t>;

QString joined(const Numbers& numbers)
{
    QStringList parts;
    for (const auto number : numbers)
        parts += QString::number(number);
    return parts.join(u", "_s);
}

/// Whole numbers from 1, apart by commas or blanks; none is allowed and means the kind's own.
bool take(Numbers& numbers, const QString& text)
{
    Numbers found;
    static const QRegularExpression separators(u"[\\s,;]+"_s);
    for (const auto& part : text.split(separators, Qt::SkipEmptyParts)) {
        bool ok = false;
        found.push_back(part.toLongLong(&ok));
        if (!ok || found.back() < 1)
            return false;
    }
    numbers = std::move(found);
    return true;
}

bool take(std::int64_t& number, const QString& text, std::int64_t least)
{
    bool ok = text.trimmed().isEmpty();
    const auto value = ok ? std::int64_t{0} : static_cast<std::int64_t>(text.trimmed().toLongLong(&ok));
    if (!ok || (value < least && value != 0))
        return false;
    number = value;
    return true;
}

template <auto Member> QString numbersText(const StudySpec& spec)
{
    return joined(spec.*Member);
}

template <auto Member> bool takeNumbers(StudySpec& spec, const QString& text)
{
    return take(spec.*Member, text);
}

template <auto Member> QString numberText(const StudySpec& spec)
{
    return spec.*Member == 0 ? QString() : QString::number(spec.*Member);
}

template <auto Member> bool takeNumber(StudySpec& spec, const QString& text)
{
    return take(spec.*Member, text, 1);
}

QString textsText(const StudySpec& spec)
{
    QStringList parts;
    for (const auto& text : spec.texts)
        parts += QString::fromStdString(text);
    return parts.join(u"; "_s);
}

bool takeTexts(StudySpec& spec, const QString& text)
{
    spec.texts.clear();
    for (const auto& part : text.split(u';', Qt::SkipEmptyParts))
        if (const auto name = part.trimmed(); !name.isEmpty())
            spec.texts.push_back(name.toStdString());
    return true;
}

bool takeQuestions(StudySpec& spec, const QString& text)
{
    spec.questions = text.trimmed().toStdString();
    return true;
}

} // namespace

QString specFieldText(const char* text)
{
    return QCoreApplication::translate("SpecFields", text);
}

const std::vector<SpecField>& specFields()
{
    static const std::vector<SpecField> fields{
        {"texts", QT_TRANSLATE_NOOP("SpecFields", "Texts"),
         QT_TRANSLATE_NOOP("SpecFields", "Files apart by semicolons, \"samples\", or one of them: \"samples/code\"."),
         [](StudyKind kind) { return fieldsOf(kind).texts; }, textsText, takeTexts},
        {"questions", QT_TRANSLATE_NOOP("SpecFields", "Questions"),
         QT_TRANSLATE_NOOP("SpecFields", "A file of JSON lines with \"input\", \"prompt\" and \"answer\"."),
         [](StudyKind kind) { return fieldsOf(kind).questions; },
         [](const StudySpec& spec) { return QString::fromStdString(spec.questions); }, takeQuestions},
        {"lengths", QT_TRANSLATE_NOOP("SpecFields", "Lengths"),
         QT_TRANSLATE_NOOP("SpecFields", "Tokens a span: whole numbers apart by commas."),
         [](StudyKind kind) { return fieldsOf(kind).lengths; }, numbersText<&StudySpec::lengths>,
         takeNumbers<&StudySpec::lengths>},
        {"slots", QT_TRANSLATE_NOOP("SpecFields", "Slots"),
         QT_TRANSLATE_NOOP("SpecFields", "Memory slots a span: whole numbers apart by commas."),
         [](StudyKind kind) { return fieldsOf(kind).slots; }, numbersText<&StudySpec::slots>,
         takeNumbers<&StudySpec::slots>},
        {"spans", QT_TRANSLATE_NOOP("SpecFields", "Spans"),
         QT_TRANSLATE_NOOP("SpecFields", "Spans a window: whole numbers apart by commas."),
         [](StudyKind kind) { return fieldsOf(kind).spans; }, numbersText<&StudySpec::spans>,
         takeNumbers<&StudySpec::spans>},
        {"batches", QT_TRANSLATE_NOOP("SpecFields", "Batches"),
         QT_TRANSLATE_NOOP("SpecFields", "Texts at once: whole numbers apart by commas."),
         [](StudyKind kind) { return fieldsOf(kind).batches; }, numbersText<&StudySpec::batches>,
         takeNumbers<&StudySpec::batches>},
        {"tokens", QT_TRANSLATE_NOOP("SpecFields", "Tokens"),
         QT_TRANSLATE_NOOP("SpecFields", "Tokens to continue or to decode: a whole number."),
         [](StudyKind kind) { return fieldsOf(kind).tokens; }, numberText<&StudySpec::tokens>,
         takeNumber<&StudySpec::tokens>},
        {"windows", QT_TRANSLATE_NOOP("SpecFields", "Windows"),
         QT_TRANSLATE_NOOP("SpecFields", "Samples a cell: a whole number."), [](StudyKind) { return true; },
         numberText<&StudySpec::windows>, takeNumber<&StudySpec::windows>},
        {"seed", QT_TRANSLATE_NOOP("SpecFields", "Seed"),
         QT_TRANSLATE_NOOP("SpecFields", "Of what is drawn at random: a whole number from 0."),
         [](StudyKind) { return true; }, [](const StudySpec& spec) { return QString::number(spec.seed); },
         [](StudySpec& spec, const QString& text) { return take(spec.seed, text, 0); }},
    };
    return fields;
}

StudySpec withoutUnused(StudySpec spec)
{
    const auto used = fieldsOf(spec.kind);
    const auto drop = [](bool keep, auto& value) {
        if (!keep)
            value = {};
    };
    drop(used.texts, spec.texts);
    drop(used.questions, spec.questions);
    drop(used.contents, spec.contents);
    drop(used.lengths, spec.lengths);
    drop(used.slots, spec.slots);
    drop(used.spans, spec.spans);
    drop(used.batches, spec.batches);
    drop(used.tokens, spec.tokens);
    drop(used.temperature, spec.temperature);
    return spec;
}

QString runNameFor(const StudySpec& spec)
{
    auto name = spec.title.empty() ? QString::fromLatin1(namesOf(spec.kind).at(static_cast<std::size_t>(spec.kind)))
                                   : QString::fromStdString(spec.title);
    if (spec.title.empty() && !spec.models.empty()) {
        const auto& model = spec.models.front();
        const auto& path = !model.run.empty() ? model.run : !model.adapter.empty() ? model.adapter : model.base;
        name += u'-'
            + (model.name.empty() ? QString::fromStdString(path).section(u'/', -2)
                                  : QString::fromStdString(model.name));
    }
    static const QRegularExpression others(u"[^\\w.-]+"_s, QRegularExpression::UseUnicodePropertiesOption);
    name.replace(others, u"-"_s);
    while (name.startsWith(u'-') || name.startsWith(u'.'))
        name.remove(0, 1);
    return name.left(60);
}

QString studyCommand(const QString& name)
{
    return u"icae study spec.json --run %1"_s.arg(name.isEmpty() ? u"DIR"_s : name);
}

} // namespace icae
