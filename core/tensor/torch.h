#pragma once

// The one door to LibTorch: every room that computes includes this and nothing else of LibTorch. It is the precompiled
// header, so that a file costs two seconds instead of twenty.

#if defined(__GNUC__)
#pragma GCC system_header
#endif

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/csrc/autograd/variable.h>
