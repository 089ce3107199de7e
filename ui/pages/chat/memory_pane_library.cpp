// What is done with the library: texts and memory files come in, memories are named, compressed again, saved, deleted,
// brought back and searched.
#include "models/text_file.h"
#include "pages/chat/memory_dialogs.h"
#include "pages/chat/memory_pane.h"
#include "pages/file_dialog.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QCryptographicHash>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QInputDialog>
#include <QLineEdit>
#include <QMimeData>
#include <QTreeView>
#include <QtEndian>

#include <algorithm>
#include <set>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestName = 40;

QString nameOf(const QString& text)
{
    auto name = text.left(longestName * 4).simplified();
    if (name.size() > longestName)
        name = name.left(longestName - 1).trimmed() + u'…';
    return name;
}

/// A safetensors file: the length of a JSON header, and its brace.
bool isMemoryFile(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return false;
    const auto head = file.read(9);
    return head.size() == 9 && head[8] == '{' && qFromLittleEndian<quint64>(head.constData()) < (quint64{1} << 32U);
}

std::string sha256Of(const QString& text)
{
    return QCryptographicHash::hash(text.toUtf8(), QCryptographicHash::Sha256).toHex().toStdString();
}

} // namespace

void MemoryPane::addText(const QString& text, const QString& name)
{
    if (text.trimmed().isEmpty()) {
        Q_EMIT failed(Error(ErrorKind::InvalidInput, tr("There is no text to compress.").toStdString(),
                            tr("Copy or open one that is not empty.").toStdString()));
        return;
    }
    LibraryAddParams params;
    params.name = (name.isEmpty() ? nameOf(text) : name).toStdString();
    params.text = text.toStdString();
    m_client.call(protocol::libraryAdd, params, this, {.done = [this](const LibraryMemory& memory) { take(memory); }});
}

void MemoryPane::take(const LibraryMemory& memory)
{
    m_model.put(memory, true);
    const auto index = m_model.indexOf(QString::fromStdString(memory.id));
    m_tree->setCurrentIndex(index);
    Q_EMIT reported(tr("Compressed %1: %2")
                        .arg(QString::fromStdString(memory.name), index.data(MemoryTreeModel::LineRole).toString()));
}

void MemoryPane::addFiles(const QStringList& paths)
{
    for (const auto& path : paths) {
        if (isMemoryFile(path)) {
            addMemoryFile(path);
            continue;
        }
        try {
            addText(readTextFile(path), QFileInfo(path).completeBaseName());
        } catch (const Error& error) {
            Q_EMIT failed(error);
        }
    }
}

/// The engine reads it: one of another model is kept, too, and says what can be done with it.
void MemoryPane::addMemoryFile(const QString& path)
{
    LibraryAddParams params;
    params.path = QFileInfo(path).absoluteFilePath().toStdString();
    m_client.call(protocol::libraryAdd, params, this, {.done = [this](const LibraryMemory& memory) { take(memory); }});
}

void MemoryPane::askForText()
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setWindowTitle(tr("Add a text"));
    dialog->setLabelText(tr("Text to compress into a memory"));
    dialog->setOkButtonText(tr("Compress"));
    dialog->resize(Theme::grid(70), Theme::grid(45));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& text) { addText(text, {}); });
    dialog->open();
}

void MemoryPane::openTexts()
{
    auto* dialog = openDialog(this, m_settings, tr("Open texts or memories"));
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, &MemoryPane::addFiles);
    dialog->open();
}

void MemoryPane::paste()
{
    const auto* mime = QGuiApplication::clipboard()->mimeData();
    QStringList files;
    for (const auto& url : localFiles(*mime))
        files += url.toLocalFile();
    if (files.isEmpty())
        addText(mime->text(), {});
    else
        addFiles(files);
}

void MemoryPane::rename()
{
    const auto* memory = m_model.find(current());
    if (memory == nullptr)
        return;
    auto* dialog = new MemoryLabelDialog(*memory, this);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        m_client.call(protocol::libraryRename, dialog->label(), this, {.done = [this](const LibraryMemory& renamed) {
                          m_model.put(renamed, false);
                          hide(m_found);
                      }});
    });
    dialog->open();
}

void MemoryPane::recompress()
{
    const auto* memory = m_model.find(current());
    if (memory == nullptr || !m_client.model())
        return;
    auto* dialog = new RecompressDialog(*memory, *m_client.model(), m_catalog, this);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        const auto params = dialog->params();
        const auto other = dialog->otherAdapter();
        if (!other)
            return recompressWith(params);
        const auto& model = *m_client.model();
        LoadModelParams load{model.base, *other, model.requestedDevice, model.requestedDtype};
        load.beside = true;
        m_client.call(protocol::modelsLoad, load, this, {.done = [this, params](const LoadedModel& loaded) {
                          auto with = params;
                          with.model = loaded.id;
                          recompressWith(with);
                      }});
    });
    dialog->open();
}

void MemoryPane::recompressWith(LibraryRecompressParams params)
{
    m_client.call(protocol::libraryRecompress, params, this, {.done = [this, params](const LibraryMemory& memory) {
                      const auto old = m_model.indexOf(QString::fromStdString(params.id));
                      const bool used = old.data(Qt::CheckStateRole).toInt() == Qt::Checked;
                      if (params.replace && memory.id != params.id && old.isValid()) {
                          if (const auto* replaced = m_model.find(QString::fromStdString(params.id)))
                              m_deleted.push_back({*replaced, used});
                          m_model.setData(old, Qt::Unchecked, Qt::CheckStateRole);
                      }
                      m_model.put(memory, params.replace && used);
                      m_tree->setCurrentIndex(m_model.indexOf(QString::fromStdString(memory.id)));
                      Q_EMIT reported(tr("Compressed %1 again: %2")
                                          .arg(QString::fromStdString(memory.name),
                                               m_tree->currentIndex().data(MemoryTreeModel::LineRole).toString()));
                      refresh(); // what the model in use can read of it
                  }});
}

/// One file, with slots, text, name and tags; on the engine's machine.
void MemoryPane::exportMemory()
{
    const auto* memory = m_model.find(current());
    if (memory == nullptr)
        return;
    auto* dialog = saveDialog(this, m_settings, tr("Save the memory"),
                              QString::fromStdString(memory->name).replace(u'/', u'-') + u".memory"_s);
    connect(dialog, &QFileDialog::fileSelected, this, [this, id = memory->id](const QString& file) {
        m_client.call(
            protocol::libraryExport, {id, file.toStdString()}, this,
            {.done = [this, file](const LibraryFolder& /*library*/) { Q_EMIT reported(tr("Saved %1").arg(file)); }});
    });
    dialog->open();
}

void MemoryPane::revive(const UsedMemory& missing)
{
    m_client.call(protocol::libraryRestore, {missing.id}, this,
                  {.done =
                       [this, missing](const LibraryMemory& restored) {
                           m_model.revive(missing.id, restored);
                           std::erase_if(m_deleted, [&](const Deleted& one) { return one.memory.id == missing.id; });
                           updateActions();
                           Q_EMIT reported(tr("%1 is back").arg(QString::fromStdString(restored.name)));
                       },
                   .failed =
                       [this, missing](const Error& why) {
                           if (why.kind() != ErrorKind::NotFound) {
                               Q_EMIT failed(why);
                               return;
                           }
                           const auto brought = m_chatTexts.find(missing.id);
                           if (const auto* known = m_preview->knownText(QString::fromStdString(missing.id)))
                               reviveFrom(missing, *known);
                           else if (brought != m_chatTexts.end())
                               reviveFrom(missing, QString::fromStdString(brought->second));
                           else
                               reviveFromAnother(missing);
                       }});
}

/// A memory of the same text, compressed otherwise, has it.
void MemoryPane::reviveFromAnother(const UsedMemory& missing)
{
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const auto index = m_model.index(row, 0);
        const auto* memory = m_model.at(index);
        if (m_model.missing(index) != nullptr || missing.textSha256.empty() || memory->textSha256 != missing.textSha256)
            continue;
        m_client.call(protocol::libraryText, {memory->id}, this, {.done = [this, missing](const LibraryText& text) {
                          reviveFrom(missing, QString::fromStdString(text.text));
                      }});
        return;
    }
    askForTextOf(missing);
}

void MemoryPane::askForTextOf(const UsedMemory& missing)
{
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setWindowTitle(tr("Bring %1 back").arg(QString::fromStdString(missing.name)));
    dialog->setLabelText(tr("The library has neither this memory nor its text any more. Paste the text here: it is "
                            "compressed again where it is the same one."));
    dialog->setOkButtonText(tr("Compress"));
    dialog->resize(Theme::grid(70), Theme::grid(45));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, missing](const QString& text) {
        if (!missing.textSha256.empty() && sha256Of(text) != missing.textSha256) {
            Q_EMIT failed(Error(ErrorKind::Mismatch,
                                tr("This is another text than the one that %1 was made of.")
                                    .arg(QString::fromStdString(missing.name))
                                    .toStdString(),
                                tr("Paste the same text, or add this one as a memory of its own.").toStdString()));
            return;
        }
        reviveFrom(missing, text);
    });
    dialog->open();
}

void MemoryPane::reviveFrom(const UsedMemory& missing, const QString& text)
{
    LibraryAddParams params;
    params.name = missing.name;
    params.text = text.toStdString();
    m_client.call(protocol::libraryAdd, params, this, {.done = [this, missing](const LibraryMemory& memory) {
                      m_model.revive(missing.id, memory);
                      m_tree->setCurrentIndex(m_model.indexOf(QString::fromStdString(memory.id)));
                      Q_EMIT reported(tr("Compressed %1 again from its text").arg(QString::fromStdString(memory.name)));
                  }});
}

void MemoryPane::remove()
{
    const auto* memory = m_model.find(current());
    if (memory == nullptr)
        return;
    m_client.call(protocol::libraryDelete, {memory->id}, this, {.done = [this, of = *memory](const LibraryList& list) {
                      const auto index = m_model.indexOf(QString::fromStdString(of.id));
                      m_deleted.push_back({of, index.data(Qt::CheckStateRole).toInt() == Qt::Checked});
                      if (index.isValid())
                          m_model.setData(index, Qt::Unchecked, Qt::CheckStateRole);
                      m_model.setMemories(list.memories);
                      hide(m_found);
                      updateActions();
                      Q_EMIT reported(tr("Deleted %1; Ctrl+Z takes it back").arg(QString::fromStdString(of.name)));
                  }});
}

/// The last one deleted, in use again where it was.
void MemoryPane::undo()
{
    if (m_deleted.empty())
        return;
    const auto last = m_deleted.back();
    m_client.call(protocol::libraryRestore, {last.memory.id}, this,
                  {.done = [this, last](const LibraryMemory& restored) {
                      std::erase_if(m_deleted, [&](const Deleted& one) { return one.memory.id == last.memory.id; });
                      m_model.put(restored, last.used);
                      m_tree->setCurrentIndex(m_model.indexOf(QString::fromStdString(restored.id)));
                      updateActions();
                  }});
}

void MemoryPane::search(const QString& words)
{
    if (m_searching >= 0)
        m_client.cancel(m_searching);
    m_searching = -1;
    if (words.trimmed().isEmpty()) {
        hide(std::nullopt);
        return;
    }
    m_searching = m_client.call(protocol::librarySearch, {words.toStdString()}, this,
                                {.done = [this](const LibrarySearchResult& result) { hide(result.ids); },
                                 .failed = [](const Error& /*overtaken*/) {}});
}

void MemoryPane::hide(const std::optional<std::vector<std::string>>& shown)
{
    m_found = shown;
    const auto words = m_search->text().trimmed();
    const auto tag = m_tag->currentIndex() > 0 ? m_tag->currentText() : QString();
    const std::set<std::string> ids = shown ? std::set(shown->begin(), shown->end()) : std::set<std::string>();
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const auto index = m_model.index(row, 0);
        const bool found = !shown || ids.contains(index.data(MemoryTreeModel::IdRole).toString().toStdString())
            || index.data().toString().contains(words, Qt::CaseInsensitive);
        const bool tagged = tag.isEmpty() || index.data(MemoryTreeModel::TagsRole).toStringList().contains(tag);
        m_tree->setRowHidden(row, {}, !found || !tagged);
    }
}

} // namespace icae
