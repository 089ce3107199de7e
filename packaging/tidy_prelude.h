// packaging/tidy.sh includes this before every file that uses LibTorch, in place of gcc's precompiled header.
// libstdc++ 12's std::vector is constexpr in C++20, so clang instantiates its members early, where LibTorch's headers
// have only declared the element type; without constexpr they are instantiated at the end, as LibTorch expects.
#pragma once
#pragma clang system_header
#include <memory>
#include <string>
#if _GLIBCXX_RELEASE == 12
#pragma push_macro("_GLIBCXX20_CONSTEXPR")
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
// <memory> has declared vector<bool>'s helper of this name as constexpr.
#define __fill_a1 __fill_a1_of_vector_bool
#include <vector>
#undef __fill_a1
#pragma pop_macro("_GLIBCXX20_CONSTEXPR")
#endif
