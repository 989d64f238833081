#pragma once
#include <QStringList>
#include <QWidget>
#include <memory>
#include <vector>

#include "core/params/schema.h"

class QToolButton;

namespace fw {

/// A form made from a Schema: the right editor for each kind, its help as a tooltip, rows that do not matter
/// now hidden, the advanced ones under "More". A value that is not possible keeps the last good one and says
/// so beside the field, in the very words of the Schema.
class ParamForm : public QWidget {
  Q_OBJECT
 public:
  explicit ParamForm(QWidget* parent = nullptr);
  ~ParamForm() override;

  void setSettings(const Settings& settings);  ///< rebuilds when the Schema is another one
  const Settings& settings() const { return *settings_; }
  bool valid() const;  ///< false while a field that matters says something impossible
  QString problem(const QString& parameter) const;  ///< what stands beside the field; empty when all is well

  /// Gives the files to the first list of files that matters; false when there is none.
  bool addFiles(const QStringList& files);
  bool takesFiles() const;
  /// Gives a weights file to the first path that is called weights; false when there is none.
  bool setWeights(const QString& file);
  void setReadOnly(bool readOnly);
  QWidget* editor(const QString& parameter) const;  ///< for tests and for focus

 Q_SIGNALS:
  void changed();

 private:
  struct Row;
  void build();
  void showValues();
  void showWhatMatters();
  void take(Row& row, const Value& value);
  void takeText(Row& row, const QString& text);
  void tell(Row& row, const QString& problem);

  std::unique_ptr<Settings> settings_;
  std::vector<std::unique_ptr<Row>> rows_;
  QToolButton* more_ = nullptr;
  QWidget* content_ = nullptr;
  bool showing_ = false;  ///< fields are being filled, nobody typed
};

}  // namespace fw
