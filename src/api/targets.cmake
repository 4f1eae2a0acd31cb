# The description of the API is part of the program (see assets.c).
set_source_files_properties(
    ${CMAKE_SOURCE_DIR}/src/api/assets.c PROPERTIES
    COMPILE_DEFINITIONS "OPENAPI_PATH=\"${CMAKE_SOURCE_DIR}/src/api/openapi.yaml\""
    OBJECT_DEPENDS ${CMAKE_SOURCE_DIR}/src/api/openapi.yaml)
