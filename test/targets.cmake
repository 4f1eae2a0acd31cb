# The tests beyond the unit tests: scripts that start the built program, each in a folder of its own.
#
# Labels say where tools/test runs them:
#   (none)    with the sanitizers (dev)
#   release   only the program as shipped: what floods, fills, kills or measures
#   once      needs no program, or one preset is enough
#   cluster   with real Slurm clusters and PostgreSQL: make test-cluster
#   threads   also under ThreadSanitizer
# A script that exits 77 is skipped and says why.
if(TARGET fastgpu)
    # What tests with clusters run as tasks.
    add_executable(ledger_task ${CMAKE_SOURCE_DIR}/test/cluster/ledger_task.c)
    set_target_properties(ledger_task PROPERTIES RUNTIME_OUTPUT_DIRECTORY $<TARGET_FILE_DIR:fastgpu>)
    # What stands in for Kafka.
    add_executable(fake_kafka ${CMAKE_SOURCE_DIR}/test/fake_kafka/fake_kafka.c)
    target_link_libraries(fake_kafka PRIVATE PkgConfig::rdkafka)
    set_target_properties(fake_kafka PROPERTIES RUNTIME_OUTPUT_DIRECTORY $<TARGET_FILE_DIR:fastgpu>)
    # The wall clock of the program as a test wants it.
    add_library(fake_clock MODULE ${CMAKE_SOURCE_DIR}/test/fake_clock/fake_clock.c)
    target_compile_options(fake_clock PRIVATE -fno-sanitize=all)
    target_link_options(fake_clock PRIVATE -fno-sanitize=all)
    set(scenario_env "FASTGPU_FAKE_CLOCK_LIBRARY=$<TARGET_FILE:fake_clock>;FASTGPU_BIN=$<TARGET_FILE:fastgpu>;SOURCE_DIR=${CMAKE_SOURCE_DIR};FASTGPU_FAKE_NVML_LIBRARY=$<TARGET_FILE:fake_nvml>;PYTHONDONTWRITEBYTECODE=1")

    # fastgpu_scripts(folder interpreter pattern seconds label...)
    function(fastgpu_scripts folder interpreter pattern seconds)
        file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/${folder}/${pattern})
        foreach(script ${scripts})
            get_filename_component(stem ${script} NAME_WE)
            set(name "${folder}/${stem}")
            add_test(NAME ${name} COMMAND ${interpreter} ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
            set_tests_properties(${name} PROPERTIES ENVIRONMENT "${scenario_env}" TIMEOUT ${seconds}
                                                    SKIP_RETURN_CODE 77 LABELS "${ARGN}")
        endforeach()
    endfunction()

    fastgpu_scripts(cli bash *.sh 180)
    fastgpu_scripts(api python3 *_test.py 240)
    fastgpu_scripts(web python3 *_test.py 420 release)
    fastgpu_scripts(cluster bash *_test.sh 240 cluster)
    fastgpu_scripts(cluster python3 *_test.py 240 cluster)
    fastgpu_scripts(transfer python3 *_test.py 240 release)
    fastgpu_scripts(scenario bash *.sh 180)
    fastgpu_scripts(scenario python3 *_test.py 420 release)
    if(TEST scenario/first_session)
        set_tests_properties(scenario/first_session PROPERTIES LABELS threads)
    endif()
    if(TEST scenario/supplier_plugins) # it starts a few hundred processes
        set_tests_properties(scenario/supplier_plugins PROPERTIES TIMEOUT 420)
    endif()
endif()

# Tests of the scheduler that let a small cluster live.
foreach(test schedule lives conservative stop)
    target_sources(schedule_${test}_test PRIVATE ${CMAKE_SOURCE_DIR}/test/schedule/world.c)
endforeach()

# Unit tests of what runs threads go through ThreadSanitizer as well.
file(GLOB threaded RELATIVE ${CMAKE_SOURCE_DIR}/src
     ${CMAKE_SOURCE_DIR}/src/api/*_test.c ${CMAKE_SOURCE_DIR}/src/daemon/*_test.c ${CMAKE_SOURCE_DIR}/src/store/*_test.c
     ${CMAKE_SOURCE_DIR}/src/engine/*_test.c ${CMAKE_SOURCE_DIR}/src/telemetry/*_test.c
     ${CMAKE_SOURCE_DIR}/src/client/*_test.c ${CMAKE_SOURCE_DIR}/src/provision/*_test.c
     ${CMAKE_SOURCE_DIR}/src/standby/*_test.c ${CMAKE_SOURCE_DIR}/src/publish/*_test.c)
list(REMOVE_ITEM threaded store/crash_test.c store/fault_test.c) # processes, power cuts and sick disks: no threads
list(REMOVE_ITEM threaded publish/kafka_test.c publish/publisher_kafka_test.c) # the threads are those of librdkafka, which ThreadSanitizer cannot see into
list(APPEND threaded base/parallel_test.c tune/tune_test.c)
foreach(path ${threaded})
    string(REPLACE "_test.c" "" name ${path})
    set_tests_properties(${name} PROPERTIES LABELS threads)
endforeach()
set_tests_properties(layers PROPERTIES LABELS once)

# Measures how good forecasts are, on public data where that is at hand.
set_tests_properties(demand/accuracy PROPERTIES LABELS release SKIP_RETURN_CODE 77)
