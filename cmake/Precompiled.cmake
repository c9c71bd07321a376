# One precompiled header for all components and one more for the tests: parsing the standard library and
# nlohmann/json.hpp is half the cost of a small file. Off by default, so that the clang presets and packagers notice a
# forgotten include; the presets of ./dev test switch it on.

if(CONTEXTSYNC_PCH)
  file(WRITE ${CMAKE_BINARY_DIR}/pch/main.cc "int main() {}\n")
  file(WRITE ${CMAKE_BINARY_DIR}/pch/empty.cc "")
  if(CCACHE)  # it refuses to cache users of a precompiled header without this sloppiness
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  endif()
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)  # what ccache needs to understand them
  add_library(contextsync_pch STATIC ${CMAKE_BINARY_DIR}/pch/empty.cc)
  target_link_libraries(contextsync_pch PRIVATE contextsync::warnings)
  target_precompile_headers(contextsync_pch PRIVATE
    <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <optional> <set> <span> <string>
    <string_view> <thread> <unordered_map> <utility> <variant> <vector> <nlohmann/json.hpp>)
endif()

function(contextsync_use_pch target)
  if(CONTEXTSYNC_PCH)
    target_precompile_headers(${target} REUSE_FROM contextsync_pch)
  endif()
endfunction()
