#include <algorithm>

#include "core/base/error.h"
#include "core/slowmo/blend.h"
#include "core/slowmo/engine.h"
#include "core/slowmo/flow.h"
#include "core/slowmo/learned.h"
#include "core/slowmo/rife.h"
#include "core/slowmo/swift.h"

namespace fw {

const std::vector<EngineKind>& engineList() {
  static const std::vector<EngineKind> kinds{
      swiftEngine(), flowEngine(), rifeEngine(), learnedEngine(), blendEngine(),
  };
  return kinds;
}

const EngineKind& engineKind(std::string_view id) {
  const auto& kinds = engineList();
  const auto found = std::ranges::find(kinds, id, &EngineKind::id);
  if (found != kinds.end()) return *found;
  std::string names;
  for (const auto& kind : kinds) names += (names.empty() ? "" : ", ") + kind.id;
  throw Error("There is no such engine", std::string(id), "The engines are: " + names + ".");
}

}  // namespace fw
