# The one program.  `cli` talks to the daemon through `client`; only main() knows the daemon's entry.
if(EXISTS ${CMAKE_SOURCE_DIR}/src/cli/main.c)
    add_executable(fastgpu src/cli/main.c)
    target_link_libraries(fastgpu PRIVATE fg_cli fg_daemon)
    install(TARGETS fastgpu RUNTIME DESTINATION bin)
endif()
