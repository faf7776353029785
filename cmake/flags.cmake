# The flags of every target of ours, in one place: link syncline_flags (syncline_base does, PUBLIC,
# so whoever links any folder has them).

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, RelWithDebInfo or Release" FORCE)
endif()

# Line tables only: enough for a stack trace or a profile of the binary that runs in production,
# at a fraction of the size and link time of -g.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

add_library(syncline_flags INTERFACE)

target_include_directories(syncline_flags INTERFACE "${CMAKE_SOURCE_DIR}")

target_compile_options(
  syncline_flags
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wimplicit-fallthrough
            -fno-omit-frame-pointer
            -pthread
            $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
            $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
            $<$<BOOL:${SYNCLINE_WERROR}>:-Werror>)
# What g++ guesses from data flow inside the inlined standard library is wrong too often to stop a
# build; it differs from one release of the compiler to the next.
foreach(guess IN ITEMS array-bounds free-nonheap-object maybe-uninitialized restrict
                       stringop-overflow stringop-overread)
  target_compile_options(
    syncline_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-error=${guess}>)
endforeach()
target_link_options(syncline_flags INTERFACE -pthread)

# The standard library's own bounds checks, where speed does not matter.
target_compile_definitions(syncline_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

if(SYNCLINE_SANITIZE)
  target_compile_options(syncline_flags INTERFACE -fsanitize=${SYNCLINE_SANITIZE}
                                                  -fno-sanitize-recover=all)
  target_link_options(syncline_flags INTERFACE -fsanitize=${SYNCLINE_SANITIZE})
  # g++ compiles half as long with the first, and again with the second, which leaves out what
  # AddressSanitizer reports anyway, where it happens. The fuzz targets, by clang, have all checks.
  target_compile_options(syncline_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-O1>)
  if(SYNCLINE_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(syncline_flags
                           INTERFACE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
endif()

if(SYNCLINE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "SYNCLINE_FUZZ needs clang: cmake --preset fuzz")
  endif()
  target_compile_options(syncline_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# ccache, when it is there. The sloppiness is what ccache's manual asks for with precompiled
# headers, and so are the compiler's options.
find_program(SYNCLINE_CCACHE ccache)
mark_as_advanced(SYNCLINE_CCACHE)
if(SYNCLINE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime
      "${SYNCLINE_CCACHE}")
  target_compile_options(
    syncline_flags INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>
                             "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
