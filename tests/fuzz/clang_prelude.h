#pragma once
// Clang 14 instantiates every member of GCC 12's constexpr vector at once, also of those of LibTorch's
// incomplete types; without the constexpr it waits until they are complete. The order matters.
// clang-format off
#include <bits/allocator.h>
#include <ext/alloc_traits.h>
#include <tuple>
#include <utility>
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#include <bits/stl_algobase.h>
#include <vector>
#include <algorithm>
#include <numeric>
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR constexpr
// clang-format on
