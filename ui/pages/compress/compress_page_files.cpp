// What the Compress page opens and saves: files, samples, memories, and the text that no file has.
#include "pages/compress/compress_page.h"

#include "models/sample_texts.h"
#include "models/text_file.h"
#include "pages/compress/compress_controls.h"
#include "pages/compress/memory_bar.h"
#include "pages/compress/recorded_bar.h"
#include "pages/compress/result_pane.h"
#include "pages/compress/source_pane.h"
#include "pages/file_dialog.h"
#include "widgets/common/notice_bar.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMimeData>

namespace icae {

using namespace Qt::StringLiterals;

CompressPage::~CompressPage()
{
    if (m_draftTimer.isActive())
        keepDraft();
}

void CompressPage::keepDraft()
{
    const auto& editor = m_source->editor();
    if (editor.isInserting()) // what is in the editor is a part; it tells when the rest is there
        return;
    const auto text = source();
    if (text != m_known)
        m_draft.keep(text);
}

bool CompressPage::restoreDraft()
{
    const auto text = m_draft.read();
    if (!text.isEmpty())
        setKnownSource(text);
    return !text.isEmpty();
}

void CompressPage::setKnownSource(const QString& text)
{
    m_isKnown = !text.isEmpty();
    setSource(text);
}

void CompressPage::openSample(const QString& id)
{
    closeMemory();
    setKnownSource(sampleText(id));
    m_sourceName = id;
}

void CompressPage::setSource(const QString& text)
{
    m_sourceName.clear();
    m_recorded->clear();
    m_source->setEditing(true);
    m_source->editor().setSource(text);
}

bool CompressPage::openFile(const QString& path)
{
    if (path.endsWith(".safetensors"_L1)) {
        openMemory(path);
        return true;
    }
    try {
        closeMemory();
        setKnownSource(readTextFile(path));
    } catch (const Error& error) {
        showError(error);
        return false;
    }
    m_notice->clearError();
    m_sourceName = QFileInfo(path).fileName();
    m_settings.addRecentFile(path);
    return true;
}

/// The engine reads it, and the page shows what it holds: without a text there is nothing to compare that with.
void CompressPage::openMemory(const QString& path)
{
    m_client.call(protocol::memoryLoad, {path.toStdString(), {}}, this,
                  {.done =
                       [this, path](const MemoryInfo& memory) {
                           m_notice->clearError();
                           setKnownSource({});
                           m_memory = memory;
                           m_memory->path = path.toStdString();
                           m_memoryBar->show(QFileInfo(path).fileName(), memory);
                           m_controls->setSpanCount(static_cast<int>(memory.spans.size()));
                           onSourceChanged();
                           run();
                       },
                   .failed = [this](const Error& why) { showError(why); }});
}

void CompressPage::closeMemory()
{
    if (!m_memory)
        return;
    m_memory.reset();
    m_memoryBar->hide();
    onSourceChanged();
}

/// Loaded again before it is read: the engine may be another one by now.
void CompressPage::readMemory()
{
    const auto path = m_memory->path;
    m_client.call(protocol::memoryLoad, {path, {}}, this,
                  {.done =
                       [this](const MemoryInfo& memory) {
                           if (!m_memory || m_run.isRunning())
                               return;
                           ReconstructParams params;
                           params.source.memory = memory.id;
                           params.source.spans = m_controls->source().spans;
                           params.sampling = m_controls->sampling();
                           TextPlan plan;
                           const auto text = source();
                           if (!text.isEmpty())
                               plan.spans = memory.spans;
                           plan.tokens = memory.tokens;
                           plan.slots = memory.slots;
                           m_recorded->clear();
                           m_run.start(text, plan, params);
                       },
                   .failed = [this](const Error& why) { showError(why); }});
}

void CompressPage::openDropped(const QList<QUrl>& files)
{
    if (openFile(files.front().toLocalFile()) && files.size() > 1)
        Q_EMIT reported(tr("Opened the first of %L1 files").arg(files.size()));
}

void CompressPage::chooseFile()
{
    auto* dialog = openDialog(this, m_settings, tr("Open a text or a memory"),
                              tr("Texts (*.txt *.md *.tex *.py *.cpp *.json *.csv);;Memories (*.safetensors);;"
                                 "All files (*)"));
    connect(dialog, &QFileDialog::fileSelected, this, &CompressPage::openFile);
    dialog->open();
}

bool CompressPage::showRecorded(const RecordedReconstruction& recorded)
{
    const auto text = QString::fromStdString(recorded.sample.reference);
    closeMemory();
    setKnownSource(text);
    m_sourceName = QString::fromStdString(recorded.sample.text);
    m_lostRun = true; // its plan begins no run of its own
    m_run.showRecorded(text, recorded.result());
    m_recorded->show(recorded);
    return true;
}

void CompressPage::saveMemory()
{
    if (!m_view.result || m_view.result->memory.id.empty())
        return;
    auto* dialog =
        saveDialog(this, m_settings, tr("Save the memory"), u"memory.safetensors"_s, tr("Memories (*.safetensors)"));
    connect(dialog, &QFileDialog::fileSelected, this, [this, id = m_view.result->memory.id](const QString& path) {
        m_client.call(protocol::memorySave, {id, path.toStdString()}, this,
                      {.done = [this](const MemoryInfo& /*saved*/) { m_notice->clearError(); },
                       .failed = [this](const Error& why) { showError(why); }});
    });
    dialog->open();
}

void CompressPage::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls() || event->mimeData()->hasText())
        event->acceptProposedAction();
}

void CompressPage::dropEvent(QDropEvent* event)
{
    const auto files = localFiles(*event->mimeData());
    if (!files.isEmpty())
        openDropped(files);
    else if (event->mimeData()->hasText())
        setSource(event->mimeData()->text());
    event->acceptProposedAction();
}

} // namespace icae
