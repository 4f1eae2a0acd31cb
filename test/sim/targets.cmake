# The controller on a simulated store and engine.
add_executable(control_sim test/sim/control_sim.c test/sim/sim_store.c test/sim/sim_books.c test/sim/sim_engine.c)
target_link_libraries(control_sim PRIVATE fg_control)
# Thousands of seeds with the optimiser, a hundred under the sanitizers.
if(CMAKE_C_FLAGS MATCHES "fsanitize")
    add_test(NAME sim/control COMMAND control_sim 100)
else()
    add_test(NAME sim/control COMMAND control_sim 2000)
    set_tests_properties(sim/control PROPERTIES LABELS release)
endif()

# The same histories through the controller and through the simulator.
add_executable(replay_sim test/sim/replay_sim.c test/sim/sim_store.c test/sim/sim_books.c)
target_link_libraries(replay_sim PRIVATE fg_control fg_sim)
if(CMAKE_C_FLAGS MATCHES "fsanitize")
    add_test(NAME sim/replay COMMAND replay_sim 30)
else()
    add_test(NAME sim/replay COMMAND replay_sim 300)
endif()

# Drained nodes, failed nodes, stops that come too late: told, not drawn.
add_executable(drain_sim test/sim/drain_sim.c test/sim/sim_store.c test/sim/sim_books.c)
target_link_libraries(drain_sim PRIVATE fg_control)
add_test(NAME sim/drain COMMAND drain_sim)

# A budget through its periods.
add_executable(budget_sim test/sim/budget_sim.c test/sim/sim_store.c test/sim/sim_books.c test/sim/sim_engine.c)
target_link_libraries(budget_sim PRIVATE fg_control)
add_test(NAME sim/budget COMMAND budget_sim)

# Simulated suppliers: what the tests of orders stand on.
add_executable(provision_sim test/sim/provision_sim.c test/sim/sim_provision.c)
target_link_libraries(provision_sim PRIVATE fg_provision)
add_test(NAME sim/provision COMMAND provision_sim)

# Orders with suppliers that fail in every way we know.
add_executable(order_sim test/sim/order_sim.c test/sim/sim_store.c test/sim/sim_books.c test/sim/sim_engine.c test/sim/sim_provision.c)
target_link_libraries(order_sim PRIVATE fg_control)
if(CMAKE_C_FLAGS MATCHES "fsanitize")
    add_test(NAME sim/order COMMAND order_sim 20)
else()
    add_test(NAME sim/order COMMAND order_sim 400)
endif()

# The life of single orders.
add_executable(order_life_sim test/sim/order_life_sim.c test/sim/sim_store.c test/sim/sim_books.c test/sim/sim_engine.c test/sim/sim_provision.c)
target_link_libraries(order_life_sim PRIVATE fg_control)
add_test(NAME sim/order_life COMMAND order_life_sim)

# Rules of scaling: machines come and go as jobs need them.
add_executable(scale_sim test/sim/scale_sim.c test/sim/sim_store.c test/sim/sim_books.c test/sim/sim_engine.c test/sim/sim_provision.c)
target_link_libraries(scale_sim PRIVATE fg_control)
add_test(NAME sim/scale COMMAND scale_sim)

# Clusters whose nodes and controllers fail in every way we know.
add_executable(cluster_sim test/sim/cluster_sim.c test/sim/sim_store.c test/sim/sim_books.c test/sim/sim_cluster.c)
target_link_libraries(cluster_sim PRIVATE fg_control)
if(CMAKE_C_FLAGS MATCHES "fsanitize")
    add_test(NAME sim/cluster COMMAND cluster_sim 10)
else()
    add_test(NAME sim/cluster COMMAND cluster_sim 200)
endif()

# What `why` says of suppliers.
add_executable(why_sim test/sim/why_sim.c test/sim/sim_store.c test/sim/sim_books.c test/sim/sim_cluster.c)
target_link_libraries(why_sim PRIVATE fg_control)
add_test(NAME sim/why COMMAND why_sim)

# The life of single nodes that are not ours.
add_executable(node_sim test/sim/node_sim.c test/sim/sim_store.c test/sim/sim_books.c)
target_link_libraries(node_sim PRIVATE fg_control)
add_test(NAME sim/node COMMAND node_sim)
add_executable(sleep_sim test/sim/sleep_sim.c test/sim/sim_store.c test/sim/sim_books.c)
target_link_libraries(sleep_sim PRIVATE fg_control)
add_test(NAME sim/sleep COMMAND sleep_sim)
add_executable(device_sim test/sim/device_sim.c test/sim/sim_store.c test/sim/sim_books.c)
target_link_libraries(device_sim PRIVATE fg_control)
add_test(NAME sim/device COMMAND device_sim)
