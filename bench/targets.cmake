# The benchmarks: bench_<x>.c each is a program, bench.c what they share.  `make bench` runs them.
pkg_check_modules(bench_uses REQUIRED IMPORTED_TARGET sqlite3)
add_library(bench_shared STATIC bench/bench.c)
file(GLOB benches CONFIGURE_DEPENDS bench/bench_*.c)
foreach(path ${benches})
    get_filename_component(name ${path} NAME_WE)
    add_executable(${name} ${path})
    target_link_libraries(${name} PRIVATE bench_shared fg_link fg_store fg_schedule fg_allocate fg_sim fg_market fg_plan fg_demand fg_supply fg_transfer fg_base PkgConfig::bench_uses m)
endforeach()
