# The tests bring the cluster of librdkafka's own with them; the program loads the library only when a sink wants it.
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
target_link_libraries(publish_kafka_test PRIVATE PkgConfig::rdkafka)
target_link_libraries(publish_publisher_kafka_test PRIVATE PkgConfig::rdkafka)
