# Two precompiled headers for the whole build: the standard library for everything, and GoogleTest
# with RapidCheck on top of it for the tests. They are built once and reused, because one a target
# would cost more than it saves.

set(syncline_std_headers
    <algorithm>
    <array>
    <atomic>
    <bit>
    <chrono>
    <compare>
    <concepts>
    <cstddef>
    <cstdint>
    <cstring>
    <deque>
    <functional>
    <limits>
    <map>
    <memory>
    <optional>
    <set>
    <span>
    <string>
    <string_view>
    <tuple>
    <type_traits>
    <unordered_map>
    <utility>
    <variant>
    <vector>)

file(WRITE "${CMAKE_BINARY_DIR}/pch/empty.cc" "")

add_library(syncline_pch STATIC EXCLUDE_FROM_ALL "${CMAKE_BINARY_DIR}/pch/empty.cc")
target_link_libraries(syncline_pch PRIVATE syncline_flags)
target_precompile_headers(syncline_pch PRIVATE ${syncline_std_headers})

if(SYNCLINE_TESTS)
  add_library(syncline_test_pch STATIC EXCLUDE_FROM_ALL "${CMAKE_BINARY_DIR}/pch/empty.cc")
  target_link_libraries(syncline_test_pch PRIVATE syncline_flags GTest::gtest rapidcheck_gtest)
  target_precompile_headers(syncline_test_pch PRIVATE ${syncline_std_headers} <gtest/gtest.h>
                            <rapidcheck.h> <rapidcheck/gtest.h>)
endif()

function(_syncline_targets_below folder out)
  get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
  get_property(subfolders DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
  foreach(subfolder IN LISTS subfolders)
    _syncline_targets_below("${subfolder}" more)
    list(APPEND targets ${more})
  endforeach()
  set(${out} ${targets} PARENT_SCOPE)
endfunction()

# Called last: gives each target the header that fits it. A target that must do without sets
# DISABLE_PRECOMPILE_HEADERS.
function(syncline_use_precompiled_headers)
  _syncline_targets_below("${CMAKE_SOURCE_DIR}" targets)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(is_test ${target} SYNCLINE_TEST)
    if(NOT type MATCHES "^(STATIC_LIBRARY|OBJECT_LIBRARY|EXECUTABLE)$" OR target MATCHES "_pch$")
      continue()
    endif()
    if(is_test)
      target_precompile_headers(${target} REUSE_FROM syncline_test_pch)
    else()
      target_precompile_headers(${target} REUSE_FROM syncline_pch)
    endif()
  endforeach()
endfunction()
