# seamtrace_test(name SOURCES x_test.cc ... LIBRARIES a b)
#   one GoogleTest program and one ctest entry
# seamtrace_fuzz(name SOURCES x_fuzz.cc ... LIBRARIES a b)
#   one libFuzzer program in build/fuzz/fuzzers; in the other presets a test that replays the
#   corpus and the kept crashes
find_package(GTest REQUIRED)

function(seamtrace_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(SEAMTRACE_FUZZ)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE seamtrace_options ${ARG_LIBRARIES} GTest::gtest_main)
  # What is tested is compiled as it is shipped; the tests themselves need not be fast, but made fast.
  target_compile_options(${name} PRIVATE -O0 -g1)
  target_link_options(${name} PRIVATE -fno-lto)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()

function(seamtrace_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT SEAMTRACE_FUZZ)
    # Ordinary builds replay what the fuzzers have found.
    add_executable(${name} ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/fuzz/replay.cc)
    target_link_libraries(${name} PRIVATE seamtrace_options ${ARG_LIBRARIES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name}_replay
      COMMAND ${name} ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name} ${CMAKE_SOURCE_DIR}/fuzz/crashes/${name})
    set_tests_properties(${name}_replay PROPERTIES LABELS unit TIMEOUT 300)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE seamtrace_options ${ARG_LIBRARIES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
endfunction()
