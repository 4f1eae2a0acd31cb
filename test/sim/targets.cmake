# The controller on a simulated store and engine.
add_executable(control_sim test/sim/control_sim.c test/sim/sim_store.c test/sim/sim_engine.c)
target_link_libraries(control_sim PRIVATE fg_control)
# Thousands of seeds with the optimiser, a hundred under the sanitizers.
if(CMAKE_C_FLAGS MATCHES "fsanitize")
    add_test(NAME sim/control COMMAND control_sim 100)
else()
    add_test(NAME sim/control COMMAND control_sim 2000)
    set_tests_properties(sim/control PROPERTIES LABELS release)
endif()
