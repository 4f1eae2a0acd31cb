# The energy model that comes with the program is part of it (see energy_model.c).
set_source_files_properties(
    ${CMAKE_SOURCE_DIR}/src/sim/energy_model.c PROPERTIES
    COMPILE_DEFINITIONS "ENERGY_MODEL_PATH=\"${CMAKE_SOURCE_DIR}/src/sim/energy_model.yaml\""
    OBJECT_DEPENDS ${CMAKE_SOURCE_DIR}/src/sim/energy_model.yaml)
