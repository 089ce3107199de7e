#include "pages/all_pages.h"

#include "pages/chat/chat_page.h"
#include "pages/compress/compress_page.h"
#include "pages/models/models_page.h"
#include "pages/study/study_page.h"
#include "pages/train/train_page.h"

namespace icae {

std::vector<PageFactory> allPages()
{
    return {
        [](const PageContext& context) { return new CompressPage(context); },
        [](const PageContext& context) { return new StudyPage(context); },
        [](const PageContext& context) { return new TrainPage(context); },
        [](const PageContext& context) { return new ChatPage(context); },
        [](const PageContext& context) { return new ModelsPage(context); },
    };
}

} // namespace icae
