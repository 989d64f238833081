#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

/// The safetensors format, ours to read and write: eight bytes of header length, a JSON header, raw numbers.
/// What we write loads unchanged in Python; what we read is checked before it is believed, as a file may come
/// from anyone.
namespace fw {

using TensorMap = std::map<std::string, torch::Tensor>;
using Metadata = std::map<std::string, std::string>;

struct Safetensors {
  TensorMap tensors;
  Metadata metadata;  ///< the header's "__metadata__": the model's name, its parameters, where it was trained
};

void writeSafetensors(const std::filesystem::path& file, const Safetensors& content);
/// Throws Error that says what is wrong with the file.
Safetensors readSafetensors(const std::filesystem::path& file);
/// The header's metadata alone, without reading the numbers.
Metadata readSafetensorsMetadata(const std::filesystem::path& file);

/// A whole file in memory; `name` is what an Error calls it.
Safetensors parseSafetensors(std::string_view bytes, const std::string& name);

}  // namespace fw
