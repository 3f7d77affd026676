# What `./aisle install` puts where, and the Debian package of the same files.
#
#   bin/aisle                         finds its libraries by $ORIGIN, so the whole tree may be moved
#   lib/aisle/                        every library that it needs beside the C library
#   share/aisle/                      recipes, mappings, settings, what fetches a shipped mapping's files, a Postgres to try
#   share/doc/aisle  share/man/man1  share/bash-completion/completions
#
# The page and the completion are written by the program itself, from its own table of commands.
set(library_folder lib/aisle)

set_target_properties(aisle PROPERTIES INSTALL_RPATH "$ORIGIN/../${library_folder}")
install(TARGETS aisle RUNTIME DESTINATION bin)

# Everything it links but the C library, which is the machine's; XGBoost brings an OpenMP of its own.
install(CODE [[
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES "$<TARGET_FILE:aisle>" RESOLVED_DEPENDENCIES_VAR found
    UNRESOLVED_DEPENDENCIES_VAR missing
    POST_EXCLUDE_REGEXES "/(ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv)\\.so\\..*$")
  if(missing)
    message(FATAL_ERROR "libraries that are not there: ${missing}")
  endif()
  foreach(library IN LISTS found)
    file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/aisle" TYPE SHARED_LIBRARY FOLLOW_SYMLINK_CHAIN
      FILES "${library}")
  endforeach()
]])
install(FILES ${AISLE_DUCKDB_SO} DESTINATION ${library_folder})
install(CODE [[
  # Libraries beside each other find each other, wherever the tree lies.
  file(GLOB libraries "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/aisle/*.so*")
  foreach(library IN LISTS libraries)
    if(NOT IS_SYMLINK "${library}")
      execute_process(COMMAND patchelf --set-rpath "$ORIGIN" "${library}" COMMAND_ERROR_IS_FATAL ANY)
    endif()
  endforeach()
]])

foreach(folder recipes config)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION share/aisle)
endforeach()
set(tools ${PROJECT_SOURCE_DIR}/tools)
install(FILES ${tools}/pins.json ${tools}/packages-postgres.txt DESTINATION share/aisle/tools)
install(PROGRAMS ${tools}/fetch-pins ${tools}/postgres-dev ${tools}/install-packages DESTINATION share/aisle/tools)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION share/doc/aisle)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION share/doc/aisle)
install(CODE [[
  set(root "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
  file(MAKE_DIRECTORY "${root}/share/man/man1" "${root}/share/bash-completion/completions")
  execute_process(COMMAND "${root}/bin/aisle" --man-page OUTPUT_FILE "${root}/share/man/man1/aisle.1"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${root}/bin/aisle" --bash-completion
    OUTPUT_FILE "${root}/share/bash-completion/completions/aisle" COMMAND_ERROR_IS_FATAL ANY)
]])

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME aisle)
set(CPACK_PACKAGE_VERSION ${AISLE_VERSION})
set(CPACK_PACKAGE_CONTACT "the developers of aisle")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "real-time product recommendations for retailers")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6 (>= 2.36)")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
include(CPack)
