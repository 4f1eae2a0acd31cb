# The fake CUDA driver that the tests load in place of the vendor's library.
add_library(fake_cuda MODULE test/fake_cuda/fake_cuda.c)
target_link_libraries(fake_cuda PRIVATE m)
if(TARGET provision_machine_test)
    target_compile_definitions(provision_machine_test PRIVATE FAKE_NVML="$<TARGET_FILE:fake_nvml>"
                                                              FAKE_CUDA="$<TARGET_FILE:fake_cuda>")
    add_dependencies(provision_machine_test fake_nvml fake_cuda)
endif()
# The script of `fastgpu node bootstrap` is part of the program (see bootstrap.c).
set_source_files_properties(
    ${CMAKE_SOURCE_DIR}/src/provision/bootstrap.c PROPERTIES
    COMPILE_DEFINITIONS "BOOTSTRAP_PATH=\"${CMAKE_SOURCE_DIR}/src/provision/bootstrap.sh\""
    OBJECT_DEPENDS ${CMAKE_SOURCE_DIR}/src/provision/bootstrap.sh)
