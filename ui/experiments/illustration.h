#pragma once
#include <QWidget>
#include <string>

namespace fw {

/// A small drawing of what one will see in an experiment, in the theme's colours. Unknown ids get a falling
/// loss.
class Illustration : public QWidget {
  Q_OBJECT
 public:
  explicit Illustration(std::string experimentId, QWidget* parent = nullptr);
  QSize sizeHint() const override { return {288, 128}; }

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  std::string id_;
};

}  // namespace fw
