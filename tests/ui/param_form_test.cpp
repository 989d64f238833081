#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <opencv2/core.hpp>

#include "core/image/views.h"
#include "own_home.h"
#include "ui/widgets/number_edit.h"
#include "ui/widgets/param_form.h"
#include "ui/widgets/path_list_edit.h"

using namespace Qt::StringLiterals;
using namespace fw;

class ParamFormTest : public QObject {
  Q_OBJECT

  static Schema schema() {
    auto rate = realParameter("learning_rate", "Learning rate", "How far each step goes.", 0.001, 1e-6, 1.0);
    rate.logarithmic = true;
    auto momentum = realParameter("momentum", "Momentum", "Only SGD has it.", 0.9, 0.0, 1.0);
    momentum.mattersWhen = {{"optimizer", {std::string("sgd")}}};
    auto clip = realParameter("clip", "Gradient clipping", "0 clips nothing.", 0.0, 0.0, 100.0);
    clip.advanced = true;
    auto pictures = pathListParameter("pictures", "Own pictures", "Trains on these.");
    pictures.mattersWhen = {{"source", {std::string("own")}}};
    return {
        {integerParameter("batch", "Batch", "Samples a step.", 8, 1, 512, "samples"), rate,
         choiceParameter("optimizer", "Optimizer", "Who steps.", "adam", {{"adam", "Adam"}, {"sgd", "SGD"}}),
         momentum, boolParameter("mirror", "Mirror", "Doubles the data.", true),
         choiceParameter("source", "Pictures", "Where from.", "drawn",
                         {{"drawn", "Drawn"}, {"own", "My own"}}),
         pictures, clip}};
  }

  static void type(ParamForm& form, const char* name, const QString& text) {
    auto* line = form.editor(QString::fromLatin1(name))->findChild<QLineEdit*>();
    line->selectAll();
    line->insert(text);  // at once, as pasting does: what half a word means is another matter
  }

  static QToolButton* moreOf(const ParamForm& form) {
    for (auto* button : form.findChildren<QToolButton*>())
      if (button->text() == u"More"_s) return button;
    return nullptr;
  }

 private Q_SLOTS:
  void showsTheDefaults() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    QCOMPARE(form.editor(u"batch"_s)->findChild<QLineEdit*>()->text(), u"8"_s);
    QCOMPARE(qobject_cast<QComboBox*>(form.editor(u"optimizer"_s))->currentText(), u"Adam"_s);
    QVERIFY(qobject_cast<QCheckBox*>(form.editor(u"mirror"_s))->isChecked());
    QVERIFY(form.valid());
  }

  void takesWhatIsTyped() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    QSignalSpy changed(&form, &ParamForm::changed);
    type(form, "batch", u"32"_s);
    qobject_cast<QCheckBox*>(form.editor(u"mirror"_s))->click();
    QCOMPARE(form.settings().integer("batch"), 32);
    QVERIFY(!form.settings().flag("mirror"));
    QVERIFY(changed.count() >= 2);
  }

  void saysBesideTheFieldWhatIsWrongAndKeepsTheGoodValue_data() {
    QTest::addColumn<QString>("typed");
    QTest::newRow("too large") << u"9999"_s;
    QTest::newRow("too small") << u"0"_s;
    QTest::newRow("a word") << u"many"_s;
    QTest::newRow("a fraction") << u"2.5"_s;
    QTest::newRow("nothing") << u" "_s;
  }
  void saysBesideTheFieldWhatIsWrongAndKeepsTheGoodValue() {
    QFETCH(QString, typed);
    ParamForm form;
    form.setSettings(Settings(schema()));
    form.show();
    type(form, "batch", typed);
    QVERIFY(!form.valid());
    QVERIFY(form.problem(u"batch"_s).contains(u"Batch"_s));
    QCOMPARE(form.settings().integer("batch"), 8);
    bool seen = false;
    for (auto* text : form.findChildren<QLabel*>())
      seen |= text->isVisible() && text->text() == form.problem(u"batch"_s);
    QVERIFY2(seen, "the problem must stand in the form");
    type(form, "batch", u"16"_s);
    QVERIFY(form.valid());
    QCOMPARE(form.settings().integer("batch"), 16);
  }

  void hidesWhatDoesNotMatter() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    form.show();
    QVERIFY(!form.editor(u"momentum"_s)->isVisible());
    auto* optimizer = qobject_cast<QComboBox*>(form.editor(u"optimizer"_s));
    optimizer->setCurrentIndex(1);
    QVERIFY(form.editor(u"momentum"_s)->isVisible());
    optimizer->setCurrentIndex(0);
    QVERIFY(!form.editor(u"momentum"_s)->isVisible());
  }

  void aWrongValueThatDoesNotMatterDoesNotStopAnyone() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    auto* optimizer = qobject_cast<QComboBox*>(form.editor(u"optimizer"_s));
    optimizer->setCurrentIndex(1);
    type(form, "momentum", u"7"_s);
    QVERIFY(!form.valid());
    optimizer->setCurrentIndex(0);
    QVERIFY(form.valid());
  }

  void keepsTheAdvancedUnderMore() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    form.show();
    QVERIFY(!form.editor(u"clip"_s)->isVisible());
    QToolButton* more = moreOf(form);
    QVERIFY(more);
    more->click();
    QVERIFY(form.editor(u"clip"_s)->isVisible());
  }

  void aWrongAdvancedValueStaysInSight() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    form.show();
    auto* more = moreOf(form);
    more->setChecked(true);
    type(form, "clip", u"1000"_s);
    more->setChecked(false);
    QVERIFY(!form.valid());
    QVERIFY(form.editor(u"clip"_s)->isVisible());
    type(form, "clip", u"10"_s);
    QVERIFY(!form.editor(u"clip"_s)->isVisible());
  }

  void anotherSchemaKeepsTheKeyboardAndMoreWhereTheyWere() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    form.show();
    form.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&form));
    moreOf(form)->setChecked(true);
    form.editor(u"optimizer"_s)->setFocus();
    auto fewer = schema().parameters();
    fewer.erase(fewer.begin());
    form.setSettings(Settings(Schema(fewer)));
    QTRY_VERIFY(form.editor(u"clip"_s)->isVisible());
    QCOMPARE(form.focusWidget(), form.editor(u"optimizer"_s));
  }

  void logarithmicStepsWalkAlongOneTwoFive() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    auto* rate = qobject_cast<NumberEdit*>(form.editor(u"learning_rate"_s));
    QList<double> walk;
    for (int i = 0; i < 4; ++i) {
      rate->stepBy(1);
      walk << form.settings().real("learning_rate");
    }
    QCOMPARE(walk, (QList<double>{0.002, 0.005, 0.01, 0.02}));
    rate->stepBy(-5);
    QCOMPARE(form.settings().real("learning_rate"), 0.0005);
    rate->stepBy(-100);
    QCOMPARE(form.settings().real("learning_rate"), 1e-6);
    QVERIFY(form.valid());
  }

  void ownFilesChooseTheirSource() {
    const OwnHome home;
    ParamForm form;
    form.setSettings(Settings(schema()));
    form.show();
    const QString file = home.folder.filePath(u"cat.png"_s);
    writeImage(file.toStdString(), cv::Mat(40, 60, CV_8UC3, cv::Scalar(20, 90, 200)));
    QVERIFY(form.addFiles({file}));
    QCOMPARE(form.settings().text("source"), std::string("own"));
    QCOMPARE(form.settings().paths("pictures"), std::vector<std::string>{file.toStdString()});
    QVERIFY(form.editor(u"pictures"_s)->isVisible());
  }

  void aFormWithoutFilesSaysSo() {
    ParamForm form;
    form.setSettings(Settings(Schema{{integerParameter("batch", "Batch", "", 8, 1, 9)}}));
    QVERIFY(!form.takesFiles());
    QVERIFY(!form.addFiles({u"/tmp/x.png"_s}));
  }

  void everyFieldHasAnAccessibleNameAndATip() {
    ParamForm form;
    form.setSettings(Settings(schema()));
    for (const auto& parameter : form.settings().schema().parameters()) {
      auto* editor = form.editor(QString::fromStdString(parameter.name));
      QVERIFY(!editor->accessibleName().isEmpty());
      QVERIFY(editor->toolTip().contains(QString::fromStdString(parameter.help)));
    }
  }
};

QTEST_MAIN(ParamFormTest)
#include "param_form_test.moc"
