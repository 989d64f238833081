#include "ui/widgets/remembered_splitter.h"

#include <QSettings>

#include "ui/theme.h"

namespace fw {

using namespace Qt::StringLiterals;

RememberedSplitter::RememberedSplitter(Qt::Orientation orientation, const QString& name,
                                       const QList<int>& shares, QWidget* parent)
    : QSplitter(orientation, parent), key_(u"splitters/"_s + name), shares_(shares) {
  setChildrenCollapsible(false);
  setHandleWidth(kGrid);
  connect(this, &QSplitter::splitterMoved, this, [this] { QSettings().setValue(key_, saveState()); });
}

void RememberedSplitter::showEvent(QShowEvent* event) {
  QSplitter::showEvent(event);
  if (std::exchange(placed_, true)) return;
  for (int i = 0; i < count() && i < shares_.size(); ++i) setStretchFactor(i, shares_[i]);
  if (restoreState(QSettings().value(key_).toByteArray())) return;
  QList<int> sizes;
  for (const int share : shares_) sizes << share * 1000;  // more than there is: then only the shares count
  setSizes(sizes);
}

}  // namespace fw
