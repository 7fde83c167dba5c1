#include "dnnl-helpers.h"

#include "parallel.h"

namespace auspex {

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

bool HasBf16() {
  static const bool has = [] {
    // The direct question: can a small bf16 convolution be made?
    using dnnl::memory;
    const auto bf16 = memory::data_type::bf16;
    const memory::desc map({1, 16, 4, 4}, bf16, memory::format_tag::nhwc);
    const memory::desc weights({16, 16, 1, 1}, bf16, memory::format_tag::any);
    const dnnl::convolution_forward::primitive_desc pd(
        Engine(), dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, map, weights, map, {1, 1}, {0, 0},
        {0, 0}, dnnl::primitive_attr(), /*allow_empty=*/true);
    return pd.get(true) != nullptr && std::string(pd.impl_info_str()).find("ref") == std::string::npos;
  }();
  return has;
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
