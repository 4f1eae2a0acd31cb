# The description of the API is part of the program (see assets.c).
set_source_files_properties(
    ${CMAKE_SOURCE_DIR}/src/api/assets.c PROPERTIES
    COMPILE_DEFINITIONS "OPENAPI_PATH=\"${CMAKE_SOURCE_DIR}/src/api/openapi.yaml\""
    OBJECT_DEPENDS ${CMAKE_SOURCE_DIR}/src/api/openapi.yaml)

# Tests over HTTP: the API with a fake control thread behind it.
add_library(api_fake STATIC test/api/fake_service.c test/api/http.c)
target_link_libraries(api_fake PUBLIC fg_api)
file(GLOB api_tests RELATIVE ${CMAKE_SOURCE_DIR}/test/api CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/api/*_test.c)
foreach(source ${api_tests})
    string(REPLACE "_test.c" "" name ${source})
    add_executable(api_http_${name}_test test/api/${source})
    target_link_libraries(api_http_${name}_test PRIVATE api_fake)
    target_compile_definitions(api_http_${name}_test PRIVATE SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME api/http_${name} COMMAND api_http_${name}_test)
    set_tests_properties(api/http_${name} PROPERTIES LABELS threads TIMEOUT 120)
endforeach()
