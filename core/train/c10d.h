#pragma once

// c10d's headers, without the warnings of others' code. ICAE_C10D_GLOO and ICAE_C10D_NCCL say what this LibTorch has.

#if defined(__GNUC__)
#pragma GCC system_header
#endif

#ifdef ICAE_C10D
// LibTorch's CMake targets may define these already.
#if defined(ICAE_C10D_GLOO) && !defined(USE_C10D_GLOO)
#define USE_C10D_GLOO
#endif
#if defined(ICAE_C10D_NCCL) && !defined(USE_C10D_NCCL)
#define USE_C10D_NCCL
#endif
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef ICAE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef ICAE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#endif
