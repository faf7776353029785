# Writes the page's files, by .incbin, into one assembler source. The scripts become one.
#
#   cmake -DFROM=folder -DOUT=file.S "-DSCRIPTS=a.js b.js" -P embed.cmake

cmake_minimum_required(VERSION 3.25)

set(assembler ".section .rodata\n")

function(embed symbol)
  set(block ".global ${symbol}\n${symbol}:\n")
  foreach(file IN LISTS ARGN)
    # The hash stands in the source, so that it changes whenever the file does.
    file(SHA256 "${FROM}/${file}" hash)
    string(APPEND block "# ${hash}\n.incbin \"${FROM}/${file}\"\n")
  endforeach()
  string(APPEND block ".global ${symbol}_end\n${symbol}_end:\n.byte 0\n")
  set(assembler "${assembler}${block}" PARENT_SCOPE)
endfunction()

separate_arguments(scripts UNIX_COMMAND "${SCRIPTS}")
embed(syncline_picture_html page.html)
embed(syncline_picture_css page.css)
embed(syncline_picture_js ${scripts})

string(APPEND assembler "#if defined(__linux__) && defined(__ELF__)\n"
       ".section .note.GNU-stack,\"\",%progbits\n#endif\n")
file(WRITE "${OUT}" "${assembler}")
