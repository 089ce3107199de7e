#include "session/theme.h"

#include "session/icon_engine.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFontDatabase>
#include <QFontInfo>
#include <QRegularExpression>
#include <QSaveFile>
#include <QStandardPaths>
#include <QStyle>
#include <QStyleFactory>

static void initResources()
{
    Q_INIT_RESOURCE(explorer); // a static library's resources are not registered by themselves
}

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QFont systemFont()
{
    auto font = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    // Where no desktop names a font, fontconfig's last resort comes up; Open Sans reads better and has tabular digits.
    const auto family = QFontInfo(font).family();
    if ((family.startsWith("DejaVu"_L1) || family.isEmpty()) && QFontDatabase::hasFamily(u"Open Sans"_s))
        font.setFamily(u"Open Sans"_s);
    if (font.pointSizeF() < 10)
        font.setPointSizeF(10);
    return font;
}

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightnessF() < palette.color(QPalette::WindowText).lightnessF();
}

/// Where icons lie that the style sheet takes from files: one place, so that nothing is left behind at each start.
QString iconFolder()
{
    const auto cache = QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation);
    for (const auto& place : {cache.isEmpty() ? QString() : cache + u"/icae-explorer/icons"_s, QDir::tempPath()})
        if (!place.isEmpty() && QDir().mkpath(place))
            return place;
    return QDir::tempPath();
}

} // namespace

Theme::Theme(QObject* parent, std::function<bool()> systemIsDark)
    : QObject(parent)
    , m_systemFont(systemFont())
    , m_askSystem(std::move(systemIsDark))
{
    initResources();
    m_systemIsDark = m_askSystem ? m_askSystem() : icae::isDark(QGuiApplication::palette());
    if (!m_askSystem) // from now on the application's palette is ours
        m_askSystem = [] { return icae::isDark(QApplication::style()->standardPalette()); };
}

void Theme::followSystem()
{
    const bool wasDark = isDark();
    m_systemIsDark = m_askSystem();
    if (isDark() != wasDark)
        apply();
}

void Theme::apply()
{
    if (QApplication::style()->name() != "fusion"_L1)
        QApplication::setStyle(QStyleFactory::create(u"Fusion"_s));
    QApplication::setFont(m_systemFont);
    QApplication::setPalette(palette());
    qApp->setStyleSheet(styleSheet());
    Q_EMIT changed();
}

bool Theme::isDark() const
{
    return m_scheme == Scheme::Dark || (m_scheme == Scheme::System && m_systemIsDark);
}

const ColorScheme& Theme::colors() const
{
    return isDark() ? darkScheme() : lightScheme();
}

void Theme::setScheme(Scheme scheme)
{
    const bool wasDark = isDark();
    m_scheme = scheme;
    if (isDark() != wasDark)
        apply();
}

double Theme::readingSize() const
{
    return m_readingSize > 0 ? m_readingSize : m_systemFont.pointSizeF() + 1;
}

void Theme::setReadingSize(int points)
{
    if (points == m_readingSize)
        return;
    m_readingSize = points;
    Q_EMIT changed();
}

void Theme::setMonospaceReading(bool on)
{
    if (on == m_monospace)
        return;
    m_monospace = on;
    Q_EMIT changed();
}

QFont Theme::font(TypeRole role) const
{
    auto font = m_systemFont;
    const auto size = font.pointSizeF();
    switch (role) {
    case TypeRole::Body:
        break;
    case TypeRole::Title:
        font.setPointSizeF(size * 1.2);
        font.setWeight(QFont::DemiBold);
        break;
    case TypeRole::Caption:
        font.setPointSizeF(size * 0.9);
        break;
    case TypeRole::Reading:
    case TypeRole::Fixed:
        if (m_monospace || role == TypeRole::Fixed)
            font.setFamily(QFontDatabase::systemFont(QFontDatabase::FixedFont).family());
        font.setPointSizeF(readingSize());
        break;
    case TypeRole::Number:
        font.setPointSizeF(size * 1.15);
        font.setWeight(QFont::DemiBold);
        break;
    }
    return font;
}

QFont Theme::zoomed(TypeRole role) const
{
    auto result = font(role);
    result.setPointSizeF(result.pointSizeF() * readingSize() / (m_systemFont.pointSizeF() + 1));
    return result;
}

QIcon Theme::icon(const QString& name) const
{
    return QIcon(new IconEngine(this, name, std::nullopt));
}

QIcon Theme::icon(const QString& name, Shade shade) const
{
    return QIcon(new IconEngine(this, name, shade));
}

QPalette Theme::palette() const
{
    QPalette palette;
    const auto set = [&](QPalette::ColorRole role, Shade shade) {
        palette.setColor(QPalette::Active, role, color(shade));
        palette.setColor(QPalette::Inactive, role, color(shade));
        palette.setColor(QPalette::Disabled, role, color(shade));
    };
    set(QPalette::Window, Shade::Window);
    set(QPalette::WindowText, Shade::Text);
    set(QPalette::Base, Shade::Surface);
    set(QPalette::AlternateBase, Shade::Window);
    set(QPalette::Text, Shade::Text);
    set(QPalette::PlaceholderText, Shade::SecondaryText);
    set(QPalette::Button, Shade::Surface);
    set(QPalette::ButtonText, Shade::Text);
    set(QPalette::BrightText, Shade::Error);
    set(QPalette::Light, Shade::Surface);
    set(QPalette::Midlight, Shade::Hover);
    set(QPalette::Mid, Shade::Hairline);
    set(QPalette::Dark, Shade::Hairline);
    set(QPalette::Shadow, Shade::Hairline);
    set(QPalette::Highlight, Shade::Selection);
    set(QPalette::HighlightedText, Shade::SelectionText);
    set(QPalette::Link, Shade::Accent);
    set(QPalette::LinkVisited, Shade::Accent);
    set(QPalette::ToolTipBase, Shade::Rail);
    set(QPalette::ToolTipText, Shade::Text);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, color(Shade::DisabledText));
    return palette;
}

QString Theme::iconFile(const QString& name, Shade shade) const
{
    QFile source(u":/icons/%1.svg"_s.arg(name));
    if (!source.open(QIODevice::ReadOnly))
        qFatal("no icon %s", qPrintable(name));
    const auto content = source.readAll().replace("currentColor", color(shade).name().toLatin1());
    auto path = u"%1/%2-%3-%4.svg"_s.arg(iconFolder(), name, shadeName(shade), isDark() ? u"dark"_s : u"light"_s);
    QFile before(path);
    if (before.open(QIODevice::ReadOnly) && before.readAll() == content)
        return path;
    QSaveFile file(path); // others may be reading it
    if (file.open(QIODevice::WriteOnly)) {
        file.write(content);
        file.commit();
    }
    return path;
}

QString Theme::styleSheet() const
{
    QFile file(u":/theme/style.qss"_s);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no style sheet");
    const auto sheet = QString::fromUtf8(file.readAll());
    const auto shadeOf = [](const QString& name) {
        for (std::size_t i = 0; i < shadeCount; ++i)
            if (shadeName(static_cast<Shade>(i)) == name)
                return static_cast<Shade>(i);
        qFatal("style.qss names no such colour: %s", qPrintable(name));
    };
    static const QRegularExpression placeholder(u"@icon\\(([a-z-]+),([a-z-]+)\\)|@([a-z-]+)"_s);
    QString result;
    qsizetype at = 0;
    for (auto matches = placeholder.globalMatch(sheet); matches.hasNext();) {
        const auto match = matches.next();
        result += QStringView(sheet).mid(at, match.capturedStart() - at);
        at = match.capturedEnd();
        if (match.hasCaptured(1))
            result += u"url(\"%1\")"_s.arg(iconFile(match.captured(1), shadeOf(match.captured(2))));
        else
            result += color(shadeOf(match.captured(3))).name();
    }
    return result.append(QStringView(sheet).mid(at));
}

} // namespace icae
