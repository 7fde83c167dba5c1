{
  "variables": {
    "onednn": "<(module_root_dir)/build/dependencies/onednn",
    "jpeg": "<(module_root_dir)/build/dependencies/jpeg",
    "gloo": "<(module_root_dir)/build/dependencies/gloo",
    "vector_kernels": [
      "kernels/executor/vector/batch-norm-backward.cc",
      "kernels/executor/vector/batch-norm-forward.cc",
      "kernels/executor/vector/elementwise.cc",
      "kernels/executor/vector/kernels.cc",
      "kernels/executor/vector/optimizer.cc"
    ],
    "has_gloo": "<!(test -e build/dependencies/gloo/.done && echo yes || echo no)"
  },
  "target_defaults": {
    "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_ENABLE_TYPE_CHECK_ON_AS"],
    "cflags_cc!": ["-fno-rtti", "-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++17", "-O3", "-fexceptions", "-fvisibility=hidden", "-fopenmp", "-fno-math-errno", "-fno-trapping-math", "-march=x86-64-v3", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers"]
  },
  "targets": [
    {
      # The vector kernels once more. The linker takes what both define alike from the objects of the target that links this.
      "target_name": "vector_kernels_avx512",
      "type": "static_library",
      "sources": ["<@(vector_kernels)"],
      "include_dirs": ["<(onednn)/include"],
      "cflags_cc": ["-march=x86-64-v4", "-mavx512bf16"]
    },
    {
      "target_name": "tile_kernels",
      "type": "static_library",
      "sources": [
        "kernels/executor/tiles/convolution.cc",
        "kernels/executor/tiles/linear.cc",
        "kernels/executor/tiles/pointwise.cc",
        "kernels/executor/tiles/weight-gradient.cc",
        "kernels/features/tile-products.cc"
      ],
      "cflags_cc": ["-march=x86-64-v4", "-mavx512bf16", "-mamx-tile", "-mamx-bf16"]
    },
    {
      "target_name": "auspex",
      "dependencies": ["vector_kernels_avx512", "tile_kernels"],
      "sources": [
        "kernels/addon.cc",
        "kernels/collectives/bound-calls.cc",
        "kernels/collectives/exchanges.cc",
        "kernels/collectives/nccl-channel.cc",
        "kernels/collectives/nccl-libraries.cc",
        "kernels/collectives/nccl.cc",
        "kernels/collectives/process.cc",
        "kernels/collectives/register.cc",
        "kernels/collectives/segment.cc",
        "kernels/collectives/shared-memory-steps.cc",
        "kernels/collectives/shared-memory.cc",
        "kernels/collectives/transport.cc",
        "kernels/collectives/worker.cc",
        "kernels/executor/communication.cc",
        "kernels/executor/compiled.cc",
        "kernels/executor/convolution.cc",
        "kernels/executor/cross-entropy.cc",
        "kernels/executor/dnnl-helpers.cc",
        "kernels/executor/folded-convolution.cc",
        "kernels/executor/initialise.cc",
        "kernels/executor/linear.cc",
        "kernels/executor/loss.cc",
        "kernels/executor/pointwise.cc",
        "kernels/executor/precision-choice.cc",
        "kernels/executor/register.cc",
        "kernels/executor/tiles/make.cc",
        "kernels/executor/vector/make.cc",
        "<@(vector_kernels)",
        "kernels/features/group-sums.cc",
        "kernels/features/linear-training.cc",
        "kernels/features/neighbours.cc",
        "kernels/features/products.cc",
        "kernels/features/register.cc",
        "kernels/features/support-vectors.cc",
        "kernels/files/checksums.cc",
        "kernels/files/read-pieces.cc",
        "kernels/files/register.cc",
        "kernels/images/arguments.cc",
        "kernels/images/blur.cc",
        "kernels/images/calls.cc",
        "kernels/images/colour.cc",
        "kernels/images/crop-policy.cc",
        "kernels/images/jobs.cc",
        "kernels/images/jpeg.cc",
        "kernels/images/reader.cc",
        "kernels/images/register.cc",
        "kernels/images/resize.cc",
        "kernels/images/thread-pool.cc",
        "kernels/images/views.cc",
        "kernels/tsne/affinities.cc",
        "kernels/tsne/descent.cc",
        "kernels/tsne/fourier.cc",
        "kernels/tsne/register.cc",
        "kernels/tsne/repulsion.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")", "<(onednn)/include", "<(jpeg)/include"],
      "libraries": ["-L<(onednn)/lib", "-ldnnl", "-L<(jpeg)/lib", "-ljpeg", "-fopenmp", "-lpthread", "-ldl"],
      "conditions": [
        [
          "has_gloo=='yes'",
          {
            "sources": ["kernels/collectives/gloo-exchange.cc", "kernels/collectives/gloo-mesh.cc", "kernels/collectives/gloo.cc"],
            "include_dirs": ["<(gloo)/include"],
            "libraries": ["-L<(gloo)/lib", "-lgloo"],
            "ldflags": ["-Wl,--disable-new-dtags", "-Wl,-rpath,'$$ORIGIN/../dependencies/gloo/lib'"]
          },
          {"sources": ["kernels/collectives/gloo-missing.cc"]}
        ]
      ],
      "ldflags": ["-Wl,-rpath,'$$ORIGIN/../dependencies/onednn/lib'", "-Wl,-rpath,'$$ORIGIN/../dependencies/jpeg/lib'"]
    }
  ]
}
