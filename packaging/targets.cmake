# What `make install` and the Debian package hold beside the program itself.
include(GNUInstallDirs)
configure_file(packaging/fastgpu.service ${CMAKE_BINARY_DIR}/fastgpu.service COPYONLY)
# The unit names the program by its full path, which is known only when it is installed.
install(CODE "
    file(READ \"${CMAKE_SOURCE_DIR}/packaging/fastgpu.service\" unit)
    string(REPLACE \"/usr/bin/fastgpu\" \"\${CMAKE_INSTALL_PREFIX}/bin/fastgpu\" unit \"\${unit}\")
    file(WRITE \"${CMAKE_BINARY_DIR}/fastgpu.service\" \"\${unit}\")")
install(FILES ${CMAKE_BINARY_DIR}/fastgpu.service DESTINATION lib/systemd/system)

# Manual and completions are printed by the program from its own tables, so they cannot lag behind.
if(TARGET fastgpu)
    set(printed ${CMAKE_BINARY_DIR}/printed)
    file(MAKE_DIRECTORY ${printed})
    function(print_at_build file)
        add_custom_command(OUTPUT ${printed}/${file} COMMAND fastgpu ${ARGN} > ${printed}/${file} DEPENDS fastgpu VERBATIM)
    endfunction()
    print_at_build(fastgpu.1 help --man)
    print_at_build(fastgpu.bash completion bash)
    print_at_build(_fastgpu completion zsh)
    print_at_build(fastgpu.fish completion fish)
    add_custom_target(print_documents ALL DEPENDS ${printed}/fastgpu.1 ${printed}/fastgpu.bash ${printed}/_fastgpu
                                                  ${printed}/fastgpu.fish)
    install(FILES ${printed}/fastgpu.1 DESTINATION share/man/man1)
    install(FILES ${printed}/fastgpu.bash DESTINATION share/bash-completion/completions RENAME fastgpu)
    install(FILES ${printed}/_fastgpu DESTINATION share/zsh/vendor-completions)
    install(FILES ${printed}/fastgpu.fish DESTINATION share/fish/vendor_completions.d)
endif()
file(GLOB man_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.[1-8])
foreach(page ${man_pages})
    string(REGEX REPLACE ".*\\.([0-9])$" "\\1" section ${page})
    install(FILES ${page} DESTINATION share/man/man${section})
endforeach()

install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples/ DESTINATION share/doc/fastgpu/examples USE_SOURCE_PERMISSIONS)
install(FILES README.md LICENSE docs/licences.md DESTINATION share/doc/fastgpu)
install(FILES packaging/prometheus/fastgpu.rules.yml DESTINATION share/fastgpu/prometheus)
install(DIRECTORY packaging/grafana/ DESTINATION share/fastgpu/grafana FILES_MATCHING PATTERN "*.json")
