# The fake NVML that the tests load in place of the driver's library.
add_library(fake_nvml MODULE test/fake_nvml/fake_nvml.c test/fake_nvml/script.c)
target_link_libraries(fake_nvml PRIVATE Threads::Threads m)
foreach(user probe_probe_test engine_devices_test link_power_test)
    if(TARGET ${user})
        target_compile_definitions(${user} PRIVATE FAKE_NVML="$<TARGET_FILE:fake_nvml>")
        add_dependencies(${user} fake_nvml)
    endif()
endforeach()
# Those of AMD and Intel.
add_library(fake_rsmi MODULE test/fake_probes/fake_rsmi.c)
add_library(fake_zes MODULE test/fake_probes/fake_zes.c)
if(TARGET probe_vendors_test)
    target_compile_definitions(probe_vendors_test PRIVATE FAKE_RSMI="$<TARGET_FILE:fake_rsmi>"
                                                          FAKE_ZES="$<TARGET_FILE:fake_zes>")
    add_dependencies(probe_vendors_test fake_rsmi fake_zes)
endif()
