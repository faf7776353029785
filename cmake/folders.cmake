# Which folders take part in the build. A folder that has no CMakeLists.txt is left out.

# Adds the folders in the given order, which is the order of the layers.
function(syncline_add_folders)
  file(
    GLOB present
    RELATIVE "${CMAKE_SOURCE_DIR}"
    CONFIGURE_DEPENDS
    "server/CMakeLists.txt" "server/*/CMakeLists.txt" "server/adapters/*/CMakeLists.txt"
    "loadgen/CMakeLists.txt" "loadgen/*/CMakeLists.txt" "faults/CMakeLists.txt" "faults/*/CMakeLists.txt" "sim/CMakeLists.txt"
    "sim/*/CMakeLists.txt")
  foreach(folder IN LISTS ARGN)
    if("${folder}/CMakeLists.txt" IN_LIST present)
      add_subdirectory("${folder}")
    endif()
  endforeach()
endfunction()

# Adds every folder of tests/ that builds something, unless a folder above it does that itself.
function(syncline_add_test_folders)
  file(
    GLOB present
    RELATIVE "${CMAKE_SOURCE_DIR}"
    CONFIGURE_DEPENDS
    "tests/*/CMakeLists.txt" "tests/*/*/CMakeLists.txt" "tests/*/*/*/CMakeLists.txt")
  list(SORT present)
  set(added "")
  foreach(file IN LISTS present)
    cmake_path(GET file PARENT_PATH folder)
    set(covered FALSE)
    foreach(other IN LISTS added)
      cmake_path(IS_PREFIX other "${folder}" NORMALIZE covered)
      if(covered)
        break()
      endif()
    endforeach()
    if(NOT covered)
      add_subdirectory("${folder}")
      list(APPEND added "${folder}")
    endif()
  endforeach()
endfunction()
