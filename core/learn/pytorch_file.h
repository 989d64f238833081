#pragma once
#include <filesystem>
#include <string_view>

#include "core/learn/safetensors.h"

/// Weights that PyTorch saved (.pt, .pth, .pkl). Such a file is a program for Python's pickle; we understand
/// exactly the part of it that says "a dictionary of tensors" and refuse everything else, so it can never run
/// anything.
namespace fw {

/// Reads what torch.save() wrote of a state dict, in today's format (a zip file) or the one before
/// PyTorch 1.6. Dictionaries within are joined by dots; numbers and texts beside the tensors are left out.
/// Throws Error.
TensorMap readPytorchFile(const std::filesystem::path& file);
/// A whole file in memory; `name` is what an Error calls it.
TensorMap parsePytorchFile(std::string_view bytes, const std::string& name);

/// A weights file of either kind, told apart by what is in it.
TensorMap readWeights(const std::filesystem::path& file);

/// "module.conv.weight" becomes "conv.weight": how distributed training names what it saves. Others stay.
TensorMap withoutPrefix(const TensorMap& weights, std::string_view prefix = "module.");

}  // namespace fw
