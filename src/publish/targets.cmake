# The test brings the cluster of librdkafka's own with it; the program loads the library only when a sink wants it.
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
target_link_libraries(publish_kafka_test PRIVATE PkgConfig::rdkafka)
