# aisle_module(<name> [DEPENDS <module>...] [LIBS <external target>...] [EMBED <file>...])
#
# One folder, one static library (aisle_<name>), one namespace (aisle::<name>). A file's suffix says what it is:
#   *_test.cc  unit tests    *_pgtest.cc  tests against a real Postgres    *_bench.cc  benchmarks    *_fuzz.cc  fuzz targets    sql/*.sql  embedded text
#   *_testing.h and *_testing.cc  what these share; modules that depend on this one may use it too. The .cc are a
#     library of their own (aisle_<name>_testing), which no product links.
#   *_guard.cc  what watches over tests: linked whole into those of this module and of the modules that depend on it, and
#     into nothing else.
# A large module sorts its files into folders: <name>/<folder>/file.h, included so, still one library and one namespace.
# corpus/, pages/ and sql/ of a module hold no code.
# DEPENDS may only name modules added earlier, so an upward dependency or a cycle stops the configure.
# LIBS are third parties that stay behind this module's wall: they are linked, their headers are not passed on.
# EMBED are other texts (pages, recipes) that become constants of <name>/embedded.h.
# PUBLIC_LIBS are the few whose types stand in our headers (fmt in base, Boost headers in net).
option(AISLE_FUZZ "Build the fuzz targets (clang)" OFF)

# One preset reads the commonest headers once, ahead of every file. The other goes without, so that a file which does not
# name what it uses is still found.
option(AISLE_PRECOMPILE "Precompile the commonest headers" OFF)
if(AISLE_PRECOMPILE)
  set(common <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <optional> <string>
    <string_view> <utility> <vector> <fmt/format.h>)
  add_library(aisle_precompiled STATIC ${PROJECT_SOURCE_DIR}/cmake/empty.cc)
  target_link_libraries(aisle_precompiled PRIVATE fmt::fmt)
  target_precompile_headers(aisle_precompiled PRIVATE ${common})
  # The same without optimising: a header is precompiled for one set of options.
  add_library(aisle_precompiled_waiting STATIC ${PROJECT_SOURCE_DIR}/cmake/empty.cc)
  target_link_libraries(aisle_precompiled_waiting PRIVATE fmt::fmt)
  target_compile_options(aisle_precompiled_waiting PRIVATE -O0)
  target_precompile_headers(aisle_precompiled_waiting PRIVATE ${common})
  # Tests have other options than what they test, and an executable others than a library: they need their own.
  add_executable(aisle_precompiled_test ${PROJECT_SOURCE_DIR}/cmake/empty.cc)
  target_link_libraries(aisle_precompiled_test PRIVATE fmt::fmt GTest::gtest_main GTest::gmock)
  target_compile_options(aisle_precompiled_test PRIVATE -O0)
  target_precompile_headers(aisle_precompiled_test PRIVATE ${common} <gmock/gmock.h> <gtest/gtest.h>)
endif()

function(aisle_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBS;PUBLIC_LIBS;EMBED" ${ARGN})
  file(GLOB_RECURSE files RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS *.cc *.h)
  list(FILTER files EXCLUDE REGEX "^(corpus|pages|sql)/")
  set(tests ${files})
  set(server_tests ${files})
  set(benches ${files})
  set(fuzzers ${files})
  set(helpers ${files})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER server_tests INCLUDE REGEX "_pgtest\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER helpers INCLUDE REGEX "_testing\\.cc$")
  set(guards ${files})
  list(FILTER guards INCLUDE REGEX "_guard\\.cc$")
  file(GLOB queries CONFIGURE_DEPENDS sql/*.sql)
  list(REMOVE_ITEM files ${tests} ${server_tests} ${benches} ${fuzzers} ${helpers} ${guards})

  foreach(dependency IN LISTS ARG_DEPENDS)
    if(NOT TARGET aisle_${dependency})
      message(FATAL_ERROR "${name} depends on '${dependency}', which is not below it in src/CMakeLists.txt")
    endif()
  endforeach()

  list(TRANSFORM ARG_EMBED PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set(texts_sql ${queries})
  set(texts_embedded ${ARG_EMBED})
  foreach(space IN ITEMS sql embedded)
    if(texts_${space})
      set(generated ${CMAKE_BINARY_DIR}/generated/${name}/${space}.h)
      add_custom_command(OUTPUT ${generated}
        COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DSPACE=${space} "-DTEXTS=${texts_${space}}" -DOUT=${generated}
                -P ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake
        DEPENDS ${texts_${space}} ${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake VERBATIM)
      list(APPEND files ${generated})
    endif()
  endforeach()

  add_library(aisle_${name} STATIC ${files} ${PROJECT_SOURCE_DIR}/cmake/empty.cc)
  # What waits on event loops is many small functions a line: sanitizing and optimising them was most of a build.
  if(AISLE_PRECOMPILE AND (name STREQUAL "net" OR "net" IN_LIST ARG_DEPENDS))
    target_compile_options(aisle_${name} PRIVATE -O0)
    target_precompile_headers(aisle_${name} REUSE_FROM aisle_precompiled_waiting)
  elseif(AISLE_PRECOMPILE)
    target_precompile_headers(aisle_${name} REUSE_FROM aisle_precompiled)
  endif()
  get_filename_component(floor ${CMAKE_CURRENT_SOURCE_DIR} DIRECTORY)
  target_include_directories(aisle_${name} PUBLIC ${floor} ${CMAKE_BINARY_DIR}/generated)
  list(TRANSFORM ARG_DEPENDS PREPEND aisle_ OUTPUT_VARIABLE targets)
  target_link_libraries(aisle_${name} PUBLIC ${targets} ${ARG_PUBLIC_LIBS} PRIVATE ${ARG_LIBS})
  list(JOIN ARG_DEPENDS " " line)
  # The app is a floor of its own.
  cmake_path(GET floor FILENAME floor_name)
  string(REGEX REPLACE "^src$" "app" floor_name ${floor_name})
  set_property(GLOBAL APPEND_STRING PROPERTY AISLE_GRAPH "${floor_name}/${name}: ${line}\n")

  if(helpers AND (AISLE_TESTS OR AISLE_FUZZ))
    add_library(aisle_${name}_testing STATIC ${helpers})
    target_link_libraries(aisle_${name}_testing PUBLIC aisle_${name} PRIVATE ${ARG_LIBS})
    target_compile_definitions(aisle_${name}_testing PRIVATE AISLE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    if(AISLE_PRECOMPILE)
      target_precompile_headers(aisle_${name}_testing REUSE_FROM aisle_precompiled)
    endif()
  endif()
  set(testing)
  foreach(target IN LISTS targets ITEMS aisle_${name})
    if(TARGET ${target}_testing)
      list(APPEND testing ${target}_testing)
    endif()
  endforeach()

  if(guards AND AISLE_TESTS)
    add_library(aisle_${name}_guard OBJECT ${guards})
    target_link_libraries(aisle_${name}_guard PUBLIC aisle_${name})
    if(AISLE_PRECOMPILE)
      target_precompile_headers(aisle_${name}_guard REUSE_FROM aisle_precompiled)
    endif()
  endif()
  set(guarded)
  foreach(target IN LISTS targets ITEMS aisle_${name})
    if(TARGET ${target}_guard)
      list(APPEND guarded ${target}_guard)
    endif()
  endforeach()

  # What needs a server is a program of its own: it starts one, or says why it skips.
  foreach(kind IN ITEMS test pgtest)
    set(sources ${tests})
    set(test_name ${name})
    if(kind STREQUAL "pgtest")
      set(sources ${server_tests})
      set(test_name ${name}_pg)
    endif()
    if(NOT sources OR NOT AISLE_TESTS)
      continue()
    endif()
    add_executable(aisle_${name}_${kind} ${sources})
    target_link_libraries(aisle_${name}_${kind} PRIVATE aisle_${name} ${testing} ${guarded} ${ARG_LIBS} GTest::gtest_main GTest::gmock)
    if(guarded)
      target_link_options(aisle_${name}_${kind} PRIVATE -rdynamic)  # Names for the places that a guard reports.
    endif()
    target_compile_definitions(aisle_${name}_${kind} PRIVATE AISLE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    # What is tested is optimised as ever; optimising the tests themselves was half of a cold build's time.
    target_compile_options(aisle_${name}_${kind} PRIVATE -O0)
    if(AISLE_PRECOMPILE)
      target_precompile_headers(aisle_${name}_${kind} REUSE_FROM aisle_precompiled_test)
    endif()
    add_test(NAME ${test_name} COMMAND aisle_${name}_${kind})
    # What the largest module needs under the sanitizers, on a machine that does other things too, and half as much again.
    set_tests_properties(${test_name} PROPERTIES TIMEOUT 1200)
  endforeach()
  if(benches AND AISLE_TESTS AND NOT AISLE_FUZZ)
    add_executable(aisle_${name}_bench ${benches})
    target_link_libraries(aisle_${name}_bench PRIVATE aisle_${name} ${testing} benchmark::benchmark_main)
    # A benchmark that is never run rots: ctest runs each one once, briefly.
    add_test(NAME ${name}_bench_once COMMAND aisle_${name}_bench --benchmark_min_time=0)
    set_tests_properties(${name}_bench_once PROPERTIES TIMEOUT 600)
  endif()
  foreach(fuzzer IN LISTS fuzzers)
    get_filename_component(stem ${fuzzer} NAME_WE)
    if(AISLE_FUZZ)
      add_executable(${stem} ${fuzzer})
      target_link_libraries(${stem} PRIVATE aisle_${name} ${testing})
      target_link_options(${stem} PRIVATE -fsanitize=fuzzer,address,undefined)
      set_property(GLOBAL APPEND PROPERTY AISLE_FUZZERS ${stem})
    endif()
  endforeach()
endfunction()
