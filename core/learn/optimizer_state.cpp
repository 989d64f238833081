#include "core/learn/optimizer_state.h"

#include "core/base/error.h"

namespace fw {
namespace {

namespace optim = torch::optim;

/// One parameter's state as fields; reading and writing share the one list of names.
class Fields {
 public:
  Fields(std::string prefix, TensorMap* into, const TensorMap* from, torch::Device device)
      : prefix_(std::move(prefix)), into_(into), from_(from), device_(device) {}

  void field(const char* name, torch::Tensor& tensor) {
    if (into_) {
      if (tensor.defined()) (*into_)[prefix_ + name] = tensor;
    } else if (const auto found = from_->find(prefix_ + name); found != from_->end()) {
      tensor = found->second.to(device_).clone();
    }
  }

  void field(const char* name, int64_t& number) {
    if (into_)
      (*into_)[prefix_ + name] = torch::tensor(number, torch::kLong);
    else if (const auto found = from_->find(prefix_ + name); found != from_->end())
      number = found->second.item<int64_t>();
  }

 private:
  std::string prefix_;
  TensorMap* into_;
  const TensorMap* from_;
  torch::Device device_;
};

template <class Adaptive>
void adamFields(Adaptive& state, Fields& fields) {
  int64_t step = state.step();
  torch::Tensor mean = state.exp_avg(), square = state.exp_avg_sq(), largest = state.max_exp_avg_sq();
  fields.field("step", step);
  fields.field("exp_avg", mean);
  fields.field("exp_avg_sq", square);
  fields.field("max_exp_avg_sq", largest);
  state.step(step);
  state.exp_avg(mean);
  state.exp_avg_sq(square);
  state.max_exp_avg_sq(largest);
}

void stateFields(optim::AdamParamState& state, Fields& fields) { adamFields(state, fields); }
void stateFields(optim::AdamWParamState& state, Fields& fields) { adamFields(state, fields); }

void stateFields(optim::SGDParamState& state, Fields& fields) {
  torch::Tensor momentum = state.momentum_buffer();
  fields.field("momentum_buffer", momentum);
  state.momentum_buffer(momentum);
}

void stateFields(optim::RMSpropParamState& state, Fields& fields) {
  int64_t step = state.step();
  torch::Tensor square = state.square_avg(), momentum = state.momentum_buffer(), mean = state.grad_avg();
  fields.field("step", step);
  fields.field("square_avg", square);
  fields.field("momentum_buffer", momentum);
  fields.field("grad_avg", mean);
  state.step(step);
  state.square_avg(square);
  state.momentum_buffer(momentum);
  state.grad_avg(mean);
}

void stateFields(optim::AdagradParamState& state, Fields& fields) {
  int64_t step = state.step();
  torch::Tensor sum = state.sum();
  fields.field("step", step);
  fields.field("sum", sum);
  state.step(step);
  state.sum(sum);
}

template <class State>
void visitState(optim::Optimizer& optimizer, const torch::Tensor& parameter, Fields& fields, bool saving) {
  auto& states = optimizer.state();
  auto found = states.find(stateKey(states, parameter));
  if (found == states.end()) {
    if (saving) return;  // this parameter has not been stepped yet
    found = states.emplace(stateKey(states, parameter), std::make_unique<State>()).first;
  }
  stateFields(static_cast<State&>(*found->second), fields);
}

using Visit = void (*)(optim::Optimizer&, const torch::Tensor&, Fields&, bool);

Visit visitFor(optim::Optimizer& optimizer) {
  if (dynamic_cast<optim::Adam*>(&optimizer)) return visitState<optim::AdamParamState>;
  if (dynamic_cast<optim::AdamW*>(&optimizer)) return visitState<optim::AdamWParamState>;
  if (dynamic_cast<optim::SGD*>(&optimizer)) return visitState<optim::SGDParamState>;
  if (dynamic_cast<optim::RMSprop*>(&optimizer)) return visitState<optim::RMSpropParamState>;
  if (dynamic_cast<optim::Adagrad*>(&optimizer)) return visitState<optim::AdagradParamState>;
  throw Error("This optimiser cannot be kept in a checkpoint", "an optimiser of another kind",
              "Use Adam, AdamW, SGD, RMSprop or Adagrad.");
}

// Visits every parameter with the name its state has in the file.
template <class Each>
void forEachParameter(optim::Optimizer& optimizer, const std::string& prefix, Each each) {
  std::size_t index = 0;
  for (auto& group : optimizer.param_groups())
    for (auto& parameter : group.params()) each(parameter, prefix + "." + std::to_string(index++) + ".");
}

std::string rateName(const std::string& prefix, std::size_t group) {
  return prefix + ".group" + std::to_string(group) + ".learning_rate";
}

}  // namespace

void saveOptimizer(optim::Optimizer& optimizer, const std::string& prefix, TensorMap& into) {
  const Visit visit = visitFor(optimizer);
  forEachParameter(optimizer, prefix, [&](const torch::Tensor& parameter, const std::string& name) {
    Fields fields(name, &into, nullptr, parameter.device());
    visit(optimizer, parameter, fields, true);
  });
  for (std::size_t group = 0; group < optimizer.param_groups().size(); ++group)
    into[rateName(prefix, group)] =
        torch::tensor(optimizer.param_groups()[group].options().get_lr(), torch::kDouble);
}

void restoreOptimizer(optim::Optimizer& optimizer, const std::string& prefix, const TensorMap& from) {
  const Visit visit = visitFor(optimizer);
  forEachParameter(optimizer, prefix, [&](const torch::Tensor& parameter, const std::string& name) {
    // A parameter that was never stepped has no state, and must not get an empty one.
    const auto first = from.lower_bound(name);
    if (first == from.end() || !first->first.starts_with(name)) return;
    for (auto entry = first; entry != from.end() && entry->first.starts_with(name); ++entry)
      if (entry->second.dim() != 0 && entry->second.sizes() != parameter.sizes())
        throw Error("The optimiser's state does not fit the network", entry->first,
                    "The experiment has changed since this run; start a new one.");
    Fields fields(name, nullptr, &from, parameter.device());
    visit(optimizer, parameter, fields, false);
  });
  for (std::size_t group = 0; group < optimizer.param_groups().size(); ++group)
    if (const auto rate = from.find(rateName(prefix, group)); rate != from.end())
      optimizer.param_groups()[group].options().set_lr(rate->second.item<double>());
}

}  // namespace fw
