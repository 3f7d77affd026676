# Third parties -> targets. Debian's come from find_package; the pinned rest (tools/pins.json) from a
# cache outside the tree, filled and checked by tools/fetch-pins (0.1 s when it is full).
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/tools/pins.json ${PROJECT_SOURCE_DIR}/tools/fetch-pins)
execute_process(COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/fetch-pins
  OUTPUT_VARIABLE pins_text RESULT_VARIABLE pins_code)
if(NOT pins_code EQUAL 0)
  message(FATAL_ERROR "tools/fetch-pins failed; what it printed stands above")
endif()
string(REPLACE "\n" ";" pins_lines "${pins_text}")
foreach(line IN LISTS pins_lines)
  if(line MATCHES "^([a-z-]+)=(.+)$")
    set(PIN_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
  endif()
endforeach()

# XGBoost: the wheel's library; its few C functions are declared in the trainer's wall header.
add_library(pin::xgboost SHARED IMPORTED GLOBAL)
set_target_properties(pin::xgboost PROPERTIES
  IMPORTED_LOCATION ${PIN_xgboost}/xgboost/lib/libxgboost.so IMPORTED_SONAME libxgboost.so)
# The wheel's own libgomp is found through the library's RPATH at run time; ld wants the folder at link time.
target_link_options(pin::xgboost INTERFACE "LINKER:-rpath-link,${PIN_xgboost}/xgboost_cpu.libs")

# adbc.h only: the driver is opened at run time.
add_library(pin_adbc INTERFACE)
add_library(pin::adbc ALIAS pin_adbc)
target_include_directories(pin_adbc SYSTEM INTERFACE ${PIN_adbc}/adbc_driver_manager)
target_link_libraries(pin_adbc INTERFACE ${CMAKE_DL_LIBS})
set(AISLE_DUCKDB_SO ${PIN_duckdb}/package/libduckdb.so)

set(nanoarrow_root ${PIN_nanoarrow}/arx_nanoarrow_sources/vendor)
add_library(pin_nanoarrow STATIC ${nanoarrow_root}/src/nanoarrow.c)
add_library(pin::nanoarrow ALIAS pin_nanoarrow)
target_include_directories(pin_nanoarrow SYSTEM PUBLIC ${nanoarrow_root}/include ${nanoarrow_root}/include/nanoarrow)
target_compile_options(pin_nanoarrow PRIVATE -w)

find_package(PkgConfig REQUIRED)
foreach(package libcrypto lmdb libpq libssl libxxhash zlib)
  pkg_check_modules(${package} REQUIRED IMPORTED_TARGET GLOBAL ${package})
endforeach()
find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS json)
find_package(Threads REQUIRED)
foreach(package fmt spdlog CLI11 tomlplusplus)
  find_package(${package} CONFIG REQUIRED)
endforeach()
if(AISLE_TESTS)
  find_package(GTest CONFIG REQUIRED)
  find_package(benchmark CONFIG REQUIRED)
endif()
