#include "dnnl-helpers.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

#include "parallel.h"
#include "vector/vector.h"

namespace auspex {

using namespace AUSPEX_VARIANT;

dnnl::engine& Engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& Stream() {
  static dnnl::stream stream(Engine());
  return stream;
}

bool HasAmx() {
  const auto bits = [](dnnl::cpu_isa isa) { return static_cast<unsigned>(isa); };
  constexpr auto amx = dnnl::cpu_isa::avx512_core_amx;
  return (bits(dnnl::get_effective_cpu_isa()) & bits(amx)) == bits(amx);
}

namespace {

using dnnl::memory;

constexpr int64_t kProbeChannels = 256, kProbeSide = 64;

/** A 1x1 convolution of ordinary size; empty where oneDNN has no quick kernel for the type. */
dnnl::convolution_forward::primitive_desc ProbeOf(memory::data_type type) {
  const memory::desc map({1, kProbeChannels, kProbeSide, kProbeSide}, type, memory::format_tag::nhwc);
  const memory::desc weights({kProbeChannels, kProbeChannels, 1, 1}, type, memory::format_tag::any);
  const dnnl::convolution_forward::primitive_desc pd(
      Engine(), dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, map, weights, map, {1, 1}, {0, 0},
      {0, 0}, dnnl::primitive_attr(), /*allow_empty=*/true);
  const bool quick = pd.get(true) != nullptr && std::string(pd.impl_info_str()).find("ref") == std::string::npos;
  return quick ? pd : dnnl::convolution_forward::primitive_desc();
}

/** The shortest of some runs, in seconds. */
double SecondsOf(const dnnl::convolution_forward::primitive_desc& pd) {
  const dnnl::convolution_forward convolution(pd);
  std::unordered_map<int, memory> arguments;
  for (const auto& [index, desc] : {std::pair(DNNL_ARG_SRC, pd.src_desc()), std::pair(DNNL_ARG_WEIGHTS, pd.weights_desc()), std::pair(DNNL_ARG_DST, pd.dst_desc())}) {
    const auto found = arguments.emplace(index, memory(desc, Engine())).first;
    std::memset(found->second.get_data_handle(), 0, desc.get_size());
  }
  double best = 1e9;
  for (int run = 0; run < 5; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    convolution.execute(Stream(), arguments);
    Stream().wait();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

}  // namespace

bool MultipliesBf16() {
  static const bool has = ProbeOf(memory::data_type::bf16).get(true) != nullptr;
  return has;
}

bool ProbeIsQuickerInBf16() {
  return SecondsOf(ProbeOf(memory::data_type::bf16)) < SecondsOf(ProbeOf(memory::data_type::f32));
}

dnnl::primitive_attr UserScratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

Primitive MakeReorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to, bool accumulate, Layout& layout) {
  dnnl::primitive_attr attributes = UserScratchpad();
  if (accumulate) {
    dnnl::post_ops sum;
    sum.append_sum();
    attributes.set_post_ops(sum);
  }
  const dnnl::reorder::primitive_desc pd(Engine(), from, Engine(), to, attributes);
  return Primitive(pd, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, layout);
}

void Widen(const Bf16* from, float* to, int64_t count) {
  ForRanges(count, 1 << 14, [&](int64_t begin, int64_t end) {
    ForChannels(end - begin, [&](auto v, int64_t i) {
      Store(to + begin + i, Load<decltype(v)>(from + begin + i));
    });
  });
}

void Narrow(const float* from, Bf16* to, int64_t count) {
  ForRanges(count, 1 << 14, [&](int64_t begin, int64_t end) {
    ForChannels(end - begin, [&](auto v, int64_t i) {
      Store(to + begin + i, Load<decltype(v)>(from + begin + i));
    });
  });
}

}  // namespace auspex
