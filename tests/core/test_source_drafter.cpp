#include "icae/source_drafter.h"

#include <QtTest>
#include <numeric>

namespace {

using Ids = std::vector<std::int32_t>;

/// Writes tokens after each other; returns what is drafted then.
Ids draftAfter(const Ids& source, const Ids& written, std::size_t most = 4)
{
    icae::SourceDrafter drafter({source});
    for (const auto id : written)
        drafter.wrote(0, id);
    const auto draft = drafter.draft(0);
    return {draft.begin(), draft.begin() + static_cast<std::ptrdiff_t>(std::min(most, draft.size()))};
}

} // namespace

/// What the source proposes next, on the way and after a miss.
class TestSourceDrafter : public QObject {
    Q_OBJECT

    const Ids m_source{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29};

private Q_SLOTS:
    void drafts_data()
    {
        QTest::addColumn<Ids>("written");
        QTest::addColumn<Ids>("draft");
        QTest::newRow("its beginning") << Ids{} << Ids{10, 11, 12, 13};
        QTest::newRow("what comes next") << Ids{10, 11, 12} << Ids{13, 14, 15, 16};
        QTest::newRow("its end") << Ids(m_source.begin(), m_source.end() - 1) << Ids{29};
        QTest::newRow("beyond its end") << m_source << Ids{};
        QTest::newRow("a word replaced") << Ids{10, 11, 99} << Ids{13, 14, 15, 16};
        QTest::newRow("a word left out") << Ids{10, 11, 13} << Ids{14, 15, 16, 17};
        QTest::newRow("several left out") << Ids{10, 11, 16} << Ids{17, 18, 19, 20};
        QTest::newRow("a word repeated") << Ids{10, 11, 11} << Ids{12, 13, 14, 15};
        QTest::newRow("a word added") << Ids{10, 11, 99, 12} << Ids{13, 14, 15, 16};
        QTest::newRow("one token far off is not believed") << Ids{10, 11, 28} << Ids{13, 14, 15, 16};
        QTest::newRow("two tokens far off are") << Ids{10, 11, 27, 28} << Ids{29};
        QTest::newRow("nothing of the source") << Ids{77, 78, 79} << Ids{13, 14, 15, 16};
    }

    void drafts()
    {
        QFETCH(Ids, written);
        QFETCH(Ids, draft);
        QCOMPARE(draftAfter(m_source, written), draft);
    }

    /// Of places that agree equally well the nearest counts, and of others the one that agrees longest.
    void repeatedWords()
    {
        const Ids source{1, 2, 3, 4, 5, 1, 2, 3, 6, 7, 1, 2, 3, 8, 9};
        QCOMPARE(draftAfter(source, {1, 2, 9, 2, 3}, 1), Ids{4}); // "2 3" stands three times
        QCOMPARE(draftAfter(source, {1, 2, 3, 6, 7, 1, 2, 3}, 1), Ids{8}); // "6 7 1 2 3" once
    }

    void sequencesAreApart()
    {
        icae::SourceDrafter drafter({{1, 2, 3}, {}, {4, 5}});
        drafter.wrote(2, 4);
        QCOMPARE(drafter.draft(0).front(), 1);
        QVERIFY(drafter.draft(1).empty());
        QCOMPARE(drafter.draft(2).front(), 5);
        drafter.wrote(1, 8); // without a source there is nothing to find
        QVERIFY(drafter.draft(1).empty());
    }
};

QTEST_GUILESS_MAIN(TestSourceDrafter)
#include "test_source_drafter.moc"
