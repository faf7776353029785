#include "server/app/document_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace syncline::app {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error file_error(const std::string& path) {
  return Error{ErrorCode::io_error, path + ": " + std::strerror(errno)};
}

Result<Bytes> read_stream(std::FILE* file, const std::string& path) {
  Bytes content;
  std::array<std::byte, 65536> part;
  while (true) {
    const std::size_t got = std::fread(part.data(), 1, part.size(), file);
    content.insert(content.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
    if (got < part.size()) break;
  }
  if (std::ferror(file) != 0) return file_error(path);
  return content;
}

}  // namespace

Result<Bytes> read_file(const std::string& path) {
  if (path == "-") return read_stream(stdin, "stdin");
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return file_error(path);
  return read_stream(file.get(), path);
}

Result<void> write_file(const std::string& path, BytesView content) {
  const std::string unfinished = path + ".part";
  std::FILE* file = std::fopen(unfinished.c_str(), "wb");
  if (file == nullptr) return file_error(path);
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const Error error = file_error(path);
    std::remove(unfinished.c_str());
    return error;
  }
  return {};
}

}  // namespace syncline::app
