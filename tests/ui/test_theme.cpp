#include "session/theme.h"

#include <QDir>
#include <QPixmap>
#include <QtTest>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

} // namespace

/// Colours that can be told apart, text that can be read, icons that follow the theme.
class TestTheme : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pairsContrast()
    {
        for (const auto* scheme : {&lightScheme(), &darkScheme()})
            for (const auto& [foreground, background, least] : contrastPairs()) {
                const auto ratio = contrast((*scheme)[foreground], (*scheme)[background]);
                QVERIFY2(ratio >= least,
                         qPrintable(u"%1 on %2: %3"_s.arg(shadeName(foreground), shadeName(background)).arg(ratio)));
            }
    }

    void contrastIsWcags()
    {
        QCOMPARE(contrast(Qt::black, Qt::white), 21.0);
        QCOMPARE(contrast(Qt::white, Qt::white), 1.0);
        QVERIFY(qAbs(contrast(QColor(0x77, 0x77, 0x77), Qt::white) - 4.48) < 0.01);
    }

    void uncertaintyIsOrderedAndReadable()
    {
        Theme theme;
        for (const auto scheme : {Theme::Scheme::Light, Theme::Scheme::Dark}) {
            theme.setScheme(scheme);
            double before = -1;
            for (int i = 0; i <= 100; ++i) {
                const auto color = theme.sequential(i / 100.0);
                QVERIFY(contrast(theme.textOn(color), color) >= 4.5);
                const auto distance = contrast(color, theme.sequential(0)); // grows from the certain end on
                QVERIFY2(distance >= before - 0.02, qPrintable(QString::number(i)));
                before = distance;
            }
            QCOMPARE(theme.sequential(-1), theme.sequential(0));
            QCOMPARE(theme.sequential(2), theme.sequential(1));
            QCOMPARE(theme.sequential(std::numeric_limits<double>::quiet_NaN()), theme.sequential(0));
        }
    }

    void iconsFollowTheTheme()
    {
        Theme theme;
        theme.setScheme(Theme::Scheme::Light);
        const auto names = QDir(u":/icons"_s).entryList({u"*.svg"_s});
        QVERIFY(names.size() > 20);
        for (const auto& name : names)
            QVERIFY(!theme.icon(name.chopped(4)).pixmap(20, 20).isNull());
        const auto light = theme.icon(u"flag"_s).pixmap(20, 20).toImage();
        theme.setScheme(Theme::Scheme::Dark);
        QVERIFY(theme.icon(u"flag"_s).pixmap(20, 20).toImage() != light);
    }
};

QTEST_MAIN(TestTheme)
#include "test_theme.moc"
