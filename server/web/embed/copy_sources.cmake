# Makes TO a copy of the folder FROM, but for what npm and Vite leave behind. What is no longer in
# FROM goes from TO too, except for node_modules.
#
#   cmake -DFROM=... -DTO=... -P copy_sources.cmake

cmake_minimum_required(VERSION 3.25)

set(generated node_modules dist)

file(MAKE_DIRECTORY "${TO}")
file(GLOB old RELATIVE "${TO}" "${TO}/*")
list(REMOVE_ITEM old node_modules)
foreach(name IN LISTS old)
  file(REMOVE_RECURSE "${TO}/${name}")
endforeach()

file(GLOB new RELATIVE "${FROM}" "${FROM}/*" "${FROM}/.npmrc")
list(REMOVE_ITEM new ${generated})
foreach(name IN LISTS new)
  file(COPY "${FROM}/${name}" DESTINATION "${TO}")
endforeach()
