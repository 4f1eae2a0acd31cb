# The fake NVML that the tests load in place of the driver's library.
add_library(fake_nvml MODULE test/fake_nvml/fake_nvml.c test/fake_nvml/script.c)
target_link_libraries(fake_nvml PRIVATE Threads::Threads m)
foreach(user probe_probe_test engine_devices_test)
    if(TARGET ${user})
        target_compile_definitions(${user} PRIVATE FAKE_NVML="$<TARGET_FILE:fake_nvml>")
        add_dependencies(${user} fake_nvml)
    endif()
endforeach()
