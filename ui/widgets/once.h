#pragma once
#include <QAbstractButton>
#include <QApplication>
#include <QElapsedTimer>
#include <utility>

namespace fw {

/// What a button begins must not begin twice because somebody clicks twice.
template <class Act>
void onClickOnce(QAbstractButton* button, QObject* context, Act act) {
  QObject::connect(button, &QAbstractButton::clicked, context,
                   [act = std::move(act), since = QElapsedTimer()]() mutable {
                     if (since.isValid() && since.elapsed() < QApplication::doubleClickInterval()) return;
                     since.start();
                     act();
                   });
}

}  // namespace fw
