{
  "targets": [
    {
      "target_name": "heavyops",
      "sources": [
        "native/addon.cc",
        "native/binding.cc",
        "native/bpf/program.cc",
        "native/bpf/ring.cc",
        "native/bpf/thread_events.cc",
        "native/code_cache.cc",
        "native/memory.cc",
        "native/os_threads.cc",
        "native/placement.cc",
        "native/readers/kernel_reader.cc",
        "native/readers/kernel_reader_pauses.cc",
        "native/readers/memory_reader.cc",
        "native/readers/stopped_reader.cc",
        "native/readers/thread_reader.cc",
        "native/sampler.cc",
        "native/stop/alarm.cc",
        "native/stop/child_signals.cc",
        "native/stop/request.cc",
        "native/stop/tracer.cc",
        "native/task.cc",
        "native/walk/data_stack.cc",
        "native/walk/data_stack_ascent.cc",
        "native/walk/data_stack_known.cc",
        "native/walk/data_stack_neighbours.cc",
        "native/walk/frame_chain.cc"
      ],
      "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-fexceptions", "-O2", "-Wall", "-Wextra", "-Wno-missing-field-initializers"],
      "ldflags": ["-static-libstdc++", "-Wl,--exclude-libs,ALL", "-Wl,--gc-sections"]
    },
    {
      "target_name": "heavyops-count",
      "sources": [
        "native/count/borrowed.cc",
        "native/count/code_names.cc",
        "native/count/counter.cc",
        "native/count/monitoring.cc",
        "native/count/python.cc",
        "native/count/running.cc",
        "native/count/runs.cc",
        "native/count/store.cc",
        "native/count/store_memory.cc",
        "native/count/tracer_311.cc"
      ],
      "include_dirs": ["native"],
      "cflags!": ["-fno-omit-frame-pointer"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-O2", "-fno-rtti", "-fvisibility=hidden", "-fno-stack-protector", "-Wall", "-Wextra"],
      "ldflags": ["-nostdlib", "-Wl,--gc-sections"]
    }
  ]
}
