# Writes assets.S (the bytes, by .incbin, which costs the compiler nothing) and assets.cc (the table
# of server/web/assets.h) for the files of a folder.
#
#   cmake -DDIST=folder -DOUT=folder -P embed_assets.cmake

cmake_minimum_required(VERSION 3.25)

set(text_types html css js mjs json map svg txt webmanifest xml)
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_mjs "text/javascript; charset=utf-8")
set(type_json "application/json; charset=utf-8")
set(type_map "application/json; charset=utf-8")
set(type_webmanifest "application/manifest+json; charset=utf-8")
set(type_txt "text/plain; charset=utf-8")
set(type_xml "application/xml; charset=utf-8")
set(type_svg "image/svg+xml; charset=utf-8")
set(type_png "image/png")
set(type_jpg "image/jpeg")
set(type_jpeg "image/jpeg")
set(type_webp "image/webp")
set(type_ico "image/x-icon")
set(type_woff "font/woff")
set(type_woff2 "font/woff2")
set(type_wasm "application/wasm")

file(GLOB_RECURSE files RELATIVE "${DIST}" "${DIST}/*")
list(SORT files)
if(NOT "index.html" IN_LIST files)
  message(FATAL_ERROR "no index.html in ${DIST}: did the editor's build write anything?")
endif()

file(REMOVE_RECURSE "${OUT}/gzip")
file(MAKE_DIRECTORY "${OUT}/gzip")

set(assembler ".section .rodata\n")
set(externs "")
set(rows "")
set(index 0)

# Puts one file into the assembler source, between two symbols.
function(embed symbol file)
  set(block ".balign 16\n.global ${symbol}\n${symbol}:\n.incbin \"${file}\"\n")
  string(APPEND block ".global ${symbol}_end\n${symbol}_end:\n.byte 0\n")
  set(assembler "${assembler}${block}" PARENT_SCOPE)
  set(externs "${externs}extern const std::byte ${symbol}[];\nextern const std::byte ${symbol}_end[];\n"
      PARENT_SCOPE)
endfunction()

foreach(file IN LISTS files)
  cmake_path(GET file EXTENSION LAST_ONLY extension)
  string(REGEX REPLACE "^\\." "" extension "${extension}")
  string(TOLOWER "${extension}" extension)
  set(type "application/octet-stream")
  if(DEFINED type_${extension})
    set(type "${type_${extension}}")
  endif()
  set(immutable false)
  if(file MATCHES "^assets/")
    set(immutable true)
  endif()
  file(SHA256 "${DIST}/${file}" hash)
  string(SUBSTRING "${hash}" 0 32 hash)
  # The hash stands in the assembler source too, so that it changes whenever a file does.
  string(APPEND assembler "# ${hash} ${file}\n")
  embed(syncline_asset_${index} "${DIST}/${file}")
  set(gzip "{}")
  if(extension IN_LIST text_types)
    set(packed "${OUT}/gzip/${index}.gz")
    file(ARCHIVE_CREATE OUTPUT "${packed}" PATHS "${DIST}/${file}" FORMAT raw COMPRESSION GZip
         COMPRESSION_LEVEL 9 MTIME "1970-01-01 00:00:00")
    file(SIZE "${DIST}/${file}" plain_size)
    file(SIZE "${packed}" packed_size)
    math(EXPR limit "${plain_size} * 9 / 10")
    if(packed_size LESS limit)
      embed(syncline_asset_${index}_gzip "${packed}")
      set(gzip "{syncline_asset_${index}_gzip, syncline_asset_${index}_gzip_end}")
    endif()
  endif()
  string(APPEND rows "      {\"/${file}\",\n       \"${type}\",\n       ${immutable},\n"
         "       \"\\\"${hash}\\\"\",\n"
         "       {syncline_asset_${index}, syncline_asset_${index}_end},\n       ${gzip}},\n")
  math(EXPR index "${index} + 1")
endforeach()

string(APPEND assembler "#if defined(__linux__) && defined(__ELF__)\n"
       ".section .note.GNU-stack,\"\",%progbits\n#endif\n")

file(WRITE "${OUT}/assets.S" "${assembler}")
file(WRITE "${OUT}/assets.cc"
     "#include \"server/web/assets.h\"

#include <array>

extern \"C\" {
${externs}}

namespace syncline::web {

std::span<const Asset> assets() {
  static const std::array<Asset, ${index}> table{{
${rows}  }};
  return table;
}

}  // namespace syncline::web
")
