# What `make install` and the Debian package hold beside the program itself.
include(GNUInstallDirs)
configure_file(packaging/fastgpu.service ${CMAKE_BINARY_DIR}/fastgpu.service COPYONLY)
# The unit names the program by its full path, which is known only when it is installed.
install(CODE "
    file(READ \"${CMAKE_SOURCE_DIR}/packaging/fastgpu.service\" unit)
    string(REPLACE \"/usr/bin/fastgpu\" \"\${CMAKE_INSTALL_PREFIX}/bin/fastgpu\" unit \"\${unit}\")
    file(WRITE \"${CMAKE_BINARY_DIR}/fastgpu.service\" \"\${unit}\")")
install(FILES ${CMAKE_BINARY_DIR}/fastgpu.service DESTINATION lib/systemd/system)

file(GLOB man_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.1 ${CMAKE_SOURCE_DIR}/docs/man/*.5)
foreach(page ${man_pages})
    string(REGEX REPLACE ".*\\.([0-9])$" "\\1" section ${page})
    install(FILES ${page} DESTINATION share/man/man${section})
endforeach()

install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples/ DESTINATION share/doc/fastgpu/examples USE_SOURCE_PERMISSIONS)
install(FILES README.md LICENSE docs/licences.md DESTINATION share/doc/fastgpu)
