# The fake NVML that the tests load in place of the driver's library.
add_library(fake_nvml MODULE test/fake_nvml/fake_nvml.c)
foreach(user probe_nvml_test engine_devices_test)
    if(TARGET ${user})
        target_compile_definitions(${user} PRIVATE FAKE_NVML="$<TARGET_FILE:fake_nvml>")
        add_dependencies(${user} fake_nvml)
    endif()
endforeach()
