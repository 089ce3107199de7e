#include "session/theme.h"

#include <QDir>
#include <QPixmap>
#include <QtTest>

#include <array>
#include <cmath>

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
        for (const auto* scheme : {&lightScheme(), &darkScheme(), &printScheme()})
            for (const auto& [foreground, background, least] : contrastPairs()) {
                const auto ratio = contrast((*scheme)[foreground], (*scheme)[background]);
                QVERIFY2(ratio >= least,
                         qPrintable(u"%1 on %2: %3"_s.arg(shadeName(foreground), shadeName(background)).arg(ratio)));
            }
    }

    /// The system goes dark, and so do we, but for who has chosen otherwise.
    void followsTheSystemAtOnce()
    {
        bool systemIsDark = false;
        Theme theme(nullptr, [&] { return systemIsDark; });
        QSignalSpy changed(&theme, &Theme::changed);
        QVERIFY(!theme.isDark());
        systemIsDark = true;
        theme.followSystem();
        QVERIFY(theme.isDark());
        QCOMPARE(changed.size(), 1);
        theme.followSystem();
        QCOMPARE(changed.size(), 1);
        theme.setScheme(Theme::Scheme::Light);
        systemIsDark = false;
        theme.followSystem();
        systemIsDark = true;
        theme.followSystem();
        QVERIFY(!theme.isDark());
        QCOMPARE(changed.size(), 2);
    }

    void figuresGrowWithTheTexts()
    {
        Theme theme;
        const auto before = theme.zoomed(TypeRole::Number).pointSizeF();
        QCOMPARE(before, theme.font(TypeRole::Number).pointSizeF());
        theme.setReadingSize(static_cast<int>(2 * theme.readingSize()));
        QVERIFY(theme.zoomed(TypeRole::Number).pointSizeF() > 1.8 * before);
        QCOMPARE(theme.font(TypeRole::Number).pointSizeF(), before);
    }

    /// The icons of the style sheet lie where they lay before: a killed window leaves nothing behind.
    void nothingIsLeftBehind()
    {
        Theme first;
        first.apply();
        const auto sheet = qApp->styleSheet();
        QVERIFY(sheet.contains(u".svg"_s));
        Theme second;
        second.apply();
        QCOMPARE(qApp->styleSheet(), sheet);
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

    void seriesCanBeToldApart()
    {
        // In CIE L*a*b*; a difference of some 20 is seen at a glance. Markers tell them apart as well.
        const auto lab = [](const QColor& color) {
            const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
            const double r = linear(static_cast<double>(color.redF()));
            const double g = linear(static_cast<double>(color.greenF()));
            const double b = linear(static_cast<double>(color.blueF()));
            const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
            const double x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
            const double y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
            const double z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
            return std::array{116 * y - 16, 500 * (x - y), 200 * (y - z)};
        };
        for (const auto* scheme : {&lightScheme(), &darkScheme(), &printScheme()})
            for (int i = 0; i < seriesCount; ++i)
                for (int j = 0; j < i; ++j) {
                    const auto a = lab((*scheme)[seriesShade(i)]);
                    const auto b = lab((*scheme)[seriesShade(j)]);
                    const auto distance = std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
                    QVERIFY2(distance > 20, qPrintable(u"%1 and %2: %3"_s.arg(i + 1).arg(j + 1).arg(distance)));
                }
        QCOMPARE(seriesShade(seriesCount), Shade::Series1);
        QCOMPARE(printScheme()[Shade::Surface], QColor(Qt::white));
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
