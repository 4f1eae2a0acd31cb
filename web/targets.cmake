# The page inside the program: every file of web/assets and index.html as bytes, in library fg_web.
file(GLOB web_files RELATIVE ${CMAKE_CURRENT_LIST_DIR} CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/assets/*)
set(web_pairs "/=${CMAKE_CURRENT_LIST_DIR}/index.html")
set(web_inputs ${CMAKE_CURRENT_LIST_DIR}/index.html)
foreach(file ${web_files})
    list(APPEND web_pairs "/${file}=${CMAKE_CURRENT_LIST_DIR}/${file}")
    list(APPEND web_inputs ${CMAKE_CURRENT_LIST_DIR}/${file})
endforeach()

add_executable(web_embed ${CMAKE_CURRENT_LIST_DIR}/embed.c)
set(web_c ${CMAKE_BINARY_DIR}/web_assets.c)
add_custom_command(
    OUTPUT ${web_c}
    COMMAND web_embed ${web_c} ${web_pairs}
    DEPENDS web_embed ${web_inputs}
    COMMENT "Embedding the page"
    VERBATIM)
add_library(fg_web STATIC ${web_c})

# src/api serves fg_assets, so whoever links it gets the page with it.
get_target_property(web_api_type fg_api TYPE)
if(web_api_type STREQUAL "STATIC_LIBRARY")
    target_link_libraries(fg_api PUBLIC fg_web)
endif()
