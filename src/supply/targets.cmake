# The bundled list of offers is part of the program (see catalogue.c).
set_source_files_properties(
    ${CMAKE_SOURCE_DIR}/src/supply/catalogue.c PROPERTIES
    COMPILE_DEFINITIONS "BUNDLED_OFFERS_PATH=\"${CMAKE_SOURCE_DIR}/src/supply/bundled_offers.csv\""
    OBJECT_DEPENDS ${CMAKE_SOURCE_DIR}/src/supply/bundled_offers.csv)
