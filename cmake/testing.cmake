# How tests and fuzz targets are made and registered.

include(GoogleTest)

# The caller's folder below tests/ is the label of its tests: `ctest -L unit/core`.
function(_syncline_label out)
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}/tests"
             OUTPUT_VARIABLE relative)
  set(${out} "${relative}" PARENT_SCOPE)
endfunction()

# syncline_add_test(NAME x SOURCES a_test.cc ... LIBS syncline_crdt ... [TIMEOUT s])
#
# A GoogleTest program with gmock and RapidCheck. Each of its test cases is a ctest of its own,
# labelled with its folder, and runs in the repository's root; SYNCLINE_SOURCE_DIR names that too.
function(syncline_add_test)
  if(NOT SYNCLINE_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "SOURCES;LIBS")
  if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "syncline_add_test(NAME x SOURCES ... LIBS ...): ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  set_target_properties(${arg_NAME} PROPERTIES SYNCLINE_TEST TRUE)
  target_compile_definitions(${arg_NAME} PRIVATE SYNCLINE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS} syncline_flags GTest::gmock
                                            GTest::gtest_main rapidcheck rapidcheck_gtest)
  _syncline_label(label)
  gtest_discover_tests(
    ${arg_NAME}
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
    TEST_PREFIX "${arg_NAME}/"
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${label}")
endfunction()

# syncline_add_fuzzer(NAME x_fuzz SOURCES x_fuzz.cc LIBS syncline_lib0 [CORPUS folder])
#
# With SYNCLINE_FUZZ (preset fuzz): a libFuzzer program. Otherwise: the same entry point run once
# over each file of the corpus (default: corpus/NAME beside the caller), as one ctest, so that what
# the fuzzer once found stays found in every build and under every sanitizer.
function(syncline_add_fuzzer)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;CORPUS" "SOURCES;LIBS")
  if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "syncline_add_fuzzer(NAME x SOURCES ... LIBS ...)")
  endif()
  if(NOT arg_CORPUS)
    set(arg_CORPUS "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${arg_NAME}")
  endif()
  if(SYNCLINE_FUZZ)
    add_executable(${arg_NAME} ${arg_SOURCES})
    target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBS} syncline_flags)
    target_link_options(${arg_NAME} PRIVATE -fsanitize=fuzzer)
    if(NOT TARGET fuzzers)  # All of them, and nothing else of the server.
      add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers ${arg_NAME})
    # For ci/steps/fuzz.sh: which fuzzers there are, and where their corpus is.
    set_property(GLOBAL APPEND_STRING PROPERTY SYNCLINE_FUZZERS
                 "$<TARGET_FILE:${arg_NAME}> ${arg_CORPUS}\n")
  elseif(SYNCLINE_TESTS)
    add_executable(${arg_NAME}_replay ${arg_SOURCES} "${CMAKE_SOURCE_DIR}/tests/fuzz/replay_corpus.cc")
    target_link_libraries(${arg_NAME}_replay PRIVATE ${arg_LIBS} syncline_flags)
    _syncline_label(label)
    add_test(NAME "${arg_NAME}/corpus" COMMAND ${arg_NAME}_replay "${arg_CORPUS}")
    set_tests_properties("${arg_NAME}/corpus" PROPERTIES LABELS "${label}" TIMEOUT 300)
  endif()
endfunction()

# Called after every folder: writes what syncline_add_fuzzer collected.
function(syncline_write_fuzzer_list)
  get_property(fuzzers GLOBAL PROPERTY SYNCLINE_FUZZERS)
  if(fuzzers)
    file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/fuzzers.txt" CONTENT "${fuzzers}")
  endif()
endfunction()
