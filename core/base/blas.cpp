#include "core/base/blas.h"

#include <cstdlib>
#include <string_view>

#include "core/base/loaded.h"

namespace fw {

#if defined(__x86_64__) && defined(__GNUC__)
namespace {

constexpr const char* kChosen = "OPENBLAS_CORETYPE";
constexpr std::string_view kUnknown = "Prescott";  // what OpenBLAS calls a processor it does not know

const char* fitting() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
  return nullptr;
}

}  // namespace

void useFastBlas() {
  auto* name = loaded<char*()>("openblas_get_corename");
  auto *forget = loaded<void()>("gotoblas_dynamic_quit"), *choose = loaded<void()>("gotoblas_dynamic_init");
  if (!name || !forget || !choose) return;  // another BLAS, or an OpenBLAS built for one processor only
  if (std::getenv(kChosen) || name() != kUnknown) return;
  const char* kernels = fitting();
  if (!kernels) return;
  setenv(kChosen, kernels, 1);
  forget();
  choose();
  unsetenv(kChosen);  // what this program starts is to decide for itself
}
#else
void useFastBlas() {}
#endif

void setBlasThreads(int threads) {
  if (auto* set = loaded<void(int)>("openblas_set_num_threads")) set(threads);
}

}  // namespace fw
