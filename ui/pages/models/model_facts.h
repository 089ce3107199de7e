#pragma once

#include "protocol/model_messages.h"
#include "widgets/common/facts_view.h"

namespace icae {

/// What the Models page tells of a base and of an adapter, in groups.
std::vector<std::pair<QString, std::vector<Fact>>> baseFacts(const BaseInfo& base);
std::vector<std::pair<QString, std::vector<Fact>>> adapterFacts(const AdapterInfo& adapter, const BaseInfo* base);

} // namespace icae
