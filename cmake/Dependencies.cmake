# Third-party libraries, all from the distribution (scripts/packages.txt); nothing is downloaded.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(RocksDB REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_path(CONTEXTSYNC_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
find_path(CONTEXTSYNC_TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)

add_library(contextsync_spdlog INTERFACE)
target_link_libraries(contextsync_spdlog INTERFACE spdlog::spdlog)

add_library(contextsync_rocksdb INTERFACE)
target_link_libraries(contextsync_rocksdb INTERFACE RocksDB::rocksdb Threads::Threads)

add_library(contextsync_boost INTERFACE)
target_link_libraries(contextsync_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(contextsync_boost INTERFACE BOOST_ASIO_NO_DEPRECATED)

add_library(contextsync_cli11 INTERFACE)
target_include_directories(contextsync_cli11 SYSTEM INTERFACE ${CONTEXTSYNC_CLI11_INCLUDE})

add_library(contextsync_tomlplusplus INTERFACE)
target_include_directories(contextsync_tomlplusplus SYSTEM INTERFACE ${CONTEXTSYNC_TOMLPLUSPLUS_INCLUDE})
target_compile_definitions(contextsync_tomlplusplus INTERFACE TOML_EXCEPTIONS=0)
