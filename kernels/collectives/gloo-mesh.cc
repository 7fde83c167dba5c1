#include "gloo-mesh.h"

#include <gloo/transport/address.h>
#include <gloo/transport/pair.h>
#include <gloo/transport/tcp/device.h>
#include <gloo/transport/unbound_buffer.h>
#include <netdb.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace auspex {

Mesh::Mesh(std::shared_ptr<gloo::transport::Device> device, int rank, int size, std::chrono::milliseconds timeout)
    : rank_(rank), size_(size), device_(std::move(device)), context_(device_->createContext(rank, size)) {
  // A pair waits five times this long to be connected. Calls give their own time.
  context_->setTimeout(std::max(timeout / 5, std::chrono::milliseconds(1)));
  for (int peer = 0; peer < size; ++peer) {
    if (peer != rank) context_->createPair(peer);
  }
}

std::vector<std::string> Mesh::addresses() const {
  std::vector<std::string> result(size_);
  for (int peer = 0; peer < size_; ++peer) {
    if (peer == rank_) continue;
    const std::vector<char> bytes = context_->getPair(peer)->address().bytes();
    result[peer].assign(bytes.begin(), bytes.end());
  }
  return result;
}

void Mesh::connect(int peer, const std::string& address) { context_->getPair(peer)->connect(std::vector<char>(address.begin(), address.end())); }

void Mesh::cut() noexcept {
  for (int peer = 0; peer < size_; ++peer) {
    if (peer == rank_) continue;
    try {
      context_->getPair(peer)->close();
    } catch (const std::exception&) {
      // It is closed already, or as good as that.
    }
  }
}

std::shared_ptr<gloo::transport::Device> OpenDevice(const std::string& host) {
  // Gloo goes on with nothing if the name does not resolve, so it is looked up here first.
  addrinfo* found = nullptr;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    throw std::runtime_error("the host " + host + " is not known: " + gai_strerror(error));
  }
  freeaddrinfo(found);
  try {
    gloo::transport::tcp::attr attributes(host.c_str());
    return gloo::transport::tcp::CreateDevice(attributes);
  } catch (const std::exception&) {
    throw std::runtime_error(host + " is no address of this machine; give the one by which the other ranks reach it");
  }
}

std::string Pack(const std::vector<std::string>& texts) {
  std::string packed;
  for (const std::string& text : texts) {
    const auto length = static_cast<uint32_t>(text.size());
    packed.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
  }
  return packed;
}

std::vector<std::string> Unpack(const std::string& packed) {
  std::vector<std::string> texts;
  for (size_t at = 0; at < packed.size();) {
    uint32_t length = 0;
    if (packed.size() - at < sizeof length) throw std::runtime_error("an address is cut off");
    std::memcpy(&length, packed.data() + at, sizeof length);
    at += sizeof length;
    if (packed.size() - at < length) throw std::runtime_error("an address is cut off");
    texts.push_back(packed.substr(at, length));
    at += length;
  }
  return texts;
}

}  // namespace auspex
