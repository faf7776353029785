# Every library that is not ours, found once. All of them are Debian packages (12 and 13); ci/serve
# installs them, CONTRIBUTING.md lists them. Folders link the targets named here.
#
#   Boost::headers Boost::json Boost::url     SQLite::SQLite3      OpenSSL::SSL OpenSSL::Crypto
#   ZLIB::ZLIB     xxHash::xxhash             spdlog::spdlog       CLI11::CLI11
#   tomlplusplus::tomlplusplus                prometheus-cpp::core pqxx::pqxx
#   PostgreSQL::PostgreSQL
#   tomlplusplus::tomlplusplus                prometheus-cpp::core hiredis::hiredis
#   tests: GTest::gtest_main GTest::gmock rapidcheck rapidcheck_gtest benchmark::benchmark

# Defines an imported target for a library that brings no CMake package with it.
function(syncline_find_library target header library)
  if(TARGET ${target})
    return()
  endif()
  string(MAKE_C_IDENTIFIER "SYNCLINE_${library}" prefix)
  find_path(${prefix}_INCLUDE "${header}")
  find_library(${prefix}_LIBRARY "${library}")
  mark_as_advanced(${prefix}_INCLUDE ${prefix}_LIBRARY)
  if(NOT ${prefix}_INCLUDE OR NOT ${prefix}_LIBRARY)
    message(FATAL_ERROR "${library} was not found (${header}); ./ci/serve installs it on Debian")
  endif()
  add_library(${target} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(
    ${target} PROPERTIES IMPORTED_LOCATION "${${prefix}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES
                                                                  "${${prefix}_INCLUDE}")
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers json url)
find_package(SQLite3 3.40 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
syncline_find_library(xxHash::xxhash xxhash.h xxhash)
syncline_find_library(pqxx::pqxx pqxx/pqxx pqxx)
syncline_find_library(hiredis::hiredis hiredis/hiredis.h hiredis)
# Not through its CMake package: that demands civetweb and curl, and only the core is used here.
syncline_find_library(prometheus-cpp::core prometheus/registry.h prometheus-cpp-core)

if(SYNCLINE_TESTS)
  find_package(GTest CONFIG REQUIRED)
  find_package(rapidcheck CONFIG REQUIRED)
  find_package(benchmark CONFIG)
endif()
